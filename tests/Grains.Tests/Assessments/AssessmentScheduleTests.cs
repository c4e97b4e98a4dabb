using System.Text.Json;
using CsCheck;
using EngageCenter.Paging;

namespace EngageCenter.Assessments;

public class AssessmentScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private enum Act
    {
        Configure,
        Remove,
        StartRun,
        Report,
        Tick,
        GoOn,
        JumpAhead,
        JumpBack,
        Restart,
    }

    // An action, a number of minutes, and a choice.
    private static Gen<(Act Act, int Minutes, int Choice)> Step => Gen.Select(
        Gen.Frequency(
            (3, Gen.Const(Act.Configure)), (1, Gen.Const(Act.Remove)), (2, Gen.Const(Act.StartRun)), (4, Gen.Const(Act.Report)),
            (8, Gen.Const(Act.Tick)), (10, Gen.Const(Act.GoOn)), (1, Gen.Const(Act.JumpAhead)), (1, Gen.Const(Act.JumpBack)), (1, Gen.Const(Act.Restart))),
        Gen.Frequency((3, Gen.Int[1, 90]), (3, Gen.Int[1, 48].Select(h => h * 60)), (2, Gen.Int[1, 14].Select(d => d * 24 * 60))),
        Gen.Int[0, 5]);

    [Fact]
    public void Schedule_equals_a_simple_model_after_any_events() => Step.Array[1, 60].Sample(steps =>
    {
        var (schedule, naive) = (Empty, new NaiveSchedule());
        var (now, timeout) = (Start, Day);
        foreach (var step in steps)
        {
            Take(step, ref schedule, naive, ref now, ref timeout);
            Same(naive.Copy().MoveTo(now), schedule.At(now), now);

            // A later view is the same whether or not the schedule was read in between.
            var later = now.AddMinutes(step.Minutes * step.Choice);
            Same(naive.Copy().MoveTo(later), schedule.At(later), later);
        }

        // A run always ends. No due time has two runs, unless the clock went back behind it.
        Assert.Null(schedule.At(now).At(now + Day).UnderWay);
        var latest = DateTimeOffset.MinValue;
        foreach (var due in naive.Started)
        {
            Assert.True(due is null || due > latest, $"{due:O} after {latest:O}");
            latest = due ?? DateTimeOffset.MinValue;
        }
    }, iter: 3_000);

    [Fact]
    public void Reading_the_schedule_in_between_changes_nothing() => Gen.Select(Step.Array[1, 30], Gen.Int[1, 5_000].List[1, 5]).Sample((steps, looks) =>
    {
        var (schedule, naive) = (Empty, new NaiveSchedule());
        var (now, timeout) = (Start, Day);
        foreach (var step in steps)
        {
            Take(step, ref schedule, naive, ref now, ref timeout);
        }

        schedule = schedule.At(now);
        var (looked, at) = (schedule, now);
        foreach (var minutes in looks)
        {
            at = at.AddMinutes(minutes);
            looked = looked.At(at);
        }

        Assert.Equal(JsonSerializer.Serialize(schedule.At(at)), JsonSerializer.Serialize(looked));
    }, iter: 1_000);

    [Fact]
    public void Version_identifies_one_view_while_the_clock_goes_forward() => Step.Array[1, 60].Sample(steps =>
    {
        var (schedule, naive) = (Empty, new NaiveSchedule());
        var (now, timeout) = (Start, Day);
        var seen = new Dictionary<long, Assessment>();
        foreach (var step in steps.Where(s => s.Act != Act.JumpBack))
        {
            Take(step, ref schedule, naive, ref now, ref timeout);
            var view = schedule.At(now).View();
            Assert.Equal(view, seen.TryAdd(view.Version, view) ? view : seen[view.Version]);
            Assert.True(view.Version >= seen.Keys.Max());
        }
    }, iter: 1_000);

    [Fact]
    public void Late_run_replaces_missed_ones_and_keeps_the_grid()
    {
        var schedule = Configured(Day);
        schedule = schedule.Advance(Start + Hour + TimeSpan.FromMinutes(7), Day);
        Assert.Equal((Start + Hour + TimeSpan.FromMinutes(7), RunTrigger.Scheduled), (schedule.UnderWay!.StartedAt, schedule.UnderWay.Trigger));
        Assert.Equal(Start + Hour + Day, schedule.NextRunAt);

        // After 3.5 days without calls the run has failed because it has no results, and one run replaces three missed ones.
        var now = Start + Hour + TimeSpan.FromDays(3.5);
        Assert.Equal((AssessmentStatus.Failed, Start + Hour + (3 * Day)), (schedule.At(now).View().Status, schedule.At(now).NextRunAt));
        schedule = schedule.Advance(now, Day);
        Assert.Equal(2, schedule.Runs.Length);
        Assert.Equal(Start + Hour + (4 * Day), schedule.NextRunAt);
    }

    [Fact]
    public void Run_satisfies_a_due_time_that_comes_during_it()
    {
        var schedule = Configured(2 * Hour).Start(Start, Day).Next;
        var after = schedule.Advance(Start + (4 * Hour), Day);
        Assert.Single(after.Runs);
        Assert.Equal(Start + (5 * Hour), after.NextRunAt);

        // Another run is due at the very time when the run ends.
        var over = Configured(2 * Hour).Start(Start, Hour).Next.Advance(Start + Hour, Day);
        Assert.Equal([RunStatus.Running, RunStatus.Failed], over.Runs.Select(r => r.Status));
    }

    [Fact]
    public void New_interval_counts_from_the_latest_run()
    {
        var schedule = Configured(7 * Day);
        Assert.Equal(Start + Hour, schedule.Configure(Day, Hour, null, Start).Next.NextRunAt);

        var ran = Completed(schedule.Advance(Start + Hour, Day), Start + (2 * Hour));
        Assert.Equal(Start + Hour + Day, ran.Configure(Day, Hour, null, Start + (3 * Hour)).Next.NextRunAt);

        // The new due time has already passed: one run is due now.
        var past = ran.Configure(Day, Hour, null, Start + (4 * Day)).Next.At(Start + (4 * Day));
        Assert.Equal(Start + Hour + (3 * Day), past.NextRunAt);
        Assert.Equal(Start + Hour + (4 * Day), past.Advance(Start + (4 * Day), Day).NextRunAt);
    }

    [Fact]
    public void Clock_that_goes_back_makes_nothing_wait_longer()
    {
        var schedule = Configured(Day).Start(Start, Hour).Next;
        var back = Start.AddYears(-1);
        var at = schedule.At(back);
        Assert.Equal((back + Hour, back + Hour), (at.UnderWay!.ResultsDueAt, at.NextRunAt));
        Assert.Equal(back + Hour, Completed(at, back).Runs[0].ResultsDueAt);

        var ran = schedule.Advance(Start + Hour, Hour);
        Assert.Equal(back + Day, ran.At(back).NextRunAt);
    }

    [Fact]
    public void A_schedule_keeps_the_time_to_its_first_run_until_it_is_configured_anew()
    {
        var minute = TimeSpan.FromMinutes(1);
        var schedule = Empty.Configure(Day, minute, null, Start).Next;
        Assert.Equal(Start + minute, schedule.NextRunAt);
        Assert.Equal(Start - Day + minute, schedule.At(Start - Day).NextRunAt);

        var updated = schedule.Configure(2 * Day, Hour, null, Start).Next;
        Assert.Equal((Start + minute, minute), (updated.NextRunAt, updated.FirstRunAfter));
        Assert.Equal(Start + Hour, updated.Remove(null).Next.Configure(Day, Hour, null, Start).Next.NextRunAt);
    }

    [Fact]
    public void Row_without_the_time_to_the_first_run_uses_one_hour()
    {
        var row = JsonSerializer.SerializeToNode(Empty.Configure(Day, TimeSpan.FromSeconds(1), null, Start).Next)!.AsObject();
        Assert.True(row.Remove(nameof(AssessmentSchedule.FirstRunAfter)));
        var schedule = row.Deserialize<AssessmentSchedule>()!;
        Assert.Equal(Start - Day + Hour, schedule.At(Start - Day).NextRunAt);
    }

    [Fact]
    public void Removing_forgets_the_schedule_and_keeps_the_runs()
    {
        var schedule = Completed(Configured(Day).Advance(Start + Hour, Day), Start + (2 * Hour));
        Assert.Equal(AssessmentStatus.Completed, schedule.View().Status);

        var removed = schedule.Remove(null).Next;
        Assert.Equal((AssessmentStatus.NotConfigured, null, null), (removed.View().Status, removed.View().Interval, removed.View().NextRunAt));
        Assert.Equal(RunStatus.Completed, removed.View().LastRun!.Status);
        Assert.Same(removed, removed.Remove(null).Next);
        Assert.Equal(AssessmentStatus.Scheduled, removed.Configure(Day, Hour, null, Start + Day).Next.View().Status);

        // A run in progress continues.
        var running = schedule.Start(Start + Day, Day).Next.Remove(null).Next;
        Assert.Equal(AssessmentStatus.Running, running.View().Status);
        Assert.Equal(AssessmentStatus.NotConfigured, Completed(running, Start + Day).View().Status);
    }

    [Fact]
    public void The_same_results_again_are_accepted_and_others_are_not()
    {
        var running = Empty.Start(Start, Day).Next;
        var (one, other, failed) = (Results(true, "a"), Results(true, "b"), Results(false));
        Assert.Equal(ReportRunStatus.RunNotFound, running.Report("SqlServer-2", one, Start).Status);
        Assert.Equal(ReportRunStatus.RunNotFound, running.Report("sqlserver-1", one, Start).Status);

        var ended = running.Report("SqlServer-1", one, Start + Hour).Next;
        Assert.Equal((RunStatus.Completed, 1, null, Start + Hour), (ended.Runs[0].Status, ended.Runs[0].RecommendationCount, ended.Runs[0].Failure, ended.Runs[0].EndedAt));
        Assert.Equal((ReportRunStatus.Accepted, ended), ended.Report("SqlServer-1", one, Start + (2 * Hour)));
        Assert.Equal((ReportRunStatus.RunEnded, ended), ended.Report("SqlServer-1", other, Start + (2 * Hour)));
        Assert.Equal((ReportRunStatus.VersionMismatch, ended), ended.Report("SqlServer-1", one, Start + (2 * Hour), new(1)));
        Assert.Equal((ReportRunStatus.VersionMismatch, running), running.Report("SqlServer-1", one, Start + Hour, new(2)));
        Assert.Equal(ReportRunStatus.Accepted, running.Report("SqlServer-1", one, Start + Hour, new(1)).Status);
        Assert.Equal((ReportRunStatus.RunEnded, ended), ended.Report("SqlServer-1", failed, Start + (2 * Hour)));

        var reported = running.Report("SqlServer-1", failed, Start + Hour).Next;
        Assert.Equal((RunStatus.Failed, null, RunFailure.Reported), (reported.Runs[0].Status, reported.Runs[0].RecommendationCount, reported.Runs[0].Failure));
        Assert.Equal(ReportRunStatus.Accepted, reported.Report("SqlServer-1", failed, Start + Day).Status);

        var late = running.At(Start + Day);
        Assert.Equal((RunStatus.Failed, RunFailure.NoResults, Start + Day), (late.Runs[0].Status, late.Runs[0].Failure, late.Runs[0].EndedAt));
        Assert.Equal(ReportRunStatus.RunEnded, late.Report("SqlServer-1", failed, Start + Day).Status);
    }

    [Fact]
    public void Two_rows_of_recommendations_are_used_in_turn()
    {
        var schedule = Empty;
        var slots = new List<(long, int)>();
        foreach (var succeeded in (bool[])[true, false, true, true])
        {
            schedule = schedule.Start(Start, Day).Next;
            schedule = schedule.Report($"SqlServer-{schedule.LastSequence}", Results(succeeded), Start).Next;
            slots.Add((schedule.RecommendedBy, schedule.RecommendationSlot));
        }

        Assert.Equal([(1, 0), (1, 0), (3, 1), (4, 0)], slots);
    }

    [Fact]
    public void Condition_matches_the_version_that_was_seen_and_a_star_needs_a_schedule()
    {
        Assert.Equal(ConfigureAssessmentStatus.VersionMismatch, Empty.Configure(Day, Hour, new(null), Start).Status);
        Assert.Equal(RemoveAssessmentStatus.VersionMismatch, Empty.Remove(new(null)).Status);
        Assert.Equal(ConfigureAssessmentStatus.Created, Empty.Configure(Day, Hour, new(Empty.Version), Start).Status);
        var schedule = Configured(Day);
        Assert.Equal(ConfigureAssessmentStatus.VersionMismatch, schedule.Configure(Day, Hour, new(Empty.Version), Start).Status);
        Assert.Equal((ConfigureAssessmentStatus.Updated, schedule), schedule.Configure(Day, Hour, new(null), Start));
        Assert.Equal(RemoveAssessmentStatus.Removed, schedule.Remove(new(schedule.Version)).Status);
    }

    [Fact]
    public void The_newest_hundred_runs_are_kept_and_paged_while_more_come()
    {
        var schedule = Empty;
        for (var i = 0; i < 103; i++)
        {
            schedule = Completed(schedule.Start(Start, Day).Next, Start);
        }

        Assert.Equal(Enumerable.Range(4, 100).Reverse().Select(n => $"SqlServer-{n}"), schedule.RunsPage(new(500, null)).Items.Select(r => r.RunId));
        var met = new List<string>();
        for (string? after = null; ;)
        {
            var page = schedule.RunsPage(new(7, after));
            Assert.Equal(100, page.TotalCount);
            met.AddRange(page.Items.Select(r => r.RunId));
            schedule = met.Count < 50 ? Completed(schedule.Start(Start, Day).Next, Start) : schedule;
            if ((after = page.Next) is null)
            {
                break;
            }
        }

        // Runs that are kept the whole time appear once.
        Assert.Equal(met.Distinct(), met);
        Assert.Equal(Enumerable.Range(11, 93).Reverse().Select(n => $"SqlServer-{n}"), met);
        foreach (var nonsense in (string[])["", "0", "-1", "x", "4", "SqlServer-0", "SqlServer-112", "SqlServer-04", "SqlServer-4 ", "SqlServer--4", "Azure-4", "SqlServer-99999999999999999999"])
        {
            Assert.Throws<InvalidCursorException>(() => schedule.RunsPage(new(1, nonsense)));
        }
    }

    private static AssessmentSchedule Empty { get; } = new() { Technology = "SqlServer" };

    private static AssessmentSchedule Configured(TimeSpan interval) => Empty.Configure(interval, Hour, null, Start).Next;

    private static AssessmentSchedule Completed(AssessmentSchedule schedule, DateTimeOffset at) =>
        schedule.Report($"SqlServer-{schedule.LastSequence}", Results(true), at).Next;

    private static RunResults Results(bool succeeded, params string[] ids) => RunResults.Of(new(
        "SqlServer", "", succeeded, [.. ids.Select(id => new Recommendation(id, FocusArea.OperationsAndMonitoring, id, 1, 1, 1, null))]));

    private static void Take(
        (Act Act, int Minutes, int Choice) step, ref AssessmentSchedule schedule, NaiveSchedule naive, ref DateTimeOffset now, ref TimeSpan timeout)
    {
        var succeeded = step.Choice > 1;
        switch (step.Act)
        {
            case Act.GoOn:
                now = now.AddMinutes(step.Minutes);
                return;
            case Act.JumpAhead:
                now = now.AddMinutes(step.Minutes * 5);
                return;
            case Act.JumpBack:
                now = now.AddMinutes(-step.Minutes * 3);
                return;
            case Act.Restart:
                schedule = JsonSerializer.Deserialize<AssessmentSchedule>(JsonSerializer.Serialize(schedule))!;
                timeout = step.Choice == 0 ? Hour : Day;
                return;
            default:
                schedule = schedule.Advance(now, timeout);
                naive.MoveTo(now, timeout);
                break;
        }

        switch (step.Act)
        {
            case Act.Configure:
                var interval = TimeSpan.FromMinutes(Math.Max(60, step.Minutes));
                var firstRunAfter = step.Choice switch
                {
                    0 => TimeSpan.FromSeconds(1),
                    1 => Day,
                    _ => Hour,
                };
                schedule = schedule.Configure(interval, firstRunAfter, null, now).Next;
                naive.Configure(interval, firstRunAfter, now);
                break;
            case Act.Remove:
                schedule = schedule.Remove(null).Next;
                naive.Remove();
                break;
            case Act.StartRun:
                schedule = schedule.Start(now, timeout).Next;
                naive.Start(now, timeout);
                break;
            case Act.Report:
                var run = Math.Max(0, naive.Runs.Count - (step.Choice == 1 ? 1 : 0));
                schedule = schedule.Report($"SqlServer-{run}", Results(succeeded), now).Next;
                naive.Report(run, succeeded, now);
                break;
            default:
                break;
        }
    }

    private static void Same(NaiveSchedule expected, AssessmentSchedule actual, DateTimeOffset now)
    {
        var view = actual.View();
        Assert.Equal((expected.Status, expected.Interval, expected.Next), (view.Status, view.Interval, view.NextRunAt));
        Assert.True(view.NextRunAt is null || view.NextRunAt <= now + (view.Interval > actual.FirstRunAfter ? view.Interval : actual.FirstRunAfter));
        Assert.True(actual.Runs.Count(r => r.Status == RunStatus.Running) <= 1);
        Assert.True(actual.UnderWay is null || actual.UnderWay.ResultsDueAt > now);
        Assert.Equal(
            expected.Runs.Select(r => (r.Trigger, r.Status, r.At, r.EndedAt, r.Status == RunStatus.Running ? r.DueAt : (DateTimeOffset?)null)).Reverse(),
            actual.RunsPage(new(PageRequest.MaxSize, null)).Items.Select(r => (r.Trigger, r.Status, r.StartedAt, r.EndedAt, r.ResultsDueAt)));
    }
}
