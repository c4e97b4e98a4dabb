using System.Globalization;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace EngageCenter.DevHost.Tests;

public sealed class DurabilityTests(ITestOutputHelper output) : IDisposable
{
    // The process is killed after this many acknowledgements: early, while grains activate, and late, when logs have grown.
    private static readonly int[] kills = [3, 60, 250, 500];

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Acknowledged_writes_survive_a_kill_once()
    {
        // The writes are grants to groups that LocalEntra does not have, so only another tenant's directory is configured.
        var options = new DevHostOptions(folder.Path).With("Directory__Tenants__0", "00000000-0000-4000-8000-000000000001");
        using var client = new DevHostClient(options);
        Ledger ledger = new();
        Writers writers = new(client, ledger);

        for (var round = 0; round < kills.Length; round++)
        {
            await using var host = await DevHostProcess.Start(options);
            if (round == 0)
            {
                await writers.SignIn();
            }

            // Everything of the previous round must be visible with the tokens from then. From now on that state counts.
            await Verify(ledger, writers, isFirst: round == 0);
            await RunUntil(ledger, writers, kills[round], seed: 100 * round, host.Kill);
            if (round == 1)
            {
                Copy(options.StoreFile, EarlierStore);
            }
        }

        // Finally the process is stopped in order during writes; the last writes may be acknowledged.
        await using (var host = await DevHostProcess.Start(options))
        {
            await Verify(ledger, writers);
            await RunUntil(ledger, writers, 200, seed: 900, async () => Assert.Equal(0, await host.Stop()));
            Assert.Empty(host.Errors);
        }

        await using (var last = await DevHostProcess.Start(options))
        {
            Assert.Empty(ledger.Violations(await writers.Read()));
        }

        output.WriteLine($"{ledger.Acknowledged} writes acknowledged, {ledger.Unanswered} unanswered.");
        Assert.True(ledger.Unanswered > kills.Length, "Nothing was under way when the process ended.");
        await AnEarlierStoreIsFoundOut(options, ledger, writers);
    }

    [Fact]
    public async Task Signal_ends_the_host_with_exit_code_0_and_a_restart_has_the_state()
    {
        var options = new DevHostOptions(folder.Path);
        using var client = new DevHostClient(options);
        string token, workspace;
        await using (var host = await DevHostProcess.Start(options))
        {
            token = await client.Person("megan@contoso.example");
            workspace = $"/v1/workspaces/{(await client.All(token, "/v1/me/workspaces"))[0]["workspaceId"]}";
            await client.Patch(token, workspace, new JsonObject { ["name"] = "Renamed" });

            Assert.Equal((0, ""), (await host.Stop(), host.Errors));

            // The last connection that closes the store leaves one file, which can be copied.
            Assert.Equal([options.StoreFile], Directory.GetFiles(Path.GetDirectoryName(options.StoreFile)!));
        }

        await using var restarted = await DevHostProcess.Start(options);
        Assert.Equal("Renamed", (await client.Get(token, workspace))["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Scheduled_run_starts_once_with_kills_before_and_after()
    {
        var options = new DevHostOptions(folder.Path).With("Assessments__FirstRunAfter", "00:00:05");
        using var client = new DevHostClient(options);
        string token, assessment;
        DateTimeOffset due;
        await using (var host = await DevHostProcess.Start(options))
        {
            token = await client.Person("miriam@microsoft.example", DevHostClient.Microsoft);
            assessment = $"/v1/workspaces/{(await client.All(token, "/v1/me/workspaces"))[0]["workspaceId"]}/assessments/ActiveDirectory";
            due = Instant(await client.Put(token, assessment, new JsonObject()), "nextRunAt");
            await host.Kill();
            Assert.True(TimeProvider.System.GetUtcNow() < due, "Too late: it was due before the process was killed.");
        }

        // The run comes due while no process runs, or during the start, or later.
        JsonNode started;
        await using (var host = await DevHostProcess.Start(options))
        {
            await Until.True(async () => (await client.All(token, $"{assessment}/runs")).Count > 0, TimeSpan.FromSeconds(60), "the run starts");
            started = Assert.Single(await client.All(token, $"{assessment}/runs"));
            Assert.Equal(("Scheduled", "Running"), (started["trigger"]!.GetValue<string>(), started["status"]!.GetValue<string>()));
            Assert.True(Instant(started, "startedAt") >= due, started.ToJsonString());
            await host.Kill();
        }

        await using var last = await DevHostProcess.Start(options);
        Assert.Equal(started.ToJsonString(), Assert.Single(await client.All(token, $"{assessment}/runs")).ToJsonString());
    }

    public void Dispose() => folder.Dispose();

    private string EarlierStore => folder.File(Path.Combine("earlier", "engage-center.db"));

    private static async Task Verify(Ledger ledger, Writers writers, bool isFirst = false)
    {
        var read = await writers.Read();
        Assert.Empty(isFirst ? [] : ledger.Violations(read));
        ledger.Adopt(read);
    }

    private static async Task RunUntil(Ledger ledger, Writers writers, int acknowledged, int seed, Func<Task> end)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goal = ledger.Acknowledged + acknowledged;
        ledger.OnAcknowledged = count =>
        {
            if (count == goal)
            {
                writers.Ending();
                reached.SetResult();
            }
        };

        var running = writers.Run(seed);
        await await Task.WhenAny(reached.Task, running);
        await end();
        await running;
        Assert.True(reached.Task.IsCompleted);
    }

    // Checks the check: the ledger must find violations in a store that lost writes.
    private async Task AnEarlierStoreIsFoundOut(DevHostOptions options, Ledger ledger, Writers writers)
    {
        await using var host = await DevHostProcess.Start(options with { StoreFile = EarlierStore });
        var violations = ledger.Violations(await writers.Read());
        Assert.Contains(violations, v => v.StartsWith("name of", StringComparison.Ordinal));
        Assert.Contains(violations, v => v.StartsWith("case NEW", StringComparison.Ordinal));
        Assert.Contains(violations, v => v.StartsWith("group", StringComparison.Ordinal));
        Assert.Contains(violations, v => v.StartsWith("workspaces of ledger", StringComparison.Ordinal));
    }

    private static DateTimeOffset Instant(JsonNode node, string name) => DateTimeOffset.Parse(node[name]!.GetValue<string>(), CultureInfo.InvariantCulture);

    private static void Copy(string store, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(store)!))
        {
            File.Copy(file, Path.Combine(Path.GetDirectoryName(to)!, Path.GetFileName(file)));
        }
    }
}
