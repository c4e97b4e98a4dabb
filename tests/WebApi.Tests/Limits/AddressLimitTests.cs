using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Limits;

public sealed class AddressLimitTests
{
    [Fact]
    public async Task Address_with_too_many_failures_is_refused_but_known_callers_are_served()
    {
        await using var api = await StartAsync(("WebApi:RateLimit:FailuresPerMinute", "5"));
        var member = Token();
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", member)).Status);
        foreach (var failing in new[] { "garbage", "a.b.c", Token()[..^4] + "AAAA", "garbage", "garbage" })
        {
            Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles", failing)).Status);
        }

        foreach (var failing in new[] { null, "garbage", Token(null, ("name", "Ann whom nobody has seen")) })
        {
            var refused = await api.SendAsync("GET", "/v1/roles", failing);
            Assert.Equal((429, "too-many-requests"), (refused.Status, refused.Slug));
            Assert.True(refused.Headers.ContainsKey("Retry-After"));
        }

        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", member)).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/health/live")).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/problems/not-found")).Status);
    }

    [Fact]
    public async Task Requests_without_a_token_do_not_count_as_failures_of_their_address()
    {
        await using var api = await StartAsync(("WebApi:RateLimit:FailuresPerMinute", "2"));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles")).Status);
        }

        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token())).Status);
    }

    [Fact]
    public async Task One_token_with_different_spaces_does_not_push_other_callers_out()
    {
        await using var api = await StartAsync(("WebApi:RateLimit:FailuresPerMinute", "1"), ("WebApi:RememberedTokens:Max", "10"));
        var (member, other) = (Token(), Token(null, ("name", "Another")));
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", member)).Status);
        foreach (var spaces in Enumerable.Range(1, 50))
        {
            Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", new string(' ', spaces) + other)).Status);
        }

        Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles", "garbage")).Status);
        Assert.Equal(429, (await api.SendAsync("GET", "/v1/roles", "garbage")).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", member)).Status);
    }

    [Fact]
    public async Task Refused_request_with_a_valid_token_does_not_count_as_a_failure()
    {
        await using var api = await StartAsync(("WebApi:RateLimit:FailuresPerMinute", "1"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(403, (await api.SendAsync("GET", "/v1/me", ApplicationToken("Agreements.ReadWrite.All"))).Status);
            Assert.Equal(404, (await api.SendAsync("GET", "/v1/nowhere", Token())).Status);
        }

        Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles", "garbage")).Status);
    }

    [Fact]
    public async Task Requests_without_a_token_share_a_budget_that_callers_do_not_use()
    {
        await using var api = await StartAsync(("WebApi:RateLimit:AnonymousPerSecond", "1"));
        var answer = await api.SendAsync("GET", "/openapi/v1.json");
        for (var i = 0; i < 100 && answer.Status == 200; i++)
        {
            answer = await api.SendAsync("GET", i % 2 == 0 ? "/openapi/v1.json" : "/problems/not-found");
        }

        Assert.Equal((429, "too-many-requests"), (answer.Status, answer.Slug));
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token())).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/openapi/v1.json", Token())).Status);
    }
}
