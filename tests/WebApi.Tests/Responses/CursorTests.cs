using CsCheck;
using EngageCenter.Paging;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Http;

namespace EngageCenter.WebApi.Tests.Responses;

public sealed class CursorTests
{
    private static readonly HttpRequest list = List("/v1/workspaces/a/users", "?search=Ann&role=User&pageSize=10");

    [Fact]
    public void Cursor_returns_its_place() =>
        Gen.String[Gen.Char[' ', '\ud7ff'], 1, PageRequest.MaxAfterLength].Sample(after =>
            Cursor.TryDecode(list, new Cursor(after).Encode(list), out var read) && read.After == after);

    [Fact]
    public void Cursor_needs_no_escaping() =>
        Gen.String[Gen.Char[' ', '\ud7ff'], 1, 100].Sample(after => new Cursor(after).Encode(list).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    [Fact]
    public void Invalid_cursor_is_refused_and_never_a_fault() => Gen.String.Sample(cursor =>
    {
        Assert.False(Cursor.TryDecode(list, cursor, out _));
    });

    [Fact]
    public void Too_long_place_is_refused() =>
        Assert.False(Cursor.TryDecode(list, new Cursor(new string('a', PageRequest.MaxAfterLength + 1)).Encode(list), out _));

    [Theory]
    [InlineData("/v1/workspaces/a/users", "?role=User&search=Ann&pageSize=20&cursor=x", true)]
    [InlineData("/v1/workspaces/a/users", "?Search=Ann&role=User", true)]
    [InlineData("/v1/workspaces/a/users", "?search=Ben&role=User", false)]
    [InlineData("/v1/workspaces/a/users", "?search=Ann", false)]
    [InlineData("/v1/workspaces/a/users", "", false)]
    [InlineData("/v1/workspaces/b/users", "?search=Ann&role=User", false)]
    [InlineData("/v1/workspaces/a/groups", "?search=Ann&role=User", false)]
    public void Cursor_belongs_to_one_list_with_its_filters(string path, string query, bool isTaken) =>
        Assert.Equal(isTaken, Cursor.TryDecode(List(path, query), new Cursor("place").Encode(list), out _));

    private static HttpRequest List(string path, string query)
    {
        var request = new DefaultHttpContext().Request;
        (request.Path, request.QueryString) = (path, new(query));
        return request;
    }
}
