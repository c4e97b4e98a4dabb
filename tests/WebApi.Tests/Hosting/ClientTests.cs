using EngageCenter.WebApi.Responses;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Hosting;

/// <summary>Tests what clients expect of HTTP: browsers on other origins, proxies, request ids.</summary>
public sealed class ClientTests
{
    private const string Portal = "https://portal.example";

    [Fact]
    public async Task Page_on_an_allowed_origin_may_call_and_read_the_needed_headers()
    {
        await using var api = await StartAsync(("WebApi:AllowedOrigins:0", Portal), ("WebApi:AllowedOrigins:1", "http://localhost:5173"));
        var preflight = await api.SendAsync("OPTIONS", "/v1/workspaces/x/groups/y", headers:
            [("Origin", Portal), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization,content-type,if-match,x-request-id")]);
        Assert.Equal((204, Portal), (preflight.Status, preflight.Headers["Access-Control-Allow-Origin"]));
        Assert.Contains("PUT", preflight.Headers["Access-Control-Allow-Methods"], StringComparison.Ordinal);
        Assert.Contains("if-match", preflight.Headers["Access-Control-Allow-Headers"], StringComparison.OrdinalIgnoreCase);
        Assert.Equal("600", preflight.Headers["Access-Control-Max-Age"]);

        // The page can read a refusal as well.
        foreach (var (path, token, status) in new[] { ("/v1/roles", Token(), 200), ("/v1/roles", null, 401), ("/v1/nowhere", Token(), 404) })
        {
            var answer = await api.SendAsync("GET", path, token, headers: ("Origin", Portal));
            Assert.Equal((status, Portal), (answer.Status, answer.Headers["Access-Control-Allow-Origin"]));
            Assert.All(["ETag", "Retry-After", "Location", "X-Request-ID"], header =>
                Assert.Contains(header, answer.Headers["Access-Control-Expose-Headers"], StringComparison.OrdinalIgnoreCase));
            Assert.False(answer.Headers.ContainsKey("Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [InlineData(null, Portal)]
    [InlineData(Portal, "https://portal.example.evil.example")]
    [InlineData(Portal, "http://portal.example")]
    [InlineData(Portal, "https://sub.portal.example")]
    [InlineData(Portal, "null")]
    public async Task Other_origins_may_not_call(string? allowed, string origin)
    {
        (string, string)[] settings = allowed is null ? [] : [("WebApi:AllowedOrigins:0", allowed)];
        await using var api = await StartAsync(settings);
        var preflight = await api.SendAsync("OPTIONS", "/v1/roles", headers: [("Origin", origin), ("Access-Control-Request-Method", "GET")]);
        var answer = await api.SendAsync("GET", "/v1/roles", Token(), headers: ("Origin", origin));

        Assert.False(preflight.Headers.ContainsKey("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.ContainsKey("Access-Control-Allow-Origin"));
    }

    // Failures count against the caller's address, so they show which address the API assumes.
    [Theory]
    [InlineData(null, false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8", true)]
    public async Task Only_a_known_proxy_may_set_the_client_address(string? proxy, bool isKnown)
    {
        (string, string)[] proxies = proxy is null ? [] : [("WebApi:KnownProxies:0", proxy)];
        await using var api = await StartAsync([("WebApi:RateLimit:FailuresPerMinute", "1"), .. proxies]);

        Assert.Equal(401, await Status("198.51.100.1"));
        Assert.Equal(429, await Status("198.51.100.1"));
        Assert.Equal(isKnown ? 401 : 429, await Status("198.51.100.2"));
        // The client's own value comes before the value that the proxy adds.
        Assert.Equal(429, await Status("198.51.100.3, 198.51.100.1"));

        async Task<int> Status(string forwarded) =>
            (await api.SendAsync("GET", "/v1/roles", "garbage", headers: ("X-Forwarded-For", forwarded))).Status;
    }

    [Theory]
    [InlineData("WebApi:KnownProxies:0", "proxy")]
    [InlineData("WebApi:KnownProxies:0", "10.0.0.1/8")]
    [InlineData("WebApi:KnownProxies:0", "10.0.0.0/33")]
    [InlineData("WebApi:AllowedOrigins:0", "*")]
    [InlineData("WebApi:AllowedOrigins:0", "portal.example")]
    [InlineData("WebApi:AllowedOrigins:0", "https://portal.example/")]
    [InlineData("WebApi:AllowedOrigins:0", "https://portal.example/path")]
    [InlineData("WebApi:AllowedOrigins:0", "ftp://portal.example")]
    public async Task Invalid_proxy_or_origin_prevents_the_start(string setting, string value)
    {
        var refused = await Assert.ThrowsAsync<SettingException>(() => StartAsync((setting, value)));

        Assert.Contains($"'{value}'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0d3adb33-f", true)]
    [InlineData("a b", false)]
    [InlineData("", false)]
    public async Task Request_id_is_returned_even_with_a_refusal(string id, bool comesBack)
    {
        await using var api = await StartAsync();
        foreach (var (path, token) in new[] { ("/v1/roles", Token()), ("/v1/roles", null), ("/v1/nowhere", null), ("/health/live", null) })
        {
            var answer = await api.SendAsync("GET", path, token, headers: ("X-Request-ID", id));
            Assert.Equal(comesBack ? id : null, answer.Headers.GetValueOrDefault(ResponseHeaders.RequestId));
        }

        Assert.False((await api.SendAsync("GET", "/v1/roles", Token(), headers: ("X-Request-ID", new string('x', 129)))).Headers.ContainsKey("X-Request-ID"));
        Assert.False((await api.SendAsync("GET", "/v1/roles", Token())).Headers.ContainsKey("X-Request-ID"));
    }
}
