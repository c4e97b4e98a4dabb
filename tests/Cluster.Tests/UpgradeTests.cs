using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Upgrades a cluster under load from the previous commit to this build, silo by silo and then web node by web node. From a
/// commit without proofs of decisions, web nodes come first, as CHANGELOG says. <c>FROM=COMMIT</c> sets another commit to start
/// from.
/// </summary>
public class UpgradeTests(ITestOutputHelper output)
{
    private const int Members = 6;
    private const int Workspaces = 6;

    private static readonly TimeSpan buildBound = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan recovery = TimeSpan.FromSeconds(60);

    [UpgradeFact]
    public async Task Upgrade_from_the_previous_commit_loses_nothing_and_gives_no_stale_answer()
    {
        using var folder = new TempFolder();
        var before = await BuildOf(EarlierCommit.Wanted, folder);
        await using var cluster = await RunningCluster.Start(new(Members), azurite: true, build: before, tls: HasTls(before));
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        List<string> report = [];
        try
        {
            await load.SetUp(Members);
            var running = load.Run(checkEvery: TimeSpan.FromMilliseconds(100), changeEvery: TimeSpan.FromMilliseconds(200));
            try
            {
                await GoesOn(load, Stopwatch.GetTimestamp());
                foreach (var node in EarlierCommit.Has("src/Grains/Access/DecisionKey.cs") ? cluster.SiloNodes.Concat(cluster.Web) : cluster.Web.Concat(cluster.SiloNodes))
                {
                    var start = Stopwatch.GetTimestamp();
                    Assert.True(await node.Stop() == 0, $"{node.Name} did not end in order. {node}");
                    node.Build = AppContext.BaseDirectory;
                    await node.Relaunch();
                    await node.Ready();

                    // Old and new nodes run side by side until all operations have succeeded.
                    await GoesOn(load, Stopwatch.GetTimestamp());
                    var (check, change) = load.NextSuccess(start);
                    report.Add(string.Create(CultureInfo.InvariantCulture, $"{node.Name}: next check after {check!.Value.TotalSeconds:F2} s, next change after {change!.Value.TotalSeconds:F2} s"));
                }
            }
            finally
            {
                await load.EndAsync();
                await running;
            }

            await load.ReadEnd();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{string.Join('\n', report)}\n{cluster}", e);
        }

        output.WriteLine($"from {EarlierCommit.Wanted}\n{string.Join('\n', report)}\nchecks answered: {load.History.Checks.Count}, not answered or 503: {load.Unanswered}; changes acknowledged: {load.Acknowledged}, unknown: {load.Unknown}");
        Assert.Empty(load.History.Violations());
        Assert.Empty(load.Surprises);
        Assert.True(load.Acknowledged > 20, "Too few changes.");
    }

    // A cluster without TLS cannot be upgraded node by node to TLS, see docs/run/certificates.md.
    private static bool HasTls(string build) => File.Exists(Path.Combine(build, "Orleans.Connections.Security.dll"));

    private static Task GoesOn(Load load, long since) =>
        Until.True(() => Task.FromResult(load.NextSuccess(since) is { Check: not null, Change: not null }), recovery, "it goes on");

    /// <summary>Builds a commit, and returns the folder with the program of every host.</summary>
    private static async Task<string> BuildOf(string commit, TempFolder folder)
    {
        var (archive, sources) = (folder.File("sources.tar"), folder.Folder("sources"));
        await Run("git", Repository.Root, "archive", "--output", archive, commit);
        await TarFile.ExtractToDirectoryAsync(archive, sources, overwriteFiles: false);
        await Run("dotnet", sources, "build", Path.Combine("src", "DevHost"), "--nologo", "-v:quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false");
        return Directory.GetDirectories(Path.Combine(sources, "src", "DevHost", "bin", "Debug")).Single();
    }

    private static async Task Run(string program, string folder, params string[] arguments)
    {
        await using var process = ProgramProcess.Of(program, folder, arguments);
        await Until.True(() => Task.FromResult(process.HasEnded), buildBound, $"{program} {string.Join(' ', arguments)} ends");
        Assert.True(await process.Ended() == 0, $"{program} {string.Join(' ', arguments)}: {process}");
    }
}

internal static class EarlierCommit
{
    public static string Wanted { get; } = Environment.GetEnvironmentVariable("FROM") is { Length: > 0 } from ? from : "HEAD~1";

    public static bool IsThere() => Succeeds("rev-parse", "--quiet", "--verify", $"{Wanted}^{{commit}}");

    /// <summary>Whether the commit to start from has a file.</summary>
    public static bool Has(string path) => Succeeds("cat-file", "-e", $"{Wanted}:{path}");

    private static bool Succeeds(params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments)
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            git.WaitForExit();
            return git.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>Skipped with a message if the previous commit is unavailable, as in an archive or a shallow clone.</summary>
internal sealed class UpgradeFactAttribute : FactAttribute
{
    public UpgradeFactAttribute()
    {
        if (!EarlierCommit.IsThere())
        {
            Skip = $"There is no commit {EarlierCommit.Wanted} here: it needs a clone with history.";
        }
    }
}
