using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Tests.Http;

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
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_is_trimmed_and_has_1_to_100_characters_and_no_control_characters(string raw, string? expected)
    {
        Text.TryRead(raw, 1, 100, out var text, out _);

        Assert.Equal(expected, text);
    }

    // As code: data with half a pair would not survive the runner.
    [Fact]
    public void Half_a_surrogate_pair_is_no_text()
    {
        Assert.False(Text.TryRead("a\ud83d", 1, 100, out _, out _));
        Assert.False(Text.TryRead("\ude00b", 1, 100, out _, out _));
    }
}
