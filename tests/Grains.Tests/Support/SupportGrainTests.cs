using System.Collections.Concurrent;
using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Providers;
using Orleans.Storage;
using Orleans.TestingHost;
using static EngageCenter.Support.Updates;

namespace EngageCenter.Support;

public sealed class SupportGrainTests(SupportCluster cluster) : IClassFixture<SupportCluster>
{
    private static readonly CaseQuery All = new(null, null, null, null, null, null, new(PageRequest.MaxSize, null));
    private static readonly InsightsWindow Window = new(Start, Start.AddYears(1));

    // The tests share a silo and its storage, and have a workspace each.
    private readonly string workspaceId = cluster.NewWorkspace();
    private readonly RowStore store = cluster.Store;

    private ISupportGrain Support => cluster.Grains.GetGrain<ISupportGrain>(workspaceId);

    [Fact]
    public async Task What_was_ingested_is_listed_and_counted()
    {
        var outcome = await Support.Ingest([Case("1", Start), Case("2", Start.AddDays(1)), Case("1", Start, revision: 1, sla: true)]);
        Assert.Equal(new(IngestStatus.Applied, 2, 1), outcome);

        var page = await Support.Cases(Decision(), All);
        Assert.Equal(["2", "1"], page.Items.Select(c => c.CaseId));
        Assert.Equal((null, 2), (page.Next, page.TotalCount));

        var insights = await Support.Insights(Decision(), Window);
        Assert.Equal(new(2, 0, 2, 100, null, null), insights.Totals);
        Assert.Equal(cluster.Clock.GetUtcNow(), insights.GeneratedAt);
    }

    [Fact]
    public async Task A_workspace_that_does_not_exist_takes_no_cases_until_it_does()
    {
        cluster.Workspaces.TryRemove(workspaceId, out _);
        store.StartCounting();
        Assert.Equal(new(IngestStatus.WorkspaceNotFound, 0, 0), await Support.Ingest([Case("1", Start)]));
        Assert.Equal(0, store.Writes);

        cluster.Workspaces[workspaceId] = 0;
        Assert.Equal(IngestStatus.Applied, (await Support.Ingest([Case("1", Start)])).Status);
        Assert.Equal(IngestStatus.Applied, (await Support.Ingest([Case("2", Start)])).Status);
        Assert.Equal(1, cluster.Workspaces[workspaceId]);
    }

    [Fact]
    public async Task A_batch_is_one_write_and_one_that_changes_nothing_is_none()
    {
        var batch = Enumerable.Range(0, SupportCase.MaxBatch).Select(i => Case($"{i}", Start)).ToImmutableArray();
        store.StartCounting();
        Assert.Equal(new(IngestStatus.Applied, 1_000, 0), await Support.Ingest(batch));
        Assert.Equal(1, store.Writes);
        Assert.Equal(new(IngestStatus.Applied, 0, 1_000), await Support.Ingest(batch));
        Assert.Equal(new(IngestStatus.Applied, 0, 0), await Support.Ingest([]));
        Assert.Equal(1, store.Writes);
    }

    [Fact]
    public async Task Cases_outlive_the_activation()
    {
        var batch = Enumerable.Range(0, SupportCase.MaxBatch).Select(i => Case($"{i}", Start)).ToImmutableArray();
        await Support.Ingest(batch);
        await Support.Ingest([Case("0", Start, revision: 1)]);

        await cluster.Restart();

        Assert.Equal(1_000, (await Support.Insights(Decision(), Window)).Totals.Opened);
        Assert.Equal(new(IngestStatus.Applied, 0, 1), await Support.Ingest([Case("0", Start, revision: 1)]));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_write_that_is_not_confirmed_fails_and_then_the_truth_is_served(bool written, int opened)
    {
        store.Fate = (operation, _) => operation != RowOperation.Write ? RowFate.Happens : written ? RowFate.AnswerIsLost : RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Support.Ingest([Case("1", Start)]));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.Equal(opened, (await Support.Insights(Decision(), Window)).Totals.Opened);
        Assert.Equal(1 - opened, (await Support.Ingest([Case("1", Start)])).Applied);
    }

    [Fact]
    public async Task A_read_that_fails_fails_the_call_and_the_next_one_reads_again()
    {
        await Support.Ingest([Case("1", Start)]);
        await cluster.Restart();

        store.Fate = (_, _) => RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Support.Insights(Decision(), Window));
        store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(1, (await Support.Insights(Decision(), Window)).Totals.Opened);
    }

    [Fact]
    public async Task Who_may_not_view_support_insights_is_a_fault_of_the_caller()
    {
        AccessDecision[] refused =
        [
            Decision() with { Permissions = ~Permissions.ViewSupportInsights },
            Decision() with { Standing = Standing.Unconfirmed },
            Decision() with { Standing = Standing.Outsider },
            Decision() with { WorkspaceId = "another" },
            default,
        ];
        foreach (var decision in refused)
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Support.Cases(decision, All));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Support.Insights(decision, Window));
        }
    }

    [Fact]
    public async Task A_cursor_that_no_page_handed_out_is_refused() =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => Support.Cases(Decision(), All with { Page = new(1, "nonsense") }));

    [RealLogFact]
    public async Task The_real_log_goes_through_storage_and_back()
    {
        foreach (var batch in RealLog.Updates().Chunk(300))
        {
            await Support.Ingest([.. batch]);
        }

        var window = new InsightsWindow(new(2016, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2017, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var before = await Support.Insights(Decision(), window);
        var page = await Support.Cases(Decision(), All);
        await cluster.Restart();
        var after = await Support.Insights(Decision(), window);

        Assert.Equal(173.925, after.Totals.MedianHoursToClose!.Value, 3);
        Assert.Equal(before.Totals, after.Totals);
        Assert.Equal(before.ByProduct.ToArray(), after.ByProduct.ToArray());
        Assert.Equal(page.Items.ToArray(), (await Support.Cases(Decision(), All)).Items.ToArray());
    }

    private AccessDecision Decision() =>
        new(new PersonId(Guid.Empty, Guid.Empty), workspaceId, Standing.Member, Permissions.ViewSupportInsights, 1);
}

/// <summary>A silo whose storage fails where a test says so, and that is told which workspaces exist.</summary>
public sealed class SupportCluster : IAsyncLifetime, IOutgoingGrainCallFilter
{
    private InProcessTestCluster? cluster;

    internal RowStore Store { get; } = new();

    internal FakeTimeProvider Clock { get; } = new(Start.AddYears(1));

    /// <summary>Those that exist, and how often that was asked.</summary>
    internal ConcurrentDictionary<string, int> Workspaces { get; } = new();

    internal IGrainFactory Grains => cluster!.Client;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, Store);
            silo.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock));
            silo.AddOutgoingGrainCallFilter(this);
        });
        cluster = builder.Build();
        await cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await cluster!.DisposeAsync();

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType != typeof(IWorkspaceGrain))
        {
            return context.Invoke();
        }

        // In place of the workspace, which comes into being with an agreement and all that belongs to it.
        var id = context.TargetId.Key.ToString()!;
        var exists = Workspaces.TryGetValue(id, out var asked) && Workspaces.TryUpdate(id, asked + 1, asked);
        context.Result = exists
            ? new WorkspaceHeader(id, "Contoso", "Contoso", "agreement", AgreementType.Workload, default, default, Start)
            : null;
        return Task.CompletedTask;
    }

    internal string NewWorkspace()
    {
        var id = Guid.NewGuid().ToString("N");
        Workspaces[id] = 0;
        return id;
    }

    internal async Task Restart() => await cluster!.RestartSiloAsync(cluster.Silos[0]);
}
