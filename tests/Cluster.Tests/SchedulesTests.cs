using System.Globalization;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>Scheduled runs of assessments start even though silos end in between.</summary>
public sealed class SchedulesTests(ITestOutputHelper output)
{
    private const string Technology = "SqlServer";

    // A silo has the grains, as Orleans places them, and a silo keeps the reminders, by their hash. With this many workspaces the
    // silo that is killed has some of each.
    private const int Workspaces = 12;

    // Allows for slow clocks and machines; much shorter than the reminder's period of 5 min.
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Membership.Redis)]
    [InlineData(Membership.Tables)]
    public async Task Due_run_starts_without_a_call_after_its_silo_was_killed(Membership membership)
    {
        // Longer than the other silo needs to notice the loss. Otherwise the reminder would tick one period later.
        await using var schedules = await Schedules.Configured(firstRunAfter: TimeSpan.FromSeconds(20), membership);
        var activations = await schedules.Management.Activations("assessments");
        var silo = activations[schedules.Due.Keys.First()].Single();
        await silo.Kill();
        Assert.True(schedules.Due.Values.Min() > Now, "Too late: runs were due before the silo was killed.");

        // Nobody calls these workspaces, because a call would set the reminder as well.
        await schedules.Rung();
        var asked = Now;

        output.WriteLine($"{schedules.Due.Keys.Count(workspace => activations[workspace].Contains(silo))} of {Workspaces} had their grain on {silo.Name}");
        Report(await schedules.Started(before: asked));
    }

    [Fact]
    public async Task Run_that_came_due_without_a_silo_starts_once_afterwards()
    {
        await using var schedules = await Schedules.Configured(firstRunAfter: TimeSpan.FromSeconds(12), Membership.Redis);
        var silos = schedules.Cluster.SiloNodes;
        Assert.All(await Task.WhenAll(silos.Select(silo => silo.Stop())), code => Assert.Equal(0, code));
        Assert.True(schedules.Due.Values.Min() > Now, "Too late: runs were due before the silos had stopped.");

        await Until.True(() => Task.FromResult(schedules.Due.Values.Max() < Now), bound, "all runs are due");
        foreach (var silo in silos)
        {
            await silo.Relaunch();
        }

        await Task.WhenAll(silos.Select(silo => silo.Ready()));
        await schedules.Look();
        await schedules.Rung();

        Report(await schedules.Started(before: Now));
    }

    /// <summary>Where members and reminders are stored.</summary>
    public enum Membership
    {
        Redis,
        Tables,
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private void Report(IEnumerable<TimeSpan> late) =>
        output.WriteLine($"Started after they were due, in s: {string.Join(' ', late.Select(l => l.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)))}");

    /// <summary>Two silos and a web node, and workspaces with one scheduled technology each.</summary>
    private sealed class Schedules : IAsyncDisposable
    {
        private readonly ClusterClient client;
        private string manager = "";

        private Schedules(RunningCluster cluster, Management management) => (Cluster, Management, client) = (cluster, management, new(cluster));

        public RunningCluster Cluster { get; }

        public Management Management { get; }

        /// <summary>When the first run of each workspace is due.</summary>
        public Dictionary<string, DateTimeOffset> Due { get; private set; } = [];

        public static async Task<Schedules> Configured(TimeSpan firstRunAfter, Membership membership)
        {
            var cluster = await RunningCluster.Start(new(Members: 1), silos: 2, webNodes: 1, tables: membership == Membership.Tables, settings: new Dictionary<string, string>
            {
                ["Assessments__FirstRunAfter"] = firstRunAfter.ToString(),
            });
            Management? management = null;
            try
            {
                management = await Management.Of(cluster);
                var schedules = new Schedules(cluster, management);
                await schedules.Configure();
                return schedules;
            }
            catch
            {
                await (management?.DisposeAsync() ?? ValueTask.CompletedTask);
                await cluster.DisposeAsync();
                throw;
            }
        }

        /// <summary>Reads the assessments of each workspace.</summary>
        public async Task Look() => await Task.WhenAll(Due.Keys.Select(workspace => client.Insist(HttpMethod.Get, manager, Path(workspace))));

        /// <summary>Waits until the reminder has called each workspace and is set to the end of the run.</summary>
        public async Task Rung()
        {
            List<string> silent = [];
            try
            {
                await Until.True(async () =>
                {
                    silent = [];
                    foreach (var (workspace, due) in Due)
                    {
                        if (!(await Management.AssessmentsReminder(workspace) > due + TimeSpan.FromHours(1)))
                        {
                            silent.Add(workspace);
                        }
                    }

                    return silent.Count == 0;
                }, Due.Values.Max() - Now + bound, "the reminders ring");
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"{late.Message}; not those of {string.Join(' ', silent)}\n{Cluster}", late);
            }
        }

        /// <summary>Checks that each workspace had exactly one scheduled run, which did not start before it was due.</summary>
        /// <returns>How much later than due each run started.</returns>
        public async Task<List<TimeSpan>> Started(DateTimeOffset before)
        {
            List<TimeSpan> late = [];
            foreach (var (workspace, due) in Due)
            {
                var run = Assert.Single(await client.All(manager, $"{Path(workspace)}/runs"));
                Assert.Equal(("Scheduled", "Running"), (Text(run, "trigger"), Text(run, "status")));
                var started = Instant(run, "startedAt");
                Assert.InRange(started, due, before);
                late.Add(started - due);
            }

            return late;
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await Management.DisposeAsync();
            await Cluster.DisposeAsync();
        }

        private async Task Configure()
        {
            manager = await client.Person(Organization.Manager);
            var agreement = Samples.Agreement(
                "Workload", Organization.Tenant, "Contoso", Organization.ManagerId, Enumerable.Range(0, Workspaces).Select(n => $"package-{n}"));
            var account = agreement["contacts"]![0]!.DeepClone();
            account["role"] = "CustomerSuccessAccountManager";
            agreement["contacts"]!.AsArray().Add(account);
            var workspaces = (await client.Insist(HttpMethod.Put, await client.Automation(), "/v1/agreements/schedules", agreement)).Body!["workspaces"]!.AsArray();

            // Everything that is slow the first time is done before the time to the first run begins.
            var paths = workspaces.ToDictionary(w => Text(w!, "workspaceId"), w => Path(Text(w!, "workspaceId")));
            await Task.WhenAll(paths.Values.Select(path => client.Insist(HttpMethod.Get, manager, path)));
            var configured = await Task.WhenAll(paths.Select(async p => (Workspace: p.Key, Answer: await client.Insist(HttpMethod.Put, manager, p.Value, new JsonObject()))));
            Due = configured.ToDictionary(c => c.Workspace, c => Instant(c.Answer.Body!, "nextRunAt"));
        }

        private static string Path(string workspace) => $"/v1/workspaces/{workspace}/assessments/{Technology}";

        private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

        private static DateTimeOffset Instant(JsonNode node, string name) => DateTimeOffset.Parse(Text(node, name), CultureInfo.InvariantCulture);
    }
}
