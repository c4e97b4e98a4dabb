using System.Collections.Immutable;
using System.Globalization;

namespace EngageCenter.LoadTests;

/// <summary>Runs each scenario on each cluster and writes the report.</summary>
internal sealed class LoadTest(TextWriter output, TextWriter progress, TimeProvider time)
{
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(LoadTestOptions options, CancellationToken stop)
    {
        List<LoadReport> reports = [];
        foreach (var connect in Targets(options, stop))
        {
            var report = await RunAsync(options, connect, stop);
            reports.Add(report);
            if (options.ReportFolder is { } folder)
            {
                await ReportFiles.WriteAsync(
                    options.InProcessSilos.Length > 1 ? Path.Combine(folder, $"{report.Target.Silos.ToString(CultureInfo.InvariantCulture)}-silos") : folder, report);
            }

            if (stop.IsCancellationRequested)
            {
                break;
            }
        }

        if (options.ReportFolder is { } all && reports.Count > 1)
        {
            await ReportFiles.CompareAsync(Path.Combine(all, "report.md"), reports);
        }

        await output.WriteAsync(MarkdownReport.Write(reports, "plot.svg"));
        return await JudgeAsync(options, reports) ? CommandLine.Ok : CommandLine.Failed;
    }

    private static IEnumerable<Func<Task<ITarget>>> Targets(LoadTestOptions options, CancellationToken stop)
    {
        if (options.InProcessSilos.IsEmpty)
        {
            yield return async () => await RunningCluster.ConnectAsync(
                options.Address ?? await ClusterScript.AskAsync(options.Script!, stop), stop);
        }

        foreach (var silos in options.InProcessSilos)
        {
            yield return async () => await InProcessCluster.StartAsync(silos, stop);
        }
    }

    private async Task<LoadReport> RunAsync(LoadTestOptions options, Func<Task<ITarget>> connect, CancellationToken stop)
    {
        var surroundings = Surroundings.Read();
        await using var target = await connect();
        await progress.WriteLineAsync($"{target.Silos} silo{(target.Silos == 1 ? "" : "s")} {target.Description}. Setting up: {options.Size}.");
        var cluster = await new Seed(target.Grains, time).ApplyAsync(options.Size, stop);

        var measuredAt = time.GetUtcNow();
        var runs = ImmutableArray.CreateBuilder<RunResult>();
        foreach (var name in options.Scenarios)
        {
            var scenario = Scenarios.Of(name, cluster, options.Weights);
            await progress.WriteLineAsync($"{name}: {options.Load}");
            runs.Add(await new LoadRun(options.Load, progress, time).MeasureAsync(scenario, target.Processors, stop));
            if (stop.IsCancellationRequested)
            {
                break;
            }
        }

        return new(
            LoadReport.CurrentFormat, measuredAt, surroundings, new(target.Silos, target.Description), options.Size.ToString(), options.Command,
            string.Create(CultureInfo.InvariantCulture, $"{options.Load.Duration.TotalSeconds} s of each scenario, after {options.Load.WarmUp.TotalSeconds} s to warm up"),
            runs.ToImmutable());
    }

    private async Task<bool> JudgeAsync(LoadTestOptions options, IReadOnlyList<LoadReport> reports)
    {
        var errors = reports.SelectMany(r => r.Runs).SelectMany(r => r.Errors).ToList();
        var (wrong, all) = (errors.Where(e => e.IsWrong).Sum(e => e.Count), errors.Sum(e => e.Count));
        if (wrong > 0)
        {
            await progress.WriteLineAsync($"{wrong} wrong answers: {errors.First(e => e.IsWrong).First}");
        }

        if (all > options.AllowedErrors)
        {
            await progress.WriteLineAsync($"{all} errors, and {options.AllowedErrors} are allowed.");
        }

        if (reports.SelectMany(r => r.Runs).Any(r => r.Count == 0))
        {
            await progress.WriteLineAsync("A scenario measured nothing.");
            return false;
        }

        return wrong == 0 && all <= options.AllowedErrors;
    }
}
