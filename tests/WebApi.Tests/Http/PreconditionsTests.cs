using EngageCenter.WebApi.Http;
using Microsoft.AspNetCore.Http;

namespace EngageCenter.WebApi.Tests.Http;

public sealed class PreconditionsTests
{
    [Theory]
    [InlineData("\"7\"", 7, true)]
    [InlineData("\"7\"", 8, false)]
    [InlineData("\"7\"", null, false)]
    [InlineData("*", 7, true)]
    [InlineData("*", null, false)]
    [InlineData("\"6\", \"7\"", 7, true)]
    [InlineData("\"6\", \"7\"", 8, false)]
    [InlineData("W/\"7\"", 7, false)]
    [InlineData("W/\"7\", \"7\"", 7, true)]
    [InlineData("\"07\"", 7, false)]
    [InlineData("\"other\"", 7, false)]
    public async Task If_match_compares_strongly(string header, int? current, bool allowed)
    {
        var errors = new RequestErrors();
        var condition = await Preconditions.Read(Request("If-Match", header), errors)!.Choose(() => Task.FromResult((long?)current));

        Assert.False(errors.Any);
        Assert.Equal(allowed, condition.Allows(current));
    }

    [Theory]
    [InlineData("If-Match", "7")]
    [InlineData("If-Match", "\"7")]
    [InlineData("If-Match", "")]
    [InlineData("If-None-Match", "*")]
    public void What_is_malformed_or_would_be_overlooked_is_an_error(string name, string value)
    {
        var errors = new RequestErrors();

        Preconditions.Read(Request(name, value), errors);

        Assert.True(errors.Has(name));
    }

    private static HttpRequest Request(string header, string value)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[header] = value;
        return http.Request;
    }
}
