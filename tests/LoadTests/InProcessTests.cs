using EngageCenter.Access;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>Short runs of everything, on silos in the tests' process.</summary>
public sealed class InProcessTests : IDisposable
{
    private static readonly DatasetSize size = new("test", 2, 6, 5);
    private static readonly LoadOptions load = new(
        100, ArrivalProcess.Constant, 40, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), Seed: 1);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_scenario_is_answered_as_it_has_to_be_and_reported()
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();
        string[] args =
        [
            "--in-process", "--silos", "1,2", "--scenario", "all", "--rate", "50", "--arrivals", "Poisson", "--max-in-flight", "40", "--duration", "500ms", "--warm-up", "100ms",
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
    public async Task Seeding_again_changes_nothing_and_a_wrong_answer_is_found()
    {
        await using var target = await InProcessCluster.StartAsync(1, CancellationToken.None);
        var seed = new Seed(target.Grains, TimeProvider.System);
        var first = await seed.ApplyAsync(size, CancellationToken.None);

        // A run that ended in the middle has left a group with its role.
        await first.ChangingGroups[0].SetAsync(granted: true);
        var cluster = await seed.ApplyAsync(size, CancellationToken.None);
        Assert.Equal(first.WorkspaceIds.AsEnumerable(), cluster.WorkspaceIds);
        foreach (var name in Scenarios.All)
        {
            Assert.Empty((await Run(cluster, name)).Errors);
        }

        // Behind the back of those who know what the answers have to be.
        await Revoke(target.Grains, cluster, cluster.Data.Group(0));
        foreach (var name in (string[])["decide", "check", "me-workspaces"])
        {
            Assert.Contains((await Run(cluster, name)).Errors, e => e.IsWrong);
        }

        // Nor is a change taken for done that did not happen.
        var group = cluster.ChangingGroups[0];
        await group.SetAsync(granted: true);
        await Revoke(target.Grains, cluster, cluster.Data.ChangingGroup(0, 0));
        await Assert.ThrowsAsync<WrongAnswerException>(group.ConfirmAsync);

        async Task<RunResult> Run(SeededCluster on, string name) =>
            await new LoadRun(load, TextWriter.Null, TimeProvider.System).MeasureAsync(Scenarios.Of(name, on, Scenarios.DefaultMix), target.Processors, CancellationToken.None);
    }

    private static async Task Revoke(IGrainFactory grains, SeededCluster cluster, Guid group) =>
        await new Visit(grains, cluster.Data.Manager, cluster.WorkspaceIds[0], Permissions.ManageEntraGroups).ActAsync(async decision =>
            await grains.GetGrain<IWorkspaceGrain>(cluster.WorkspaceIds[0]).DeleteGroup(decision, cluster.Data.ManagerActor, new(group, null))
                is { Status: not DeleteGroupStatus.DecideAgain } answer ? answer : null);
}
