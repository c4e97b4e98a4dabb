using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Limits;

public class ScanLimitTests
{
    private const string Home = $"/v1/workspaces/{RunningWebApi.WorkspaceId}";

    /// <summary>All kinds of scans count together; lists without a filter do not count.</summary>
    [Fact]
    public async Task Caller_has_at_most_four_scans_at_once_and_others_are_served()
    {
        await using var api = await RunningWebApi.StartAsync();
        var release = new TaskCompletionSource();
        using var atWork = new SemaphoreSlim(0);
        api.Decides(() => new ValueTask<AccessDecision>(RunningWebApi.Member(Enum.GetValues<Permissions>().Aggregate((all, one) => all | one))));
        api.Grains.On<IUserGrain>("DecideAnywhere", _ => new ValueTask<Standing>(Standing.Member));
        api.Grains.On<ISupportGrain>("Cases", arguments =>
        {
            if (((CaseQuery)arguments[1]!).Search is null)
            {
                return Cases(Task.CompletedTask);
            }

            atWork.Release();
            return Cases(release.Task);
        });
        var ann = RunningWebApi.Token();
        var bob = RunningWebApi.Token(new(RunningWebApi.Tenant, Guid.NewGuid()));

        // Until a node knows which tenants are allowed, everybody counts as a stranger and has a smaller part.
        var tenants = api.Services.GetRequiredService<AllowedTenants>();
        await Until.True(() => Task.FromResult(!tenants.CountsAsStranger(RunningWebApi.Tenant)), TimeSpan.FromSeconds(60), "the node knows who is no stranger");

        var search = $"{Home}/support-cases?search=x";
        var waiting = Enumerable.Range(0, 4).Select(_ => api.SendAsync("GET", search, ann)).ToList();
        await Count(4);
        foreach (var path in (string[])
        [
            search, $"{Home}/support-cases?status=New", $"{Home}/support-insights", $"{Home}/home", "/v1/me/home", $"{Home}/users",
            $"{Home}/groups?search=x", $"{Home}/activities?kind=Reactive", $"{Home}/assessments/SqlServer/recommendations",
            "/v1/learning/courses?search=x", $"{Home}/directory/groups",
        ])
        {
            var refused = await api.SendAsync("GET", path, ann);
            Assert.Equal((path, 429, "too-many-requests"), (path, refused.Status, refused.Slug));
            Assert.Equal("1", refused.Headers["Retry-After"]);
        }

        Assert.Equal(200, (await api.SendAsync("GET", $"{Home}/support-cases", ann)).Status);
        var bobs = api.SendAsync("GET", search, bob);
        await Count(1);

        release.SetResult();
        Assert.All(await Task.WhenAll([.. waiting, bobs]), answer => Assert.Equal(200, answer.Status));
        Assert.Equal(200, (await api.SendAsync("GET", search, ann)).Status);

        async Task Count(int requests)
        {
            for (var request = 0; request < requests; request++)
            {
                Assert.True(await atWork.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }
    }

    [Fact]
    public async Task Searches_without_pauses_count_as_the_largest_pages()
    {
        await using var api = await RunningWebApi.StartAsync(("WebApi:RateLimit:ItemsPerSecond", "1"), ("WebApi:RateLimit:ItemsAtOnce", "1100"));
        api.Decides(() => new ValueTask<AccessDecision>(RunningWebApi.Member(Permissions.ViewSupportInsights)));
        api.Grains.On<ISupportGrain>("Cases", _ => Cases(Task.CompletedTask));
        var ann = RunningWebApi.Token();

        Assert.Equal(200, (await api.SendAsync("GET", $"{Home}/support-cases?search=x", ann)).Status);
        Assert.Equal(200, (await api.SendAsync("GET", $"{Home}/support-cases?search=x", ann)).Status);
        Assert.Equal(429, (await api.SendAsync("GET", $"{Home}/support-cases?search=x", ann)).Status);
    }

    private static async Task<Page<SupportCase>?> Cases(Task until)
    {
        await until;
        return new([], null, 0);
    }
}
