using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Grains.Tests;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using static EngageCenter.Support.Updates;

namespace EngageCenter.Paging;

/// <summary>
/// Searches and figures that wait for a place, and the grains that they are asked of. The tests take all places of every silo, so
/// they have a cluster to themselves.
/// </summary>
public sealed class ScanningTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IAsyncLifetime, IDisposable
{
    private static readonly PageRequest page = new(10, null);
    private static readonly CaseQuery cases = new(null, null, null, null, null, null, page);
    private static readonly InsightsWindow window = new(Start, Start.AddYears(1));

    private readonly Contoso contoso = new(cluster);
    private readonly ManualResetEventSlim released = new();
    private readonly List<Task> holding = [];
    private string workspaceId = "";
    private AccessDecision decision;

    private ISupportGrain Support => cluster.Grains.GetGrain<ISupportGrain>(workspaceId);

    private IActivityGrain Activity => cluster.Grains.GetGrain<IActivityGrain>(workspaceId);

    private ICourseCatalogGrain Courses => cluster.Grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key);

    private IWorkspaceUsersGrain People => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId);

    public void Dispose() => released.Dispose();

    public async Task InitializeAsync()
    {
        workspaceId = await contoso.Workspace();
        await Support.Ingest([Case("1", Start), Case("2", Start)]);
        decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspaceId);
        foreach (var scans in cluster.Each<Scans>())
        {
            for (var place = 0; place < Scans.Places; place++)
            {
                holding.Add(scans.Run<int>(() => () =>
                {
                    released.Wait();
                    return 0;
                }, default));
            }
        }
    }

    public async Task DisposeAsync()
    {
        released.Set();
        await Task.WhenAll(holding);
    }

    [Fact]
    public async Task Other_calls_are_answered_while_lists_are_searched()
    {
        var searched = Support.Cases(decision, cases with { Search = "1" });
        var figures = Support.Insights(decision, window);
        var filtered = Activity.Activities(decision, new(null, null, "unified", null, null, page));
        var found = Courses.List(new(null, null, null, "x", page));
        var people = People.List(decision, new(null, Roles.None, null, null, page));

        for (var call = 0; call < 10; call++)
        {
            Assert.Equal(2, (await Support.Cases(decision, cases))!.TotalCount);
            Assert.Empty((await Activity.Activities(decision, new(null, null, null, null, null, page)))!.Items);
            Assert.Empty((await Courses.List(new(null, null, null, null, page))).Items);
        }

        // An update is accepted meanwhile, and the waiting search finds it.
        await Support.Ingest([Case("10", Start)]);
        Assert.DoesNotContain(new Task[] { searched, figures, filtered, found, people }, task => task.IsCompleted);

        released.Set();
        Assert.Equal(2, (await searched)!.TotalCount);
        Assert.Equal(3, (await figures)!.Totals.Opened);
        Assert.Empty((await filtered)!.Items);
        Assert.Empty((await found).Items);
        Assert.NotEmpty((await people)!.Items);
    }

    /// <summary>No place becomes free before the last of the calls has ended.</summary>
    [Fact]
    public async Task Cancelled_call_ends_its_scan()
    {
        var manager = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspaceId);
        Dictionary<string, Func<CancellationToken, Task>> calls = new()
        {
            ["Cases"] = gone => Support.Cases(decision, cases with { Search = "1" }, gone),
            ["Insights"] = gone => Support.Insights(decision, window, gone),
            ["Activities"] = gone => Activity.Activities(decision, new(null, null, "unified", null, null, page), gone),
            ["ICourseCatalogGrain.List"] = gone => Courses.List(new(null, null, null, "x", page), gone),
            ["IWorkspaceUsersGrain.List"] = gone => People.List(decision, new(null, Roles.None, null, null, page), gone),
            ["Holders"] = gone => People.Holders(decision, Permissions.ViewUserRoles, page, gone),
            ["HoldersFor"] = gone => People.HoldersFor(Applications.With(AppRoles.Evaluate), Permissions.ViewUserRoles, page, gone),
            ["Preview"] = gone => People.Preview(manager, Guid.NewGuid(), Roles.SupportUser, gone),
        };
        using var begun = new SemaphoreSlim(0);
        using var ended = new SemaphoreSlim(0);

        // A person's grain does not scan; its calls are tested in UserGrainTests.
        var scanning = typeof(ISupportGrain).Assembly.GetTypes().Where(t => t.IsInterface).SelectMany(t => t.GetMethods())
            .Where(m => m.GetParameters().Any(p => p.ParameterType == typeof(CancellationToken)) && typeof(IGrain).IsAssignableFrom(m.DeclaringType)
                && m.DeclaringType != typeof(IUserGrain)).ToList();
        Assert.Equal(calls.Count, scanning.Count);
        bool IsOurs(IIncomingGrainCallContext call) => scanning.Any(m => m.Name == call.MethodName && m.DeclaringType == call.InterfaceMethod.DeclaringType);
        cluster.Called = call => _ = IsOurs(call) ? begun.Release() : 0;
        cluster.Cancelled = call => _ = IsOurs(call) ? ended.Release() : 0;
        using var gone = new CancellationTokenSource();

        var asked = calls.Values.Select(call => call(gone.Token)).ToList();
        await Times(begun, calls.Count);
        await gone.CancelAsync();

        await Times(ended, calls.Count);
        foreach (var call in asked)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        // The cancelled calls left nothing behind: the next caller is served.
        (cluster.Called, cluster.Cancelled) = (_ => { }, _ => { });
        released.Set();
        Assert.Equal(1, (await Support.Cases(decision, cases with { Search = "1" }))!.TotalCount);
        Assert.NotEmpty((await People.List(decision, new(null, Roles.None, null, null, page)))!.Items);

        static async Task Times(SemaphoreSlim signal, int times)
        {
            for (var time = 0; time < times; time++)
            {
                Assert.True(await signal.WaitAsync(TimeSpan.FromMinutes(1)), $"{time} of {times}");
            }
        }
    }

    [Fact]
    public async Task Search_that_waits_while_the_policy_changes_is_decided_again()
    {
        Task[] asked =
        [
            Support.Cases(decision, cases with { Search = "1" }),
            Support.Insights(decision, window),
            Activity.Activities(decision, new(null, null, "unified", null, null, page)),
            People.List(decision, new(null, Roles.None, null, null, page)),
        ];

        await contoso.Grant(workspaceId, Guid.NewGuid(), Roles.User);
        released.Set();

        Assert.Null(await (Task<Page<SupportCase>?>)asked[0]);
        Assert.Null(await (Task<SupportInsights?>)asked[1]);
        Assert.Null(await (Task<Page<CustomerActivity>?>)asked[2]);
        Assert.Null(await (Task<Page<WorkspaceUser>?>)asked[3]);
    }
}
