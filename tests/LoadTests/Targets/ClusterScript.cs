using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace EngageCenter.LoadTests;

/// <summary>Asks <c>./cluster</c> for the address of the cluster that it started on this machine.</summary>
internal static class ClusterScript
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(30);

    public static async Task<ClusterAddress> AskAsync(string script, CancellationToken cancellation) => Read(
        await SayAsync(script, ["status", "--json"], cancellation), await SayAsync(script, ["settings", "silo"], cancellation));

    /// <param name="status">The output of <c>status --json</c>.</param>
    /// <param name="settings">The environment of a silo, one <c>NAME=VALUE</c> on each line.</param>
    public static ClusterAddress Read(string status, string settings)
    {
        List<int> silos = [];
        try
        {
            using var document = JsonDocument.Parse(status);
            foreach (var process in document.RootElement.GetProperty("processes").EnumerateArray())
            {
                if (process.GetProperty("kind").GetString() != "silo")
                {
                    continue;
                }

                if (process.GetProperty("state").GetString() is var state and not "ready")
                {
                    throw new TargetException($"The cluster's {process.GetProperty("name").GetString()} is {state}.");
                }

                silos.Add(process.GetProperty("pid").GetInt32());
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new TargetException($"What the cluster says of itself cannot be read: {e.Message}", e);
        }

        if (silos.Count == 0)
        {
            throw new TargetException("No cluster is up: ./cluster up starts one.");
        }

        var named = settings.Split('\n', StringSplitOptions.TrimEntries).Select(l => l.Split('=', 2)).Where(p => p.Length == 2)
            .GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.Last()[1]);
        return new(
            named.GetValueOrDefault("Orleans__Clustering__ConnectionString") ?? throw new TargetException("The cluster's silos are not told of a Redis."),
            named.GetValueOrDefault("Orleans__ClusterId", RunningCluster.DefaultClusterId),
            named.GetValueOrDefault("Orleans__ServiceId", EngageCenterService.DefaultId),
            [.. silos])
        { Tls = ClusterAddress.TlsOf(named.Select(setting => (setting.Key, setting.Value))) };
    }

    private static async Task<string> SayAsync(string script, string[] arguments, CancellationToken cancellation)
    {
        var what = $"{script} {string.Join(' ', arguments)}";
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(bound);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new TargetException($"'{what}' did not start.");
            var said = process.StandardOutput.ReadToEndAsync(bounded.Token);
            var complained = process.StandardError.ReadToEndAsync(bounded.Token);
            await process.WaitForExitAsync(bounded.Token);
            return process.ExitCode == 0 ? await said : throw new TargetException($"'{what}' failed: {(await complained).Trim().ReplaceLineEndings(" ")}");
        }
        catch (Win32Exception absent)
        {
            throw new TargetException($"'{script}' cannot be run: {absent.Message}", absent);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new TargetException($"'{what}' did not answer within {bound.TotalSeconds:0} s.", late);
        }
    }
}
