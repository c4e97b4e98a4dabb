using System.Collections.Immutable;
using System.Diagnostics;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Grains.Tests;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Xunit.Abstractions;
using static EngageCenter.Activities.Puts;

namespace EngageCenter.Activities;

/// <summary>The tests count and break rows of activities, so they have a cluster to themselves, and each test has its own workspace.</summary>
public sealed class ActivityGrainTests(GrainCluster cluster, ITestOutputHelper output) : IClassFixture<GrainCluster>, IAsyncLifetime
{
    private static readonly ActivityQuery All = new(null, null, null, null, null, new(PageRequest.MaxSize, null));

    private readonly Contoso contoso = new(cluster);
    private readonly RowStore store = cluster.Store;
    private string workspaceId = "";

    private IActivityGrain Grain => cluster.Grains.GetGrain<IActivityGrain>(workspaceId);

    public async Task InitializeAsync() => workspaceId = await Contract(Package("unified", 100));

    public Task DisposeAsync()
    {
        store.Fate = (_, _) => RowFate.Happens;
        store.Begins = (_, _) => Task.CompletedTask;
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Put_activities_are_listed_and_counted_in_the_proof()
    {
        var (first, second) = (Activity("b", delivered: 12.5m), Activity("a", status: ActivityStatus.Planned, evidence: "https://contoso.example/a"));
        Assert.Equal(new(PutActivityStatus.Created, new(first, 1)), await Grain.Put(new(first, null)));
        Assert.Equal(new(PutActivityStatus.Created, new(second, 1)), await Grain.Put(new(second, null)));

        var page = await List(All);
        Assert.Equal([second, first], page.Items.ToArray());
        Assert.Equal((null, 2), (page.Next, page.TotalCount));
        Assert.Equal([new(first, 1)], (await Grain.Activity(await Decision(), "b"))!.Items.ToArray());
        Assert.Empty((await Grain.Activity(await Decision(), "B"))!.Items);
        Assert.Equal((1, null), (await Grain.Version("b"), await Grain.Version("B")));

        var proof = await Proof();
        Assert.Equal(contoso.AgreementId, proof.AgreementId);
        Assert.Equal([new("unified", "unified", PackageKind.AddOn, new(100, 12.5m, 1, 1))], proof.Lines.ToArray());
        Assert.Equal(87.5m, proof.Totals.HoursRemaining);
    }

    [Fact]
    public async Task Activity_of_an_unknown_workspace_is_refused()
    {
        workspaceId = Guid.NewGuid().ToString("N");
        store.StartCounting();

        Assert.Equal(new(PutActivityStatus.WorkspaceNotFound), await Grain.Put(new(Activity(), null)));
        Assert.Equal(0, store.Writes);
    }

    [Fact]
    public async Task Activities_and_versions_survive_the_activation()
    {
        await Put(Activity());
        await Put(Activity(title: "Changed", delivered: 3));
        var (page, proof) = (await List(All), await Proof());

        await cluster.Forget();

        Assert.Equal(page.Items.ToArray(), (await List(All)).Items.ToArray());
        Assert.Equal(proof.Lines.ToArray(), (await Proof()).Lines.ToArray());
        store.StartCounting();
        Assert.Equal(2, (await Put(Activity(title: "Changed", delivered: 3))).Version);
        Assert.Equal(0, store.Writes);
        Assert.Equal(3, (await Put(Activity(title: "Changed again"))).Version);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Unconfirmed_write_fails_and_the_next_call_reads_storage(bool written, int there)
    {
        store.Fate = (operation, name) => operation != RowOperation.Write || name != "activities-0" ? RowFate.Happens
            : written ? RowFate.AnswerIsLost : RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Put(Activity(delivered: 5)));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.Equal(there, (await List(All)).TotalCount);
        Assert.Equal(there * 5, (await Proof()).Totals.HoursDelivered);
        Assert.Equal(there == 1 ? PutActivityStatus.Updated : PutActivityStatus.Created, (await Grain.Put(new(Activity(delivered: 5), null))).Status);
        Assert.Equal(1, await Grain.Version("one"));
        Assert.Equal(5, (await Proof()).Totals.HoursDelivered);
    }

    [Fact]
    public async Task Failed_read_fails_the_call_and_the_next_call_reads_again()
    {
        await Put(Activity());
        var decision = await Decision();
        await cluster.Forget();

        store.Fate = (operation, name) => operation == RowOperation.Read && name == "activities-head" ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Grain.Activities(decision, All));
        store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(1, (await List(All)).TotalCount);
    }

    [Fact]
    public async Task Nothing_is_shown_or_acknowledged_before_it_is_stored()
    {
        await Put(Activity());
        using var writing = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        store.Begins = (operation, name) =>
        {
            if (operation != RowOperation.Write || name != "activities-0")
            {
                return Task.CompletedTask;
            }

            writing.Release();
            return gate.Task;
        };
        var put = Grain.Put(new(Activity(title: "Changed", delivered: 7), null));
        await writing.WaitAsync();

        // All of these are decided by the change that is being stored, so they wait for it.
        var (again, refused, next) = (
            Grain.Put(new(Activity(title: "Changed", delivered: 7), null)),
            Grain.Put(new(Activity(title: "Other"), new(1))),
            Grain.Put(new(Activity(title: "Next"), new(2))));
        Assert.Equal("Workshop", Assert.Single((await List(All)).Items).Title);
        Assert.Equal(1, await Grain.Version("one"));
        Assert.Equal(0, (await Proof()).Totals.HoursDelivered);
        Assert.All([put, again, refused, next], task => Assert.False(task.IsCompleted));

        gate.SetResult();
        Assert.Equal(2, (await put).Activity!.Version);
        Assert.Equal(PutActivityStatus.VersionMismatch, (await refused).Status);

        // Calls may overtake each other.
        Assert.Contains((await again).Activity!.Version, new long[] { 2, 4 });
        Assert.Equal((PutActivityStatus.Updated, 3), ((await next).Status, (await next).Activity!.Version));
    }

    [Fact]
    public async Task Each_of_many_parallel_writers_gets_its_own_outcome()
    {
        const int Writers = 400;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => Grain.Put(new(Activity($"{n % 40}", title: $"Title {n}", delivered: 1), null))));

        Assert.Equal(40, outcomes.Count(o => o.Status == PutActivityStatus.Created));
        Assert.Equal(Writers, outcomes.Select(o => (o.Activity!.Activity.ActivityId, o.Activity.Version)).Distinct().Count());
        var page = await List(All);
        Assert.All(page.Items, a => Assert.Equal(a.Title, outcomes.Where(o => o.Activity!.Activity.ActivityId == a.ActivityId).MaxBy(o => o.Activity!.Version)!.Activity!.Activity.Title));
        Assert.Equal(new(100, 40, 40, 0), (await Proof()).Totals);

        await cluster.Forget();
        Assert.Equal(page.Items.ToArray(), (await List(All)).Items.ToArray());
    }

    [Fact]
    public async Task Only_one_of_two_writers_with_the_same_version_succeeds()
    {
        await Put(Activity());
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Grain.Put(new(Activity(title: $"Title {n}"), new(1)))));

        Assert.Single(outcomes, o => o.Status == PutActivityStatus.Updated);
        Assert.Equal(19, outcomes.Count(o => o.Status == PutActivityStatus.VersionMismatch));
        Assert.Equal(2, await Grain.Version("one"));
    }

    [Fact]
    public async Task A_package_that_leaves_the_agreement_keeps_its_activities_and_takes_no_more()
    {
        await Put(Activity("one", purchased: 8, delivered: 3));
        await Contract(Package("security", 20, "Security", PackageKind.EnterpriseWide));

        Assert.Equal(PutActivityStatus.UnknownPackage, (await Grain.Put(new(Activity("two"), null))).Status);
        await Put(Activity("one", purchased: 8, delivered: 4));
        await Put(Activity("three", "security", ActivityStatus.Planned));
        Assert.Equal(
            [new("security", "Security", PackageKind.EnterpriseWide, new(20, 0, 0, 1)), new("unified", "unified", PackageKind.AddOn, new(8, 4, 1, 0))],
            (await Proof()).Lines.ToArray());

        await cluster.Forget();
        Assert.Equal(new(28, 4, 1, 1), (await Proof()).Totals);
        await Contract(Package("unified", 50));
        Assert.Equal([new("unified", "unified", PackageKind.AddOn, new(50, 4, 1, 0)), new("security", "Security", PackageKind.EnterpriseWide, new(0, 0, 0, 1))], (await Proof()).Lines.ToArray());
    }

    [Fact]
    public async Task Workspace_of_one_package_takes_activities_only_for_that_package()
    {
        var workloads = new Contoso(cluster);
        var put = await workloads.Put(workloads.Agreement(AgreementType.Workload, "data", "retail"));
        workspaceId = put.Workspaces.Single(w => w.Name == "retail").WorkspaceId;

        Assert.Equal(PutActivityStatus.UnknownPackage, (await Grain.Put(new(Activity(package: "data"), null))).Status);
        await Put(Activity(package: "retail"));
        var decision = await cluster.User(workloads.Adele).Decide(workloads.AdeleSignIn, workspaceId);
        Assert.Equal(["retail"], (await Grain.ProofOfExecution(decision))!.Lines.Select(l => l.PackageId));
    }

    [Fact]
    public async Task Activity_is_refused_while_the_contract_is_unavailable()
    {
        await cluster.Forget();
        store.Fate = (operation, name) => operation == RowOperation.Read && name == "workspace" ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Put(Activity()));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.Null(await Grain.Version("one"));
        Assert.Equal(1, (await Put(Activity())).Version);
    }

    [Fact]
    public async Task Activity_is_refused_until_packages_of_an_earlier_release_are_known()
    {
        workspaceId = Guid.NewGuid().ToString("N");
        var contract = new WorkspaceContract(
            "agreement", AgreementType.EnterpriseSupportMca, contoso.Tenant, "Contoso", new(2020, 1, 1), new(2099, 12, 31),
            [new(contoso.Adele, Roles.CustomerSupportManager, "Adele Vance", "adele@contoso.example")], 1);
        await Provision(contract);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Put(Activity()));
        await Assert.ThrowsAsync<StorageUnavailableException>(Proof);
        Assert.Equal(0, (await List(All)).TotalCount);

        await Provision(contract with { Terms = new([], [Package("unified")], []) });
        await cluster.Forget();
        await Put(Activity(delivered: 2));
        Assert.Equal(2, (await Proof()).Totals.HoursDelivered);

        Task Provision(WorkspaceContract next) => cluster.WithinSilo.GetGrain<IContractedWorkspace>(workspaceId).Provision(Contoso.Automation, next);
    }

    [Fact]
    public async Task Query_without_ViewCustomerActivity_throws()
    {
        var decision = await Decision();
        AccessDecision[] refused =
        [
            decision with { Permissions = ~Permissions.ViewCustomerActivity },
            decision with { Standing = Standing.Unconfirmed },
            decision with { Standing = Standing.Outsider },
            decision with { WorkspaceId = "another" },
            default,
        ];
        foreach (var bad in refused)
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Grain.Activities(bad, All));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Grain.Activity(bad, "one"));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Grain.ProofOfExecution(bad));
        }
    }

    [Fact]
    public async Task Decision_of_an_older_policy_is_answered_with_null()
    {
        var old = await Decision();
        await contoso.Grant(workspaceId, Guid.NewGuid(), Roles.User);

        Assert.Null(await Grain.Activities(old, All));
        Assert.Null(await Grain.Activity(old, "one"));
        Assert.Null(await Grain.ProofOfExecution(old));
        Assert.NotNull(await Grain.ProofOfExecution(await Decision()));
    }

    [Fact]
    public async Task Unknown_cursor_is_refused() =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => List(All with { Page = new(1, "nonsense") }));

    /// <summary>
    /// Each page is computed by itself; nothing is kept between pages. The environment variable <c>ACTIVITIES</c> sets the number of
    /// activities; the figures are in the test's output.
    /// </summary>
    [Fact]
    public async Task Export_is_read_page_by_page_to_its_end()
    {
        var count = Environment.GetEnvironmentVariable("ACTIVITIES") is { Length: > 0 } set ? int.Parse(set, System.Globalization.CultureInfo.InvariantCulture) : 5_000;
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (n, _) =>
            await Put(Activity(FormattableString.Invariant($"activity-{n:d6}"), title: $"Workshop number {n} on resilience", delivered: 0.25m, deliveredAt: Now.AddMinutes(n))));
        output.WriteLine(FormattableString.Invariant($"{count} activities put in {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s"));

        var decision = await Decision();
        var (pages, met, last) = (0, 0, "");
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        var greatest = 0L;
        since = Stopwatch.GetTimestamp();
        for (string? after = null, next = ""; next is not null; after = next)
        {
            var page = await Export(after);
            Assert.All(page.Items, a => Assert.True(string.CompareOrdinal(last, last = a.ActivityId) < 0));
            met += page.Items.Length;
            next = page.Next;
            if (++pages % 20 == 0)
            {
                greatest = Math.Max(greatest, GC.GetTotalMemory(forceFullCollection: true) - heap);
            }
        }

        output.WriteLine(FormattableString.Invariant($"exported in {pages} pages and {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s; the heap is {heap >> 20} MB and grew by at most {greatest >> 10} KB"));
        Assert.Equal((count, (count + PageRequest.MaxSize - 1) / PageRequest.MaxSize), (met, pages));
        Assert.Equal(new(100, count / 4m, count, 0), (await Proof()).Totals);

        async Task<Page<CustomerActivity>> Export(string? after)
        {
            var query = All with { Page = new(PageRequest.MaxSize, after), Count = false };
            return await Grain.Activities(decision, query) ?? (await Grain.Activities(decision = await Decision(), query))!;
        }
    }

    /// <summary>Puts the agreement with these packages, and returns the workspace.</summary>
    private async Task<string> Contract(params ImmutableArray<Package> packages) =>
        (await contoso.Put(contoso.Agreement(AgreementType.EnterpriseSupportMca) with { Packages = packages })).Workspaces.Single().WorkspaceId;

    private async Task<AccessDecision> Decision() => await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspaceId);

    private async Task<ActivityView> Put(CustomerActivity activity)
    {
        var outcome = await Grain.Put(new(activity, null));
        return outcome.Activity ?? throw new InvalidOperationException($"{outcome.Status}");
    }

    private async Task<Page<CustomerActivity>> List(ActivityQuery query) => (await Grain.Activities(await Decision(), query))!;

    private async Task<ProofOfExecution> Proof() => (await Grain.ProofOfExecution(await Decision()))!;
}
