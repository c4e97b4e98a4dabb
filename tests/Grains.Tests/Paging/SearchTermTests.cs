using System.Text;
using CsCheck;
using EngageCenter.Paging;

namespace EngageCenter.Grains.Tests.Paging;

public class SearchTermTests
{
    [Theory]
    [InlineData("strasse", "Hauptstraße 3")]
    [InlineData("STRASSE", "straße")]
    [InlineData("ß", "STRASSE")]
    [InlineData("ΟΔΥΣΣΕΥΣ", "οδυσσευς")]
    [InlineData("σ", "ς")]
    [InlineData("i\u0307stanbul", "İstanbul")]
    [InlineData("İstanbul", "i\u0307STANBUL")]
    [InlineData("jose\u0301", "José García")]
    [InlineData("JOS\u00C9", "Jose\u0301 Garcia")]
    [InlineData("efficient", "eﬃcient")]
    [InlineData("kelvin", "\u212Aelvin")]
    [InlineData("이름", "\u110B\u1175\u1105\u1173\u11B7")]
    [InlineData("azure", "Microsoft AZURE")]
    public void Search_finds_text_in_any_case_and_encoding(string term, string text) => Assert.True(new SearchTerm(term).IsIn(text));

    [Theory]
    [InlineData("e", "é")]
    [InlineData("jose", "José")]
    [InlineData("istanbul", "İstanbul")]
    [InlineData("é", "e")]
    [InlineData("b", "abc\0")]
    [InlineData("x", null)]
    public void Search_does_not_find_other_letters(string term, string? text)
    {
        var found = new SearchTerm(term).IsIn(text);

        Assert.Equal(text?.Contains(term, StringComparison.Ordinal) == true, found);
    }

    [Fact]
    public void Text_that_differs_only_in_case_or_encoding_folds_alike() =>
        Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Select(value => new Rune(value)).Array[1, 8].Sample(runes =>
        {
            var text = string.Concat(runes);
            var folded = SearchTerm.Fold(text);

            Assert.Equal(folded, SearchTerm.Fold(text.Normalize(NormalizationForm.FormD)));
            Assert.Equal(folded, SearchTerm.Fold(text.Normalize(NormalizationForm.FormC)));
            Assert.Equal(folded, SearchTerm.Fold(text.ToUpperInvariant()));
            Assert.Equal(folded, SearchTerm.Fold(text.ToLowerInvariant()));
            Assert.Equal(folded, SearchTerm.Fold(folded));
        });

    [Fact]
    public void Half_a_surrogate_pair_is_searched_as_a_replacement_character() =>
        Assert.True(new SearchTerm("é").IsIn("\uD800É"));
}
