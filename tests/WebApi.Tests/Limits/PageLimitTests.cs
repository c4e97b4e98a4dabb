using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Limits;

public class PageLimitTests
{
    private const string Cases = $"/v1/workspaces/{RunningWebApi.WorkspaceId}/support-cases";

    [Fact]
    public async Task Caller_over_the_item_rate_is_refused_and_others_are_not()
    {
        await using var api = await Start(_ => Task.CompletedTask, ("WebApi:RateLimit:ItemsPerSecond", "1"), ("WebApi:RateLimit:ItemsAtOnce", "1000"));
        var ann = RunningWebApi.Token();

        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", ann)).Status);
        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", ann)).Status);
        var refused = await api.SendAsync("GET", $"{Cases}?pageSize=500", ann);
        Assert.Equal((429, "too-many-requests"), (refused.Status, refused.Slug));
        Assert.Equal("1", refused.Headers["Retry-After"]);

        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", RunningWebApi.Token(new(RunningWebApi.Tenant, Guid.NewGuid())))).Status);
        api.Explains(new(RunningWebApi.Member(Permissions.ViewSupportInsights), []));
        Assert.Equal(200, (await api.SendAsync("GET", $"/v1/workspaces/{RunningWebApi.WorkspaceId}/permissions", ann)).Status);
    }

    [Fact]
    public async Task Fifth_large_page_of_a_caller_waits_for_its_turn()
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

        // Small pages are served at once, and by now another large page would have been served as well.
        Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=50", ann)).Status);
        Assert.Equal(0, atWork.CurrentCount);

        release.SetResult();
        Assert.All(await Task.WhenAll(pages), answer => Assert.Equal(200, answer.Status));
    }

    [Fact]
    public async Task Small_pages_count_as_well()
    {
        await using var api = await Start(_ => Task.CompletedTask, ("WebApi:RateLimit:ItemsPerSecond", "1"), ("WebApi:RateLimit:ItemsAtOnce", "500"));
        var ann = RunningWebApi.Token();
        for (var page = 0; page < 10; page++)
        {
            Assert.Equal(200, (await api.SendAsync("GET", Cases, ann)).Status);
        }

        Assert.Equal(429, (await api.SendAsync("GET", Cases, ann)).Status);
    }

    [Fact]
    public async Task Page_of_the_switcher_counts_all_workspaces_of_the_caller()
    {
        await using var api = await Start(_ => Task.CompletedTask, ("WebApi:RateLimit:ItemsPerSecond", "1"), ("WebApi:RateLimit:ItemsAtOnce", "1000"));
        api.Grains.On<IUserGrain>("Switcher", _ => Task.FromResult<Page<UserWorkspace>?>(new([], null, 600)));
        var ann = RunningWebApi.Token();

        Assert.Equal(200, (await api.SendAsync("GET", "/v1/me/switcher?pageSize=1", ann)).Status);
        Assert.Equal(429, (await api.SendAsync("GET", "/v1/me/switcher?pageSize=1", ann)).Status);
    }

    [Fact]
    public async Task Reader_without_pauses_is_slowed_down_and_never_refused()
    {
        await using var api = await Start(_ => Task.CompletedTask, ("WebApi:RateLimit:ItemsPerSecond", "5000"), ("WebApi:RateLimit:ItemsAtOnce", "5000"));
        var ann = RunningWebApi.Token();
        var started = TimeProvider.System.GetTimestamp();
        for (var page = 0; page < 20; page++)
        {
            Assert.Equal(200, (await api.SendAsync("GET", $"{Cases}?pageSize=500", ann)).Status);
        }

        // 10,000 items, of which 5,000 are allowed at once.
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task Page_whose_client_disconnects_while_it_waits_is_never_read()
    {
        var release = new TaskCompletionSource();
        using var atWork = new SemaphoreSlim(0);
        await using var api = await Start(size =>
        {
            atWork.Release();
            return size <= 50 ? Task.CompletedTask : release.Task;
        });
        var limits = api.Services.GetRequiredService<NodeLimits>();
        var ann = RunningWebApi.Token();
        var pages = Enumerable.Range(0, 4).Select(_ => api.SendAsync("GET", $"{Cases}?pageSize=500", ann)).ToList();
        for (var page = 0; page < 4; page++)
        {
            Assert.True(await atWork.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        using (var gone = new CancellationTokenSource())
        {
            var aborted = Enumerable.Range(0, 20).Select(_ => Abortable(api, ann, gone.Token)).ToList();
            await Until.True(() => Task.FromResult(limits.LargePages.Waiting == 20), TimeSpan.FromSeconds(60), "all wait");
            await gone.CancelAsync();
            await Until.True(() => Task.FromResult((limits.LargePages.Waiting, limits.Requests.Taken) == (0, 4)), TimeSpan.FromSeconds(60), "none waits");
            await Task.WhenAll(aborted);
        }

        release.SetResult();
        Assert.All(await Task.WhenAll(pages), answer => Assert.Equal(200, answer.Status));
        await Until.True(() => Task.FromResult(limits.LargePages.Taken == 0), TimeSpan.FromSeconds(60), "all are answered");
        Assert.Equal(0, atWork.CurrentCount);
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 499)]
    public async Task Page_whose_client_disconnects_while_it_is_read_is_not_written(bool goes, int status)
    {
        await using var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddSingleton(new NodeLimits(new())).BuildServiceProvider();
        using var gone = new CancellationTokenSource();
        var http = new DefaultHttpContext { RequestServices = services, RequestAborted = gone.Token };
        http.Features.Set(new Claimant("ann", RunningWebApi.Tenant));
        var list = PageLimit.Filter(new() { MethodInfo = ((Func<PageQuery, int>)List).Method, ApplicationServices = services }, async _ =>
        {
            if (goes)
            {
                await gone.CancelAsync();
            }

            return TypedResults.Ok();
        });

        var answer = await list(EndpointFilterInvocationContext.Create(http, new PageQuery(null, null)));

        Assert.Equal(status, Assert.IsAssignableFrom<IStatusCodeHttpResult>(answer).StatusCode);

        static int List(PageQuery query) => query.PageSize ?? 0;
    }

    private static async Task Abortable(RunningWebApi api, string token, CancellationToken gone)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Cases}?pageSize=500");
        request.Headers.Authorization = new("Bearer", token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => (await api.Client.SendAsync(request, gone)).Dispose());
    }

    private static async Task<RunningWebApi> Start(Func<int, Task> until, params (string Key, string Value)[] settings)
    {
        var api = await RunningWebApi.StartAsync(settings);
        api.Decides(() => new(RunningWebApi.Member(Permissions.ViewSupportInsights)));
        api.Grains.On<ISupportGrain>("Cases", arguments => Page(((CaseQuery)arguments[1]!).Page.Size));

        // Until a node knows which tenants are allowed, everybody counts as a stranger and has a smaller part.
        var tenants = api.Services.GetRequiredService<EngageCenter.WebApi.Identity.AllowedTenants>();
        await Until.True(() => Task.FromResult(!tenants.CountsAsStranger(RunningWebApi.Tenant)), TimeSpan.FromSeconds(60), "the node knows who is no stranger");
        return api;

        async Task<Page<SupportCase>?> Page(int size)
        {
            await until(size);
            return new([], null, 0);
        }
    }
}
