namespace EngageCenter.Storage;

public sealed class RowNamesTests
{
    [Theory]
    [InlineData("audit", 0)]
    [InlineData("recommendations-SqlServer", 1)]
    [InlineData("people", int.MaxValue)]
    public void Row_name_is_parsed_to_its_parts(string name, int number)
    {
        Assert.True(RowNames.TryParse(RowNames.Numbered(name, number), out var of, out var found));
        Assert.Equal((name, number), (of, found));
        Assert.Equal((name, name), (RowNames.LogOf(RowNames.Head(name)), RowNames.LogOf(RowNames.End(name))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("people")]
    [InlineData("people-")]
    [InlineData("people-head")]
    [InlineData("people-end")]
    [InlineData("people-+1")]
    [InlineData("people- 1")]
    [InlineData("people-99999999999")]
    public void Other_name_is_not_a_numbered_row(string name) => Assert.False(RowNames.TryParse(name, out _, out _));
}
