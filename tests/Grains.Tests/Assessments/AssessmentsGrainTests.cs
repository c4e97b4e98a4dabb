using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Grains.Tests;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Orleans.Core.Internal;

namespace EngageCenter.Assessments;

/// <summary>The tests move the clock and break rows, so they have a cluster to themselves, and each test has its own workspace.</summary>
public sealed class AssessmentsGrainTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IAsyncLifetime
{
    private const string Sql = "SqlServer";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly RowStore store = cluster.Store;
    private string workspaceId = "";

    private IAssessmentsGrain Assessments => cluster.Grains.GetGrain<IAssessmentsGrain>(workspaceId);

    private AccessDecision Decision { get; set; }

    public async Task InitializeAsync()
    {
        var contoso = new Contoso(cluster);

        // Only Microsoft's account manager has all of these permissions.
        var (agreement, miriam) = (contoso.Agreement(AgreementType.EnterpriseSupportMca), contoso.Somebody());
        var view = await contoso.Put(agreement with
        {
            Contacts = [.. agreement.Contacts, new(Roles.CustomerSuccessAccountManager, miriam, "Miriam Graham", "miriam@contoso.example", null, true)],
        });
        workspaceId = view.Workspaces.Single().WorkspaceId;
        Decision = await cluster.User(miriam).Decide(Contoso.SignIn(miriam, 0), workspaceId);
    }

    public Task DisposeAsync()
    {
        store.Fate = (_, _) => RowFate.Happens;
        cluster.Reminders.Fails = false;
        cluster.Time.Shift = TimeSpan.Zero;
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Schedule_survives_the_activation_and_the_reminder_starts_its_run()
    {
        Assert.Equal(ConfigureAssessmentStatus.Created, (await Configure(Day)).Status);
        var due = (await Get()).NextRunAt!.Value;
        await Forget();
        Assert.Equal((AssessmentStatus.Scheduled, Day, due), ((await Get()).Status, (await Get()).Interval, (await Get()).NextRunAt));

        await Tick();
        Assert.Equal(AssessmentStatus.Scheduled, (await Get()).Status);

        cluster.Time.Shift += Hour;
        Assert.Equal((AssessmentStatus.Scheduled, due), ((await Get()).Status, (await Get()).NextRunAt));
        Assert.Empty(await Assessments.RunsUnderWay());
        await Tick();
        await Tick();
        await Forget();

        var run = Assert.Single(await Assessments.RunsUnderWay());
        Assert.Equal((RunTrigger.Scheduled, RunStatus.Running, $"{Sql}-1"), (run.Trigger, run.Status, run.RunId));
        Assert.Equal((AssessmentStatus.Running, due + Day), ((await Get()).Status, (await Get()).NextRunAt));

        Assert.Equal(ReportRunStatus.Accepted, (await Report(run.RunId, "a", "b")).Status);
        await Forget();
        Assert.Equal((AssessmentStatus.Completed, 2), ((await Get()).Status, (await Get()).LastRun!.RecommendationCount));
        Assert.Equal(["a", "b"], await Recommended());
    }

    [Fact]
    public async Task Run_without_results_is_shown_as_failed_before_it_is_stored_as_failed()
    {
        var run = (await Start()).Run!;
        cluster.Time.Shift += Day;
        store.StartCounting();
        Assert.Equal((AssessmentStatus.Failed, RunFailure.NoResults, run.ResultsDueAt), ((await Get()).Status, (await Get()).LastRun!.Failure, (await Get()).LastRun!.EndedAt));
        Assert.Empty(await Assessments.RunsUnderWay());
        Assert.Equal(0, store.Writes);

        await Tick();
        Assert.Equal(1, store.Writes);
        await Tick();
        Assert.Equal(1, store.Writes);
        Assert.Equal(ReportRunStatus.RunEnded, (await Report(run.RunId)).Status);
    }

    [Fact]
    public async Task Reminder_is_set_to_the_next_due_time_and_removed_if_there_is_none()
    {
        Assert.Null(await Reminder());
        await Configure(7 * Day);
        Assert.InRange((await Reminder())!.Value, Hour - TimeSpan.FromMinutes(1), Hour);

        // An on-demand run ends before the next due time at the latest, and the reminder is early enough for both.
        var run = (await Start()).Run!;
        Assert.InRange((await Reminder())!.Value, Hour - TimeSpan.FromMinutes(1), Hour);
        await Tick();
        Assert.InRange((await Reminder())!.Value, Day - TimeSpan.FromMinutes(1), Day);

        // After the results, the schedule is next: an hour after it was configured.
        await Report(run.RunId);
        Assert.InRange((await Reminder())!.Value, Hour - TimeSpan.FromMinutes(1), Hour);
        Assert.Equal(RemoveAssessmentStatus.Removed, (await Assessments.Remove(Decision, new(Sql, null))).Status);
        Assert.Null(await Reminder());
    }

    [Fact]
    public async Task Lost_reminder_is_set_again_with_the_next_call()
    {
        await Configure(Day);
        cluster.Reminders.Clear();
        await Forget();
        Assert.Null(await Reminder());

        var set = NextReminder();
        await Get();
        await set;
        Assert.NotNull(await Reminder());

        // If that fails, the caller does not notice, and the next activation tries again.
        cluster.Reminders.Clear();
        await Forget();
        cluster.Reminders.Fails = true;
        var failed = NextReminder();
        Assert.Equal(AssessmentStatus.Scheduled, (await Get()).Status);
        await failed;
        cluster.Reminders.Fails = false;
        await Forget();
        set = NextReminder();
        await Get();
        await set;
        Assert.NotNull(await Reminder());
    }

    [Fact]
    public async Task Run_that_came_due_without_an_activation_starts_after_the_next_call()
    {
        await Configure(Day);
        await Forget();
        cluster.Time.Shift += 3 * Day;
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Fate = (operation, name) =>
        {
            if (operation == RowOperation.Write && name == "assessments")
            {
                written.TrySetResult();
            }

            return RowFate.Happens;
        };
        await Get();
        await written.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        Assert.Equal([$"{Sql}-1"], (await Assessments.RunsUnderWay()).Select(r => r.RunId));
    }

    [Fact]
    public async Task Change_is_neither_stored_nor_acknowledged_without_its_reminder()
    {
        cluster.Reminders.Fails = true;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Configure(Day));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Start());
        cluster.Reminders.Fails = false;

        Assert.Equal((AssessmentStatus.NotConfigured, 1), ((await Get()).Status, (await Get()).Version));
        Assert.Equal(ConfigureAssessmentStatus.Created, (await Configure(Day)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schedule_after_an_unconfirmed_write_is_what_storage_holds(bool written)
    {
        Break("assessments", Fate(written));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Configure(Day));
        Mend();

        Assert.Equal(written ? AssessmentStatus.Scheduled : AssessmentStatus.NotConfigured, (await Get()).Status);
        Assert.Equal(written ? ConfigureAssessmentStatus.Updated : ConfigureAssessmentStatus.Created, (await Configure(Day)).Status);
        Assert.NotNull(await Reminder());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_due_run_whose_start_was_not_confirmed_starts_once(bool written)
    {
        await Configure(Day);
        cluster.Time.Shift += Hour;
        Break("assessments", Fate(written));
        await Assert.ThrowsAsync<StorageUnavailableException>(Tick);
        Mend();

        // The failed reminder comes again.
        await Tick();
        Assert.Equal([$"{Sql}-1"], (await Assessments.RunsUnderWay()).Select(r => r.RunId));
    }

    [Theory]
    [InlineData("recommendations-SqlServer-1", false)]
    [InlineData("recommendations-SqlServer-1", true)]
    [InlineData("assessments", false)]
    [InlineData("assessments", true)]
    public async Task Results_are_shown_completely_or_not_at_all(string row, bool written)
    {
        await Report((await Start()).Run!.RunId, "old");
        Assert.Equal(["old"], await Recommended());
        var run = (await Start()).Run!;

        // The state is written twice, before and after the recommendations. This is the second write.
        var writes = 0;
        store.Fate = (operation, name) =>
            operation == RowOperation.Write && name == row && ++writes == (row == "assessments" ? 2 : 1) ? Fate(written) : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Report(run.RunId, "new", "newer"));
        Mend();

        var stored = row == "assessments" && written;
        Assert.Equal(stored ? ["new", "newer"] : ["old"], await Recommended());
        Assert.Equal(stored ? AssessmentStatus.Completed : AssessmentStatus.Running, (await Get()).Status);

        Assert.Equal(ReportRunStatus.Accepted, (await Report(run.RunId, "newer", "new")).Status);
        Assert.Equal(["new", "newer"], await Recommended());
        Assert.Equal(ReportRunStatus.RunEnded, (await Report(run.RunId, "other")).Status);
    }

    [Fact]
    public async Task Outdated_activation_does_not_change_the_recommendations()
    {
        await Report((await Start()).Run!.RunId, "old");
        var run = (await Start()).Run!;
        Assert.Equal(["old"], await Recommended());

        // Another activation has written the state, so this activation's own write will conflict.
        store.Change("assessments", Assessments.GetGrainId(), _ => { }, asAnother: true);
        store.StartCounting();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Report(run.RunId, "new"));
        Assert.Equal(0, store.Writes);

        Assert.Equal(["old"], await Recommended());
        await Report(run.RunId, "new");
        Assert.Equal(["new"], await Recommended());
    }

    [Fact]
    public async Task Recommendations_of_a_different_run_than_the_stored_one_are_not_shown()
    {
        await Report((await Start()).Run!.RunId, "old");
        await Forget();
        store.Change("recommendations-SqlServer-0", Assessments.GetGrainId(), row => row["RunId"] = "SqlServer-7");
        await Assert.ThrowsAsync<StorageUnavailableException>(Recommended);
        store.Change("recommendations-SqlServer-0", Assessments.GetGrainId(), row => row["RunId"] = "SqlServer-1");
        Assert.Equal(["old"], await Recommended());
    }

    [Fact]
    public async Task Each_technology_has_a_run_and_recommendations_of_its_own()
    {
        foreach (var technology in TechnologyTable.All)
        {
            Assert.Equal(StartRunStatus.Started, (await Assessments.Start(Decision, technology.Id)).Status);
            Assert.Equal(StartRunStatus.InProgress, (await Assessments.Start(Decision, technology.Id)).Status);
        }

        Assert.Equal(TechnologyTable.All.Select(t => $"{t.Id}-1"), (await Assessments.RunsUnderWay()).Select(r => r.RunId));
        foreach (var technology in TechnologyTable.All)
        {
            await Assessments.Report(new(technology.Id, $"{technology.Id}-1", true, [Recommendation(technology.Id)]));
        }

        // Uses more technologies in turn than are kept in memory.
        foreach (var technology in TechnologyTable.All.Concat(TechnologyTable.All.Reverse()))
        {
            Assert.Equal([technology.Id], await Recommended(technology.Id));
        }

        Assert.Equal(TechnologyTable.All.Length, (await Assessments.List(Decision))!.Value.Count(a => a.Status == AssessmentStatus.Completed));
    }

    [Fact]
    public async Task The_summary_counts_what_the_list_shows()
    {
        await Assessments.Configure(Decision, new("Azure", 7 * Day, null));
        await Assessments.Configure(Decision, new("EntraId", Day, null));
        await Assessments.Start(Decision, "EntraId");
        await Report((await Start()).Run!.RunId, "a");
        await Assessments.Report(new("WindowsServer", (await Assessments.Start(Decision, "WindowsServer")).Run!.RunId, false, []));

        var list = (await Assessments.List(Decision))!.Value;
        Assert.Equal(
            new(2, 1, 1, list.Single(a => a.Technology == "Azure").NextRunAt, list.Single(a => a.Technology == Sql).LastRun!.EndedAt),
            await Assessments.Summary(Decision));
    }

    [Fact]
    public async Task Reminder_of_an_unknown_workspace_does_nothing()
    {
        workspaceId = Guid.NewGuid().ToString("N");
        store.StartCounting();
        await Tick();
        Assert.Equal(0, store.Writes);
        Assert.Null(await Reminder());
    }

    [Fact]
    public async Task Query_without_the_permission_throws_and_an_older_policy_decides_again()
    {
        var none = Decision with { Permissions = ~(Permissions.AccessAssessments | Permissions.ManageAssessments) };
        var access = Decision with { Permissions = Permissions.AccessAssessments };
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.List(none));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Get(none, Sql));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Start(none, Sql));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Runs(none, Sql, new(1, null)));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Run(none, Sql, "x"));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Recommendations(none, new(Sql, null, new(1, null))));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Summary(none));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Configure(access, new(Sql, Day, null)));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Assessments.Remove(access, new(Sql, null)));

        var old = Decision with { Epoch = Decision.Epoch - 1 };
        Assert.Null(await Assessments.List(old));
        Assert.Null(await Assessments.Get(old, Sql));
        Assert.Null(await Assessments.Runs(old, Sql, new(1, null)));
        Assert.Null(await Assessments.Run(old, Sql, "x"));
        Assert.Null(await Assessments.Recommendations(old, new(Sql, null, new(1, null))));
        Assert.Null(await Assessments.Summary(old));
        Assert.Equal(StartRunStatus.DecideAgain, (await Assessments.Start(old, Sql)).Status);
        Assert.Equal(ConfigureAssessmentStatus.DecideAgain, (await Assessments.Configure(old, new(Sql, Day, null))).Status);
        Assert.Equal(RemoveAssessmentStatus.DecideAgain, (await Assessments.Remove(old, new(Sql, null))).Status);
        await Assert.ThrowsAsync<ArgumentException>(() => Assessments.Get(Decision, "Nonsense"));
    }

    private static Recommendation Recommendation(string id) => new(id, FocusArea.OperationsAndMonitoring, "Title", 1, 1, 1, null);

    private Task<ConfigureAssessmentOutcome> Configure(TimeSpan interval) => Assessments.Configure(Decision, new(Sql, interval, null));

    private async Task<Assessment> Get() => (await Assessments.Get(Decision, Sql))!;

    private Task<StartRunOutcome> Start() => Assessments.Start(Decision, Sql);

    private Task<ReportRunOutcome> Report(string runId, params string[] ids) =>
        Assessments.Report(new(Sql, runId, true, [.. ids.Select(Recommendation)]));

    private Task<List<string>> Recommended() => Recommended(Sql);

    private async Task<List<string>> Recommended(string technology) =>
        [.. (await Assessments.Recommendations(Decision, new(technology, null, new(PageRequest.MaxSize, null))))!.Items.Select(r => r.RecommendationId)];

    private Task Tick() => cluster.WithinSilo.GetGrain<IAssessmentsGrain>(Assessments.GetPrimaryKeyString()).AsReference<IRemindable>().ReceiveReminder(AssessmentsGrain.ReminderName, default);

    /// <summary>The time until the reminder comes, by the system's clock; null if none is set.</summary>
    private async Task<TimeSpan?> Reminder() =>
        await cluster.Reminders.Of(Assessments.GetGrainId()) is { } entry ? entry.StartAt - TimeProvider.System.GetUtcNow().UtcDateTime : null;

    // Ends this activation by its id. The cluster's own method skips an activation that is just ending a turn.
    private Task Forget() => Assessments.AsReference<IGrainManagementExtension>().DeactivateOnIdle().AsTask();

    private Task NextReminder() => cluster.Reminders.NextWrite().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

    private static RowFate Fate(bool written) => written ? RowFate.AnswerIsLost : RowFate.Fails;

    private void Break(string row, RowFate fate) =>
        store.Fate = (operation, name) => operation == RowOperation.Write && name == row ? fate : RowFate.Happens;

    private void Mend() => store.Fate = (_, _) => RowFate.Happens;
}
