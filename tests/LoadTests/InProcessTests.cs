using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Learning;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>Short runs of everything, with silos in this process.</summary>
public sealed class InProcessTests : IDisposable
{
    private static readonly DatasetSize size = new("test", 2, 6, 5);
    private static readonly LoadOptions load = new(
        100, ArrivalProcess.Constant, 30, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1), Seed: 1);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_scenario_gets_correct_answers_and_is_reported()
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();
        string[] args =
        [
            "--in-process", "--silos", "1,2", "--scenario", "all", "--rate", "50", "--arrivals", "Poisson", "--max-in-flight", "30", "--duration", "400ms", "--warm-up", "100ms",
            "--interval", "200ms", "--workspaces", "2", "--people", "6", "--batch", "5", "--report", folder.File("report"),
        ];
        var exitCode = await new CommandLine().InvokeAsync(args, output, progress, new LoadTest(output, progress, TimeProvider.System).RunAsync);

        Assert.True(exitCode == CommandLine.Ok, $"{output}\n{progress}");
        foreach (var silos in (int[])[1, 2])
        {
            var report = await LoadReport.ReadAsync(folder.File($"report/{silos}-silos/report.json"));
            Assert.Equal(silos, report.Target.Silos);
            Assert.Equal(Scenarios.All.AsEnumerable(), report.Runs.Select(r => r.Scenario));
            Assert.All(report.Runs, run =>
            {
                Assert.True(run.Count > 0, run.Scenario);
                Assert.Empty(run.Errors);
                Assert.True(Assert.Single(run.Processors).Microseconds > 0, run.Scenario);
                Assert.NotEmpty(run.Intervals);
            });
            Assert.True(File.Exists(folder.File($"report/{silos}-silos/plot.svg")));
        }

        Assert.True(File.Exists(folder.File("report/report.svg")));
        Assert.Equal(output.ToString().Split('\n')[0], (await File.ReadAllLinesAsync(folder.File("report/report.md")))[2]);
    }

    [Fact]
    public async Task Seeding_twice_changes_nothing_and_a_wrong_answer_is_found()
    {
        await using var target = await InProcessCluster.StartAsync(1, CancellationToken.None);
        var seed = new Seed(target.Grains, TimeProvider.System);
        var first = await seed.ApplyAsync(size, CancellationToken.None);

        // An interrupted run has left a group with its role.
        await first.ChangingGroups[0].SetAsync(granted: true);
        var cluster = await seed.ApplyAsync(size, CancellationToken.None);
        Assert.Equal(first.WorkspaceIds.AsEnumerable(), cluster.WorkspaceIds);
        foreach (var name in Scenarios.All)
        {
            Assert.Empty((await RunAsync(target, cluster, name)).Errors);
        }

        // Changes rights behind the back of the visitors, so that their expectations are wrong.
        await Revoke(target.Grains, cluster, cluster.Data.Group(0));
        foreach (var name in (string[])["decide", "check", "evaluate", "me-workspaces"])
        {
            Assert.Contains((await RunAsync(target, cluster, name)).Errors, e => e.IsWrong);
        }

        // A change that did not happen must not count as done either.
        var group = cluster.ChangingGroups[0];
        await group.SetAsync(granted: true);
        await Revoke(target.Grains, cluster, cluster.Data.ChangingGroup(0, 0));
        await Assert.ThrowsAsync<WrongAnswerException>(group.ConfirmAsync);
    }

    [Fact]
    public async Task Foreign_changes_are_found_in_every_answer()
    {
        await using var target = await InProcessCluster.StartAsync(1, CancellationToken.None);
        var cluster = await new Seed(target.Grains, TimeProvider.System).ApplyAsync(size, CancellationToken.None);
        var (data, id) = (cluster.Data, cluster.WorkspaceIds[0]);
        var assessments = target.Grains.GetGrain<IAssessmentsGrain>(id);

        // Adds courses that the searches find, and one of them to every transcript.
        var courses = Enumerable.Range(0, DatasetSize.Courses).Select(n => data.Course(n) with { CourseId = $"{data.CourseId(n)}x" }).ToList();
        await Task.WhenAll(courses.Select(c => target.Grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key).Put(new(c, null), Visit.Application(AppRoles.Learning))));
        foreach (var learner in data.Learners)
        {
            Assert.Equal(PutEnrollmentStatus.Created, (await LearnAsync(target, learner, id, new(courses[0].CourseId, 1, null))).Status);
        }

        var activity = Dataset.Activity(0, 0, 0) with { ActivityId = "another" };
        Assert.Equal(PutActivityStatus.Created, (await target.Grains.GetGrain<IActivityGrain>(id).Put(new(activity, null), Visit.Application(AppRoles.CustomerActivity))).Status);

        // Adds other results, and runs in progress where there should be none.
        foreach (var technology in TechnologyTable.All)
        {
            var outcome = await assessments.Report(new(technology.Id, (await Start(technology.Id)).RunId, true, Dataset.Recommendations(0)[1..]), Visit.Application(AppRoles.Assessments));
            Assert.Equal(ReportRunStatus.Accepted, outcome.Status);
        }

        await Start(TechnologyTable.All[0].Id);
        foreach (var name in (string[])["home", "activities", "proof", "assessments", "recommendations", "runs", "courses", "transcript", "consumption"])
        {
            Assert.True((await RunAsync(target, cluster, name)).Errors.Any(e => e.IsWrong), name);
        }

        var agreement = data.Agreement();
        await target.Grains.GetGrain<IAgreementGrain>(data.AgreementId).Put(Visit.Application(AppRoles.Agreements), new(agreement with { BillingReaders = [] }, null));
        Assert.Contains((await RunAsync(target, cluster, "account-team")).Errors, e => e.IsWrong);

        async Task<AssessmentRun> Start(string technology) =>
            await new Visit(target.Grains, data.Learners[0], id, Permissions.AccessAssessments).ActAsync(async decision => (await assessments.Start(decision, technology)).Run);
    }

    [Fact]
    public async Task Learners_continue_from_an_earlier_run_until_every_course_is_completed()
    {
        await using var target = await InProcessCluster.StartAsync(1, CancellationToken.None);
        var seed = new Seed(target.Grains, TimeProvider.System);
        var cluster = await seed.ApplyAsync(size, CancellationToken.None);
        for (var n = 0; n < DatasetSize.CoursesPerSlot; n++)
        {
            await LearnAsync(target, cluster.Data.Learners[0], cluster.WorkspaceIds[0], new(cluster.Data.CourseId(n), 98, null));
        }

        var block = (await seed.ApplyAsync(size, CancellationToken.None)).EnrollmentBlocks[0];
        for (var steps = 0; steps < 2 * DatasetSize.CoursesPerSlot; steps++)
        {
            await block.MoveOnAsync();
        }

        await block.ReadTranscriptAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(block.MoveOnAsync);
    }

    private static Task<PutEnrollmentOutcome> LearnAsync(InProcessCluster target, SignIn learner, string workspaceId, PutEnrollment command) =>
        new Visit(target.Grains, learner, workspaceId, Permissions.AccessLearning).ActAsync(async decision =>
            await target.Grains.GetGrain<ILearningGrain>(workspaceId).Put(decision, command)
                is { Status: not PutEnrollmentStatus.DecideAgain } answer ? answer : null);

    private static Task<RunResult> RunAsync(InProcessCluster target, SeededCluster on, string name) =>
        new LoadRun(load, TextWriter.Null, TimeProvider.System).MeasureAsync(Scenarios.Of(name, on, Scenarios.DefaultMix), target.Processors, CancellationToken.None);

    private static async Task Revoke(IGrainFactory grains, SeededCluster cluster, Guid group) =>
        await new Visit(grains, cluster.Data.Manager, cluster.WorkspaceIds[0], Permissions.ManageEntraGroups).ActAsync(async decision =>
            await grains.GetGrain<IWorkspaceGrain>(cluster.WorkspaceIds[0]).DeleteGroup(decision, cluster.Data.ManagerActor, new(group, null))
                is { Status: not DeleteGroupStatus.DecideAgain } answer ? answer : null);
}
