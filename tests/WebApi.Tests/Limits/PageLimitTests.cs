using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.Users;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Limits;

public class PageLimitTests
{
    private const string Cases = $"/v1/workspaces/{RunningWebApi.WorkspaceId}/support-cases";

    [Fact]
    public async Task Caller_who_asks_for_more_items_than_the_rate_is_refused_and_others_are_not()
    {
        await using var api = await Start(_ => Task.CompletedTask, ("WebApi:RateLimit:ItemsPerSecond", "1"), ("WebApi:RateLimit:ItemsAtOnce", "1000"));
        var ann = RunningWebApi.Token();

        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", ann)).Status);
        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", ann)).Status);
        var refused = await api.SendAsync("GET", $"{Cases}?pageSize=500", ann);
        Assert.Equal((429, "too-many-requests"), (refused.Status, refused.Slug));
        Assert.Equal("1", refused.Headers["Retry-After"]);

        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", RunningWebApi.Token(new(RunningWebApi.Tenant, Guid.NewGuid())))).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", ann)).Status);
    }

    [Fact]
    public async Task Large_pages_of_a_caller_beyond_four_wait_for_their_turn()
    {
        var release = new TaskCompletionSource();
        using var atWork = new SemaphoreSlim(0);
        await using var api = await Start(size =>
        {
            if (size <= 50)
            {
                return Task.CompletedTask;
            }

            atWork.Release();
            return release.Task;
        });
        var ann = RunningWebApi.Token();

        var pages = Enumerable.Range(0, 12).Select(_ => api.SendAsync("GET", $"{Cases}?pageSize=51", ann)).ToList();
        for (var page = 0; page < 4; page++)
        {
            Assert.True(await atWork.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        // Small ones go on, and by now another large one would have come as well.
        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=50", ann)).Status);
        Assert.Equal(0, atWork.CurrentCount);

        release.SetResult();
        Assert.All(await Task.WhenAll(pages), answer => Assert.Equal(200, answer.Status));
    }

    private static async Task<RunningWebApi> Start(Func<int, Task> until, params (string Key, string Value)[] settings)
    {
        var api = await RunningWebApi.StartAsync(settings);
        api.Grains.On<IUserGrain>("Decide", _ => new ValueTask<AccessDecision>(RunningWebApi.Member(Permissions.ViewSupportInsights)));
        api.Grains.On<ISupportGrain>("Cases", arguments => Page(((CaseQuery)arguments[1]!).Page.Size));

        // Until a node knows which tenants are allowed, everybody is a stranger, and has another part than afterwards.
        var tenants = api.Services.GetRequiredService<EngageCenter.WebApi.Identity.AllowedTenants>();
        await Until.True(() => Task.FromResult(!tenants.CountsAsStrange(RunningWebApi.Tenant)), TimeSpan.FromSeconds(60), "the node knows who is no stranger");
        return api;

        async Task<Page<SupportCase>?> Page(int size)
        {
            await until(size);
            return new([], null, 0);
        }
    }
}
