using System.Collections.Immutable;
using EngageCenter.Service;
using Microsoft.Data.Sqlite;

namespace EngageCenter.LoadTests;

/// <summary>Measures the effect of strangers on members, round by round: first members alone, then members beside strangers.</summary>
internal sealed class StrangersRun(TextWriter progress, TimeProvider time)
{
    /// <summary>The most requests of members at the same time, and the most of strangers.</summary>
    private const int MostUnderWay = 64;

    public async Task<StrangersReport> MeasureAsync(StrangersOptions options, CancellationToken stop)
    {
        await using var service = await ServiceInProcess.Start();
        using var members = new HttpClient { BaseAddress = service.Url };
        using var strangers = new HttpClient { BaseAddress = service.Url };
        var traffic = await MemberTraffic.Start(members, service.Tokens);
        var attack = new StrangerTraffic(service.Url, strangers, service.Tokens, traffic.Workspace, options);
        attack.Prepare();
        var before = await HeldBy(service);
        var rounds = ImmutableArray.CreateBuilder<StrangersRound>();
        for (var round = 0; round < options.Rounds && !stop.IsCancellationRequested; round++)
        {
            var alone = await Measure(traffic.Scenario, options.MembersPerSecond, options, round, stop);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var slow = attack.SendSlowly(over.Token);
            var others = Measure(attack.Scenario, options.PerSecond, options, round, stop);
            var beside = await Measure(traffic.Scenario, options.MembersPerSecond, options, round, stop);
            rounds.Add(new(alone, beside, await others));
            await over.CancelAsync();
            await slow;
            if (rounds[^1].Ratio <= options.EnoughRatio)
            {
                break;
            }

            attack.Prepare();
        }

        return new(options, rounds.ToImmutable(), before, await HeldBy(service));
    }

    private Task<RunResult> Measure(Scenario scenario, int perSecond, StrangersOptions options, int round, CancellationToken stop)
    {
        var load = new LoadOptions(perSecond, ArrivalProcess.Poisson, MostUnderWay, StrangersOptions.WarmUp, options.Round, TimeSpan.FromSeconds(1), options.Seed + round);
        return new LoadRun(load, progress, time).MeasureAsync(scenario, () => [new("service and load", Environment.CpuUsage.TotalTime)], stop);
    }

    private static async Task<Held> HeldBy(ServiceInProcess service)
    {
        var activations = await service.Grains.GetGrain<IManagementGrain>(0).GetTotalActivationCount();
        await using var file = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = service.StateFile, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await file.OpenAsync();
        await using var count = file.CreateCommand();
        // There are 256 sets of known tenants for any number of strangers. Each has a row once it was asked for.
        count.CommandText = "SELECT COUNT(*) FROM OrleansStorage WHERE GrainTypeString <> 'known-ids'";
        return new(GC.GetTotalMemory(forceFullCollection: true), activations, (long)(await count.ExecuteScalarAsync())!);
    }
}
