using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Grains.Tests;
using EngageCenter.Paging;
using EngageCenter.Storage;
using static EngageCenter.Support.Updates;

namespace EngageCenter.Support;

/// <summary>The tests count and break rows of cases, so they have a cluster to themselves, and each test has its own workspace.</summary>
public sealed class SupportGrainTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IAsyncLifetime
{
    private static readonly CaseQuery All = new(null, null, null, null, null, null, new(PageRequest.MaxSize, null));
    private static readonly InsightsWindow Window = new(Start, Start.AddYears(1));

    private readonly Contoso contoso = new(cluster);
    private readonly RowStore store = cluster.Store;
    private string workspaceId = "";

    private ISupportGrain Support => cluster.Grains.GetGrain<ISupportGrain>(workspaceId);

    public async Task InitializeAsync() => workspaceId = await contoso.Workspace();

    public Task DisposeAsync()
    {
        store.Fate = (_, _) => RowFate.Happens;
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Ingested_cases_are_listed_and_counted()
    {
        var outcome = await Support.Ingest([Case("1", Start), Case("2", Start.AddDays(1)), Case("1", Start, revision: 1, sla: true)]);
        Assert.Equal(new(IngestStatus.Applied, 2, 1), outcome);

        var page = await Cases(All);
        Assert.Equal(["2", "1"], page.Items.Select(c => c.CaseId));
        Assert.Equal((null, 2), (page.Next, page.TotalCount));
        Assert.Equal(new(2, 0, 2, 100, null, null), (await Insights(Window)).Totals);
    }

    [Fact]
    public async Task Cases_of_an_unknown_workspace_are_refused()
    {
        workspaceId = Guid.NewGuid().ToString("N");
        store.StartCounting();

        Assert.Equal(new(IngestStatus.WorkspaceNotFound, 0, 0), await Support.Ingest([Case("1", Start)]));
        Assert.Equal(0, store.Writes);
    }

    [Fact]
    public async Task Batch_is_one_write_besides_the_logs_end_and_an_unchanged_batch_is_none()
    {
        var batch = Enumerable.Range(0, SupportCase.MaxBatch).Select(i => Case($"{i}", Start)).ToImmutableArray();
        store.StartCounting();
        Assert.Equal(new(IngestStatus.Applied, 1_000, 0), await Support.Ingest(batch));
        Assert.Equal(2, store.Writes);
        Assert.Equal(new(IngestStatus.Applied, 0, 1_000), await Support.Ingest(batch));
        Assert.Equal(new(IngestStatus.Applied, 0, 0), await Support.Ingest([]));
        Assert.Equal(2, store.Writes);
    }

    [Fact]
    public async Task A_batch_with_the_longest_texts_is_stored_in_rows_that_every_provider_takes()
    {
        var longest = string.Concat(Enumerable.Repeat("😀", SupportCase.MaxTitleLength));
        var batch = Enumerable.Range(0, SupportCase.MaxBatch).Select(i => Case($"{i}", Start) with { Title = longest }).ToImmutableArray();
        store.StartCounting();

        Assert.Equal(new(IngestStatus.Applied, 1_000, 0), await Support.Ingest(batch));

        // Two segments, and the log's end after each of them.
        Assert.Equal(4, store.Writes);
        Assert.InRange(store.GreatestRow, 1, 4 * 1024 * 1024);
        Assert.Equal(new(IngestStatus.Applied, 0, 1_000), await Support.Ingest(batch));
    }

    [Fact]
    public async Task Cases_outlive_the_activation()
    {
        var batch = Enumerable.Range(0, SupportCase.MaxBatch).Select(i => Case($"{i}", Start)).ToImmutableArray();
        await Support.Ingest(batch);
        await Support.Ingest([Case("0", Start, revision: 1)]);

        await cluster.Forget();

        Assert.Equal(1_000, (await Insights(Window)).Totals.Opened);
        Assert.Equal(new(IngestStatus.Applied, 0, 1), await Support.Ingest([Case("0", Start, revision: 1)]));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Unconfirmed_write_fails_and_the_next_call_reads_storage(bool written, int opened)
    {
        store.Fate = (operation, name) => operation != RowOperation.Write || name != "cases-0" ? RowFate.Happens
            : written ? RowFate.AnswerIsLost : RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Support.Ingest([Case("1", Start)]));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.Equal(opened, (await Insights(Window)).Totals.Opened);
        Assert.Equal(1 - opened, (await Support.Ingest([Case("1", Start)])).Applied);
    }

    [Fact]
    public async Task Failed_read_fails_the_call_and_the_next_call_reads_again()
    {
        await Support.Ingest([Case("1", Start)]);
        var decision = await Decision();
        await cluster.Forget();

        store.Fate = (operation, name) => operation == RowOperation.Read && name == "cases-head" ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Support.Insights(decision, Window));
        store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(1, (await Insights(Window)).Totals.Opened);
    }

    [Fact]
    public async Task Query_without_ViewSupportInsights_throws()
    {
        var decision = await Decision();
        AccessDecision[] refused =
        [
            decision with { Permissions = ~Permissions.ViewSupportInsights },
            decision with { Standing = Standing.Unconfirmed },
            decision with { Standing = Standing.Outsider },
            decision with { WorkspaceId = "another" },
            default,
        ];
        foreach (var bad in refused)
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Support.Cases(bad, All));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Support.Insights(bad, Window));
        }
    }

    [Fact]
    public async Task Decision_of_an_older_policy_is_answered_with_null()
    {
        var old = await Decision();
        await contoso.Grant(workspaceId, Guid.NewGuid(), Roles.User);

        Assert.Null(await Support.Cases(old, All));
        Assert.Null(await Support.Insights(old, Window));
        Assert.NotNull(await Support.Insights(await Decision(), Window));
    }

    [Fact]
    public async Task Unknown_cursor_is_refused() =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => Cases(All with { Page = new(1, "nonsense") }));

    [RealLogFact]
    public async Task Real_log_is_stored_and_read_back()
    {
        foreach (var batch in RealLog.Updates().Chunk(300))
        {
            await Support.Ingest([.. batch]);
        }

        var window = new InsightsWindow(new(2016, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2017, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var before = await Insights(window);
        var page = await Cases(All);
        await cluster.Forget();
        var after = await Insights(window);

        Assert.Equal(173.925, after.Totals.MedianHoursToClose!.Value, 3);
        Assert.Equal(before.Totals, after.Totals);
        Assert.Equal(before.ByProduct.ToArray(), after.ByProduct.ToArray());
        Assert.Equal(page.Items.ToArray(), (await Cases(All)).Items.ToArray());
    }

    private async Task<AccessDecision> Decision() => await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspaceId);

    private async Task<Page<SupportCase>> Cases(CaseQuery query) => (await Support.Cases(await Decision(), query))!;

    private async Task<SupportInsights> Insights(InsightsWindow window) => (await Support.Insights(await Decision(), window))!;
}
