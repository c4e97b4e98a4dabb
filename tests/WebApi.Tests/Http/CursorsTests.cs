using CsCheck;
using EngageCenter.Paging;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Tests.Http;

public sealed class CursorsTests
{
    [Fact]
    public void A_cursor_gives_back_the_place() =>
        Gen.String[Gen.Char[' ', '\ud7ff'], 1, PageRequest.MaxAfterLength].Sample(after =>
            Cursors.TryDecode(Cursors.Encode(after), out var read) && read == after);

    [Fact]
    public void A_cursor_needs_no_escaping() =>
        Gen.String[Gen.Char[' ', '\ud7ff'], 1, 100].Sample(after => Cursors.Encode(after).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    [Fact]
    public void What_is_none_is_refused_and_never_a_fault() => Gen.String.Sample(cursor =>
    {
        Cursors.TryDecode(cursor, out _);
    });

    [Fact]
    public void A_place_longer_than_any_list_hands_out_is_refused() =>
        Assert.False(Cursors.TryDecode(Cursors.Encode(new string('a', PageRequest.MaxAfterLength + 1)), out _));
}
