using EngageCenter.WebApi.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Hosting;

public sealed class RequestLogTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly LogLines lines = new();
    private readonly LoggerFactory loggers;

    public RequestLogTests() => loggers = new([lines]);

    public void Dispose()
    {
        loggers.Dispose();
        lines.Dispose();
    }

    [Theory]
    [InlineData(200, 0.999, 0)]
    [InlineData(200, 1, 1)]
    [InlineData(404, 0.999, 0)]
    [InlineData(429, 0.999, 0)]
    [InlineData(500, 0, 1)]
    [InlineData(503, 0, 1)]
    public async Task Only_failed_and_slow_requests_are_logged(int status, double seconds, int expected)
    {
        await Send(new(), status, seconds);

        Assert.Equal(expected, lines.All.Count);
        Assert.All(lines.All, line => Assert.StartsWith($"GET /v1/things/{{id}} → {status} in ", line.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 12)]
    [InlineData(5, 2)]
    public async Task One_in_a_configured_number_of_requests_is_logged(int every, int expected)
    {
        var log = new RequestLog(Answer(200, 0), new WebApiOptions { RequestLog = new() { Every = every } }, loggers.CreateLogger<RequestLog>(), time);
        for (var i = 0; i < 12; i++)
        {
            await log.InvokeAsync(Request("/v1/things/{id}"));
        }

        Assert.Equal(expected, lines.All.Count);
    }

    [Fact]
    public async Task Health_probe_is_not_logged()
    {
        var log = new RequestLog(Answer(503, 2), new WebApiOptions { RequestLog = new() { Every = 1 } }, loggers.CreateLogger<RequestLog>(), time);
        await log.InvokeAsync(Request("/health/ready"));

        Assert.Empty(lines.All);
    }

    [Fact]
    public async Task Request_that_ends_in_an_exception_is_logged_if_it_was_slow()
    {
        var log = new RequestLog(
            _ =>
            {
                time.Advance(TimeSpan.FromSeconds(2));
                throw new InvalidOperationException();
            },
            new WebApiOptions(), loggers.CreateLogger<RequestLog>(), time);
        await Assert.ThrowsAsync<InvalidOperationException>(() => log.InvokeAsync(Request("/v1/things/{id}")));

        Assert.Single(lines.All);
    }

    private Task Send(RequestLogOptions options, int status, double seconds) =>
        new RequestLog(Answer(status, seconds), new WebApiOptions { RequestLog = options }, loggers.CreateLogger<RequestLog>(), time).InvokeAsync(Request("/v1/things/{id}"));

    private RequestDelegate Answer(int status, double seconds) => http =>
    {
        http.Response.StatusCode = status;
        time.Advance(TimeSpan.FromSeconds(seconds));
        return Task.CompletedTask;
    };

    private static DefaultHttpContext Request(string route)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = "GET";
        http.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse(route), 0, null, null));
        return http;
    }
}
