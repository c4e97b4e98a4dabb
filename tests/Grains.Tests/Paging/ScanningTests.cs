using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Grains.Tests;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Workspaces;
using static EngageCenter.Support.Updates;

namespace EngageCenter.Paging;

/// <summary>
/// Searches and figures that have no place to run in, on any silo, and the grains that they are asked of. Takes all places,
/// so it has a cluster to itself.
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
                }));
            }
        }
    }

    public async Task DisposeAsync()
    {
        released.Set();
        await Task.WhenAll(holding);
    }

    [Fact]
    public async Task Everybody_elses_calls_go_on_while_lists_are_searched()
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

        // An update is taken up, and what waits finds it.
        await Support.Ingest([Case("10", Start)]);
        Assert.DoesNotContain(new Task[] { searched, figures, filtered, found, people }, task => task.IsCompleted);

        released.Set();
        Assert.Equal(2, (await searched)!.TotalCount);
        Assert.Equal(3, (await figures)!.Totals.Opened);
        Assert.Empty((await filtered)!.Items);
        Assert.Empty((await found).Items);
        Assert.NotEmpty((await people)!.Items);
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
