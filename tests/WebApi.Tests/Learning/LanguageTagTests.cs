using EngageCenter.WebApi.Learning;

namespace EngageCenter.WebApi.Tests.Learning;

public class LanguageTagTests
{
    [Theory]
    [InlineData("en", "en")]
    [InlineData("EN", "en")]
    [InlineData("pt-br", "pt-BR")]
    [InlineData("PT-BR", "pt-BR")]
    [InlineData("zh-hans-CN", "zh-Hans-CN")]
    [InlineData("ZH-HANT-tw", "zh-Hant-TW")]
    [InlineData("es-419", "es-419")]
    [InlineData("yue", "yue")]
    [InlineData("zh-cmn-hans-cn", "zh-cmn-Hans-CN")]
    [InlineData("de-1996", "de-1996")]
    [InlineData("SL-Rozaj-BISKE", "sl-rozaj-biske")]
    [InlineData("de-CH-1901", "de-CH-1901")]
    [InlineData("en-US-U-Islamcal", "en-US-u-islamcal")]
    [InlineData("en-a-MYEXT-b-Another", "en-a-myext-b-another")]
    [InlineData("de-x-GOETHE", "de-x-goethe")]
    [InlineData("en-x-US-Latn", "en-x-us-latn")]
    [InlineData("English", "English")]
    [InlineData("German-AT", "German-AT")]
    public void Language_tag_is_read_in_canonical_case(string raw, string canonical)
    {
        Assert.True(LanguageTag.TryRead(raw, out var tag));
        Assert.Equal(canonical, tag);
    }

    [Theory]
    [InlineData("")]
    [InlineData("e")]
    [InlineData("english language")]
    [InlineData("en_US")]
    [InlineData("en-")]
    [InlineData("-en")]
    [InlineData("en--US")]
    [InlineData("en-US-")]
    [InlineData("en-U")]
    [InlineData("en-x")]
    [InlineData("en-u")]
    [InlineData("en-US-Latn")]
    [InlineData("en-Latn-US-GB")]
    [InlineData("12")]
    [InlineData("en-12")]
    [InlineData("abcdefghi")]
    [InlineData("x-private")]
    [InlineData("i-klingon")]
    [InlineData("en\n")]
    [InlineData(" en")]
    [InlineData("\u212Ao")]
    [InlineData("de-ä")]
    [InlineData("*")]
    [InlineData("en-x-aaaaaaaa-bbbbbbbb-cccccccc-dddd")]
    public void Invalid_language_tag_is_refused(string raw) => Assert.False(LanguageTag.TryRead(raw, out _));
}
