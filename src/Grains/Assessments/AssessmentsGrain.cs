using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Storage;

namespace EngageCenter.Assessments;

/// <summary>
/// The assessments of a workspace, keyed by its id. It handles one call at a time. Answers show the state at the time of the
/// call, even if the reminder that stores it is late.
/// </summary>
/// <remarks>
/// <para>
/// <b>Rows.</b> <c>assessments</c> holds the schedules and the runs. Each technology has two rows for recommendations, used in
/// turn: those of a new run are written to the row that is not shown, and are shown once <c>assessments</c> says so.
/// </para>
/// <para>
/// <b>One reminder</b> for the whole workspace is set to the next time when something is due. If it comes too early or twice,
/// there is nothing to do. It must not come too late.
/// </para>
/// </remarks>
[GrainType("assessments")]
internal sealed partial class AssessmentsGrain(
    [PersistentState("assessments")] IPersistentState<AssessmentSchedules> storage,
    [FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage rows,
    PolicyCache policies,
    IOptions<AssessmentOptions> options,
    TimeProvider time,
    ILogger<AssessmentsGrain> logger) : Grain, IAssessmentsGrain, IRemindable
{
    public const string ReminderName = "schedule";

    /// <summary>The most technologies whose recommendations are kept in memory.</summary>
    private const int MaxInMemory = 2;

    private static readonly TimeSpan soonest = TimeSpan.FromSeconds(1);

    // A timer cannot wait much longer than this.
    private static readonly TimeSpan latest = TimeSpan.FromDays(30);

    // The period of the reminder. A reminder that comes in time is set again, so the period matters in two cases: the reminder
    // could not be set again, or it was due while no silo had it (all were down, or the silo that had it was dead and the others
    // did not know yet). Then the reminder comes at the next multiple of its period, so it is at most this late.
    private static readonly TimeSpan again = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, RankedRecommendations> recommended = new(StringComparer.Ordinal);

    // When the reminder is due; null if this activation has not set it.
    private DateTimeOffset? remindedAt;

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => time.GetUtcNow();

    private AssessmentSchedules State => storage.State;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (State.NextEvent is not null)
        {
            // Restores a reminder that was lost, for example because the table of reminders was lost or replaced. It runs in its own
            // turn, so that callers do not wait for it and do not fail with it.
            this.RegisterGrainTimer(MakeSureOfReminder, new() { DueTime = TimeSpan.Zero, Period = Timeout.InfiniteTimeSpan });
        }

        return Task.CompletedTask;
    }

    public async Task<ImmutableArray<Assessment>?> List(AccessDecision decision) =>
        await Accepts(decision) ? State.At(Now).Views() : null;

    public async Task<Assessment?> Get(AccessDecision decision, string technology) =>
        await Accepts(decision) ? State.Of(technology).At(Now).View() : null;

    public async Task<ConfigureAssessmentOutcome> Configure(AccessDecision decision, ConfigureAssessment command)
    {
        if (!await Accepts(decision, Permissions.ManageAssessments))
        {
            return new(ConfigureAssessmentStatus.DecideAgain);
        }

        var (now, advanced) = Advance();
        var (status, next) = advanced.Of(command.Technology).Configure(command.Interval, options.Value.FirstRunAfter, command.Condition, now);
        await Commit(advanced.With(next));
        return new(status, next.At(now).View());
    }

    public async Task<RemoveAssessmentOutcome> Remove(AccessDecision decision, RemoveAssessment command)
    {
        if (!await Accepts(decision, Permissions.ManageAssessments))
        {
            return new(RemoveAssessmentStatus.DecideAgain);
        }

        var (_, advanced) = Advance();
        var (status, next) = advanced.Of(command.Technology).Remove(command.Condition);
        await Commit(advanced.With(next));
        return new(status);
    }

    public async Task<StartRunOutcome> Start(AccessDecision decision, string technology)
    {
        if (!await Accepts(decision))
        {
            return new(StartRunStatus.DecideAgain);
        }

        var (now, advanced) = Advance();
        var (status, next) = advanced.Of(technology).Start(now, options.Value.RunTimeout);
        await Commit(advanced.With(next));
        return new(status, next.UnderWay!.View(technology));
    }

    public async Task<Page<AssessmentRun>?> Runs(AccessDecision decision, string technology, PageRequest page) =>
        await Accepts(decision) ? State.Of(technology).At(Now).RunsPage(page) : null;

    public async Task<Page<AssessmentRun>?> Run(AccessDecision decision, string technology, string runId)
    {
        if (!await Accepts(decision))
        {
            return null;
        }

        return State.Of(technology).At(Now).Find(runId) is { } run ? new([run.View(technology)], null, 1) : new([], null, 0);
    }

    public async Task<Page<Recommendation>?> Recommendations(AccessDecision decision, RecommendationQuery query) =>
        await Accepts(decision) ? (await Recommended(query.Technology)).Page(query) : null;

    public async Task<AssessmentsSummary?> Summary(AccessDecision decision) =>
        await Accepts(decision) ? State.At(Now).Summary() : null;

    public Task<ImmutableArray<AssessmentRun>> RunsUnderWay(Actor caller)
    {
        caller.RequireApplication(AppRoles.Assessments);
        return Task.FromResult<ImmutableArray<AssessmentRun>>([.. State.At(Now).Views().Select(v => v.LastRun).OfType<AssessmentRun>().Where(r => r.Status == RunStatus.Running)]);
    }

    public Task<long?> RunVersion(string technology, string runId, Actor caller)
    {
        caller.RequireApplication(AppRoles.Assessments);
        return Task.FromResult(State.Of(technology).At(Now).Find(runId)?.Version);
    }

    public async Task<ReportRunOutcome> Report(ReportRun command, Actor caller)
    {
        caller.RequireApplication(AppRoles.Assessments);
        var results = RunResults.Of(command);
        Bounds.Require(results.Succeeded || results.Ranked.IsEmpty, "A run that failed has no recommendations.");
        var (now, advanced) = Advance();
        var before = advanced.Of(command.Technology);
        var (status, next) = before.Report(command.RunId, results, now, command.Condition);
        if (next.RecommendedBy != before.RecommendedBy)
        {
            await Store(command, results, before.NextSlot, advanced);
        }

        await Commit(advanced.With(next));
        return new(status, next.Find(command.RunId)?.View(command.Technology));
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        try
        {
            // The reminder is set to the next due time only after the commit. If it were set before and the commit failed, what
            // is due now would have to wait. Until it is set again, it repeats by itself.
            var (_, next) = Advance();
            if (!ReferenceEquals(next, State))
            {
                await storage.Commit(this, next);
            }

            if (next.NextEvent is { } due)
            {
                await Remind(due);
            }
            else
            {
                await StopReminding();
            }
        }
        catch (Exception e)
        {
            LogNotAdvanced(logger, Id, e);
            throw;
        }
    }

    private (DateTimeOffset Now, AssessmentSchedules State) Advance()
    {
        var now = Now;
        return (now, State.Advance(now, options.Value.RunTimeout));
    }

    private async ValueTask<bool> Accepts(AccessDecision decision, Permissions required = Permissions.AccessAssessments) =>
        await policies.Accept(decision, Id, required) is not null;

    private async Task Commit(AssessmentSchedules next)
    {
        if (ReferenceEquals(next, State))
        {
            return;
        }

        // The reminder is set before the commit, to the earlier of the previous and the next due time. If the commit fails, the
        // reminder comes for nothing. In the other order, an acknowledged run might never start.
        var due = Earlier(State.NextEvent, next.NextEvent);
        if (due is not null && !(remindedAt <= due))
        {
            await Remind(due.Value);
        }

        await storage.Commit(this, next);
        if (next.NextEvent is null)
        {
            try
            {
                await StopReminding();
            }
            catch (StorageUnavailableException e)
            {
                LogStillReminded(logger, Id, e);
            }
        }
    }

    // While two activations exist, another one may end the same run with other results in the same row. Each reads the row's
    // version, then commits its state, which proves that it is the newest, and only then writes the row. So if both get to write
    // the row, the later one fails because of the row's version or the state's, and never overwrites the other.
    private async Task Store(ReportRun command, RunResults results, int slot, AssessmentSchedules advanced)
    {
        var name = RowOf(command.Technology, slot);
        var row = await rows.ReadRow<RankedRecommendations>(this, name);
        await storage.Commit(this, advanced);
        row.State = new() { RunId = command.RunId, Items = results.Ranked };
        await rows.WriteRow(this, name, row);
    }

    private async Task<RankedRecommendations> Recommended(string technology)
    {
        var schedule = State.Of(technology);
        if (schedule.RecommendedBy == 0)
        {
            return new();
        }

        var runId = StoredRun.IdOf(technology, schedule.RecommendedBy);
        if (recommended.TryGetValue(technology, out var known) && known.RunId == runId)
        {
            return known;
        }

        var row = (await rows.ReadRow<RankedRecommendations>(this, RowOf(technology, schedule.RecommendationSlot))).State!;
        if (row.RunId != runId)
        {
            // Another activation has stored a newer run since this one read the state.
            DeactivateOnIdle();
            throw new StorageUnavailableException($"The recommendations of {runId} were replaced by those of {row.RunId}.");
        }

        if (recommended.Count >= MaxInMemory)
        {
            recommended.Clear();
        }

        return recommended[technology] = row;
    }

    private async Task MakeSureOfReminder()
    {
        try
        {
            if (remindedAt is null && State.NextEvent is { } due)
            {
                await Remind(due);
            }
        }
        catch (StorageUnavailableException e)
        {
            LogNotReminded(logger, Id, e);
        }
    }

    private async Task Remind(DateTimeOffset due)
    {
        var wait = due - Now;
        try
        {
            await this.RegisterOrUpdateReminder(ReminderName, wait < soonest ? soonest : wait > latest ? latest : wait, again);
        }
        catch (Exception e)
        {
            throw new StorageUnavailableException($"The reminder could not be set: {e.Message}", e);
        }

        remindedAt = due;
    }

    private async Task StopReminding()
    {
        try
        {
            if (await this.GetReminder(ReminderName) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }
        }
        catch (Exception e)
        {
            throw new StorageUnavailableException($"The reminder could not be removed: {e.Message}", e);
        }

        remindedAt = null;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one < other ? one : other ?? one;

    private static string RowOf(string technology, int slot) => RowNames.Numbered(RowNames.Recommendations(technology), slot);

    [LoggerMessage(LogLevel.Error, "The assessments that are due in workspace {WorkspaceId} could not be processed; the reminder comes again")]
    private static partial void LogNotAdvanced(ILogger logger, string workspaceId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The reminder of the assessments of workspace {WorkspaceId} could not be set; the next activation tries again")]
    private static partial void LogNotReminded(ILogger logger, string workspaceId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The reminder of the assessments of workspace {WorkspaceId} could not be removed; it removes itself when it comes")]
    private static partial void LogStillReminded(ILogger logger, string workspaceId, Exception exception);
}
