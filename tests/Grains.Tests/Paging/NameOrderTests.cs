using EngageCenter.Paging;

namespace EngageCenter.Grains.Tests.Paging;

public class NameOrderTests
{
    [Fact]
    public void Names_are_in_the_order_that_people_expect()
    {
        string[] expected =
        [
            "Abel", "ábel", "Adele", "adele B", "Émile", "Engage 2", "engage 9", "Engage 10", "Engage 10b", "Müller", "Zoe", "Иван",
        ];

        Assert.Equal(
            expected,
            expected.AsEnumerable().Reverse().Order(NameOrder.Instance));
    }

    [Theory]
    [InlineData("a", "A")]
    [InlineData("File 01", "File 1")]
    [InlineData("é", "e\u0301")]
    public void Names_that_the_collation_takes_for_equal_are_in_ordinal_order(string one, string other) =>
        Assert.Equal(Math.Sign(string.CompareOrdinal(one, other)), Math.Sign(NameOrder.Instance.Compare(one, other)));

    [Fact]
    public void Cursor_is_parsed_to_the_same_place()
    {
        var place = new NamedCursor(17, "R&D / Übung / \"x\"", "c0000000-0000-4000-8000-000000000000/d0000000-0000-4000-8000-000000000000");

        Assert.Equal(place, NamedCursor.Parse(place.ToString("people"), "people", 17));
    }

    [Theory]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("people/17/id")]
    [InlineData("people/x/id/name")]
    [InlineData("groups/17/id/name")]
    public void Unknown_cursor_is_refused(string cursor) =>
        Assert.Throws<InvalidCursorException>(() => NamedCursor.Parse(cursor, "people", 17));

    [Fact]
    public void Cursor_of_an_older_order_says_that_the_list_has_changed() =>
        Assert.Throws<ListChangedException>(() => NamedCursor.Parse("people/16/id/name", "people", 17));
}
