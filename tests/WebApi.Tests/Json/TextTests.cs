using EngageCenter.WebApi.Json;


namespace EngageCenter.WebApi.Tests.Json;

public sealed class TextTests
{
    public static TheoryData<string, string?> Names => new()
    {
        { "Contoso", "Contoso" },
        { "  Contoso \t", "Contoso" },
        { "a", "a" },
        { "", null },
        { "   ", null },
        { new string('x', 100), new string('x', 100) },
        { new string('x', 101), null },
        { $" {new string('x', 100)} ", new string('x', 100) },
        { string.Concat(Enumerable.Repeat("😀", 100)), string.Concat(Enumerable.Repeat("😀", 100)) },
        { string.Concat(Enumerable.Repeat("😀", 101)), null },
        { "a\nb", null },
        { "a\0b", null },
        { "a\u2028b", null },
        { "a\u0085b", null },
        { "Größe 中文", "Größe 中文" },
        { "Jose\u0301", "Jos\u00e9" },
        { string.Concat(Enumerable.Repeat("e\u0301", 100)), new string('\u00e9', 100) },
        { "a\u202eb", null },
        { "a\u202ab", null },
        { "a\u2066b", null },
        { "a\u2069b", null },
        { "a\u200eb", "a\u200eb" },
        { "a\ufffeb", null },
        { "a\ufdd0b", null },
        { "a\U0001ffffb", null },
        { "\u200b", null },
        { "\u200d\ufeff", null },
        { "\u0301", null },
        { "\u3164", null },
        { "\u2800", null },
        { "!", "!" },
        { "नि", "नि" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Name_is_trimmed_and_has_1_to_100_characters_without_control_characters(string raw, string? expected) =>
        Assert.Equal(expected, Text.TryCompose(raw, out var text) && Text.Fault(text, 1, 100) is null ? text : null);

    // Written in code, because half of a surrogate pair would not survive as data in the test runner.
    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        Assert.False(Text.TryCompose("a\ud83d", out _));
        Assert.False(Text.TryCompose("\ude00b", out _));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A.b_c~d-9", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    [InlineData("a/b", false)]
    public void Id_needs_no_escaping_in_a_URL(string id, bool expected)
    {
        Assert.Equal(expected, Text.IsId(id));
        Assert.False(Text.IsId(new string('a', 65)));
    }

    [Theory]
    [InlineData("https://contoso.example", true)]
    [InlineData("HTTP://contoso.example:8080/a/b?c=d&e=%20#f", true)]
    [InlineData("https://[::1]/", true)]
    [InlineData("https://xn--bcher-kva.example/%C3%A4", true)]
    [InlineData("https://b\u00fccher.example/", false)]
    [InlineData("https://contoso.example/\u00e4", false)]
    [InlineData("https://contoso.example/a b", false)]
    [InlineData("https://contoso.example/a\"b", false)]
    [InlineData("https://contoso.example/a<b>", false)]
    [InlineData("https://contoso.example/%2", false)]
    [InlineData("https:\\\\contoso.example", false)]
    [InlineData("https://contoso.example\\a", false)]
    [InlineData("https:contoso.example", false)]
    [InlineData("https://", false)]
    [InlineData("https:///a", false)]
    [InlineData("https://contoso.example:99999", false)]
    [InlineData("https://someone:secret@contoso.example", false)]
    [InlineData("https://contoso.example@evil.example", false)]
    [InlineData("//contoso.example", false)]
    [InlineData("/a", false)]
    [InlineData("contoso.example", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:text/html,a", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("ftp://contoso.example", false)]
    [InlineData("=https://contoso.example", false)]
    public void Web_address_is_an_absolute_http_or_https_URI(string text, bool expected) => Assert.Equal(expected, Text.IsWebAddress(text));
}
