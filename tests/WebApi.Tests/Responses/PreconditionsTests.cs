using EngageCenter.WebApi.Requests;
using Microsoft.AspNetCore.Http;

namespace EngageCenter.WebApi.Tests.Responses;

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
    [InlineData("\"7.Active-3\"", 7, true)]
    [InlineData("\"7.Active-3\"", 8, false)]
    [InlineData("\"07.Active-3\"", 7, false)]
    [InlineData("\".Active-3\"", 7, false)]
    [InlineData("\".\"", 7, false)]
    [InlineData("\"\"", 7, false)]
    public async Task If_match_compares_strongly(string header, int? current, bool allowed)
    {
        var errors = new RequestErrors();
        var ifMatch = await Bind("If-Match", header);
        ifMatch.Check(errors);

        Assert.False(errors.Any);
        Assert.Equal(allowed, (await ifMatch.Choose(() => Task.FromResult((long?)current)))!.Value.Allows(current));
    }

    [Theory]
    [InlineData("If-Match", "7")]
    [InlineData("If-Match", "\"7")]
    [InlineData("If-Match", "")]
    [InlineData("If-Match", "\"7\", *")]
    [InlineData("If-Match", "*, \"7\"")]
    [InlineData("If-None-Match", "*")]
    public async Task Malformed_or_unsupported_condition_is_an_error(string name, string value)
    {
        var errors = new RequestErrors();

        (await Bind(name, value)).Check(errors);

        Assert.Equal([name], errors.ToDictionary().Keys);
    }

    [Fact]
    public async Task Without_the_header_there_is_no_condition() =>
        Assert.Null(await (await Bind("Accept", "*/*")).Choose(() => throw new InvalidOperationException("Nobody has to ask.")));

    private static async Task<IfMatchHeader> Bind(string header, string value)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[header] = value;
        return (await IfMatchHeader.BindAsync(http))!;
    }
}
