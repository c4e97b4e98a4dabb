using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Http;

namespace EngageCenter.WebApi.Tests.Responses;

public sealed class RepresentationsTests
{
    [Theory]
    [InlineData(null, "Json")]
    [InlineData("*/*", "Json")]
    [InlineData("text/csv", "Csv")]
    [InlineData("TEXT/CSV", "Csv")]
    [InlineData("text/*", "Csv")]
    [InlineData("application/json", "Json")]
    [InlineData("text/csv, application/json", "Json")]
    [InlineData("text/csv, */*", "Csv")]
    [InlineData("text/csv;q=0.5, application/json", "Json")]
    [InlineData("text/csv, application/json;q=0.5", "Csv")]
    [InlineData("text/csv;q=0, */*", "Json")]
    [InlineData("application/xml", "None")]
    [InlineData("application/json;q=0", "None")]
    public void Greater_quality_wins_then_the_more_exact_type_then_JSON(string? accept, string expected)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = accept;

        Assert.Equal(expected, Representations.Choose(http.Request).ToString());
    }
}
