using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>Tests what docs/run/operate.md says about a shutdown, with SIGTERM to real processes.</summary>
public class ShutdownTests(DrainingCluster draining, ITestOutputHelper output) : IClassFixture<DrainingCluster>
{
    private static readonly TimeSpan soon = TimeSpan.FromMinutes(1);

    private readonly RunningCluster cluster = draining.Cluster;
    private readonly ClusterClient client = draining.Client;

    [Fact]
    public async Task Repeated_request_is_answered_while_silos_are_restarted_one_by_one()
    {
        using var ending = new CancellationTokenSource();
        var (answered, report) = (new ConcurrentQueue<TimeSpan>(), new List<string>());
        var waited = new HashSet<string>();
        Task[] clients =
        [
            .. draining.WorkspaceIds.Select(workspace => Repeat(n => draining.Change(workspace, n % 2 == 0 ? "SupportUser" : "LearningUser"))),
            .. draining.WorkspaceIds.Select(workspace => Repeat(_ => client.Insist(
                HttpMethod.Post, draining.Manager, $"/v1/workspaces/{workspace}/permissions/check", new JsonObject { ["permissions"] = new JsonArray("RenameSpace") }))),
        ];
        try
        {
            foreach (var silo in cluster.SiloNodes)
            {
                // Every workspace has an owner on some silo. After three silos the owner of each was stopped.
                await Task.WhenAll(draining.WorkspaceIds.Select(w => draining.Change(w, "AssessmentUser")));
                var since = Stopwatch.GetTimestamp();
                await DrainingCluster.Terminate(silo);
                Assert.Equal(0, await silo.Ended());
                var ended = Stopwatch.GetElapsedTime(since);

                var changes = await Task.WhenAll(draining.WorkspaceIds.Select(Time));
                waited.UnionWith(changes.Where(c => c.Took > DrainingCluster.Unreleased).Select(c => c.Workspace));
                report.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{silo.Name} ended after {ended.TotalSeconds:F1} s; then a change of each workspace, in s: {string.Join(' ', changes.Select(c => c.Took.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)))}"));

                await silo.Relaunch();
                await silo.Ready();
            }
        }
        catch (Exception e)
        {
            await ending.CancelAsync();
            throw new InvalidOperationException($"{e.Message}\n{cluster}", e);
        }

        await ending.CancelAsync();
        await Task.WhenAll(clients);

        output.WriteLine($"{string.Join('\n', report)}\n{answered.Count} requests of clients that repeat them, the slowest {answered.Max().TotalSeconds:F1} s");
        Assert.True(answered.Count > 100, $"{answered.Count} requests say little.");

        // If nothing were released, all workspaces would have waited. On a busy machine a few do: while silos come and go, Orleans
        // may activate a workspace twice, and then one activation does not know that the other has ended.
        Assert.True(waited.Count <= DrainingCluster.Workspaces / 2, $"{waited.Count} workspaces waited for an owner that was gone.\n{string.Join('\n', report)}");

        async Task<(string Workspace, TimeSpan Took)> Time(string workspace)
        {
            var since = Stopwatch.GetTimestamp();
            await draining.Change(workspace, "CustomerContractManager");
            return (workspace, Stopwatch.GetElapsedTime(since));
        }

        async Task Repeat(Func<int, Task<Answer>> request)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (var n = 0; !ending.IsCancellationRequested; n++)
            {
                var since = Stopwatch.GetTimestamp();
                await request(n);
                answered.Enqueue(Stopwatch.GetElapsedTime(since));
                await timer.WaitForNextTickAsync();
            }
        }
    }

    [Fact]
    public async Task Stopping_web_node_finishes_requests_and_accepts_no_new_ones()
    {
        var web = cluster.Web[1];
        using var http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = soon }) { Timeout = soon };
        var cases = new SlowCases();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(web.Url, $"/v1/workspaces/{draining.WorkspaceIds[0]}/support-cases"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", draining.Automation), ExpectContinue = true },
            Content = cases,
        };
        var answering = http.SendAsync(request);
        await cases.Begun.WaitAsync(soon);

        await DrainingCluster.Terminate(web);

        // The node still serves clients that have not noticed yet.
        Assert.Equal(HttpStatusCode.OK, (await client.Send(web, HttpMethod.Get, draining.Manager, "/v1/me")).Status);
        await Until.True(async () => await web.Health("live") is null, soon, $"{web.Name} takes no new connection");
        Assert.False(web.HasEnded);

        // A second signal changes nothing.
        await web.Terminate();
        cases.Finish();
        using var answer = await answering;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode} {text}");
        Assert.Equal(cases.Sent, JsonNode.Parse(text)!["applied"]!.GetValue<int>());
        Assert.Equal(0, await web.Ended());

        await web.Relaunch();
        await web.Ready();
    }

    [Fact]
    public async Task Web_node_without_silos_is_not_ready_and_reconnects_by_itself()
    {
        await draining.Change(draining.WorkspaceIds[0], "SupportUser");
        await Task.WhenAll(cluster.SiloNodes.Select(DrainingCluster.Terminate));
        Assert.All(await Task.WhenAll(cluster.SiloNodes.Select(silo => silo.Ended())), code => Assert.Equal(0, code));

        foreach (var web in cluster.Web)
        {
            await Until.True(async () => await web.Health("ready") == HttpStatusCode.ServiceUnavailable, soon, $"{web.Name} is not ready");
            Assert.Equal(HttpStatusCode.OK, await web.Health("live"));
            Assert.Equal(
                HttpStatusCode.ServiceUnavailable,
                (await client.Send(web, HttpMethod.Get, draining.Manager, $"/v1/workspaces/{draining.WorkspaceIds[0]}")).Status);
        }

        foreach (var silo in cluster.SiloNodes)
        {
            await silo.Relaunch();
        }

        await Task.WhenAll(cluster.SiloNodes.Select(silo => silo.Ready()));
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(cluster.Web.Select(web => web.Ready()));
        output.WriteLine($"Ready again {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s after the silos were");

        // The last owner released before it ended, so the change does not wait.
        await draining.Change(draining.WorkspaceIds[0], "LearningUser");
    }

    [Fact]
    public async Task Web_node_that_never_found_a_silo_ends_on_a_signal()
    {
        using var folder = new TempFolder();
        var port = FreePort.Next();
        await using var web = new Node("alone", "EngageCenter.WebApi.dll", folder.Path, Place.Loopback, port, new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["WebApi__Url"] = $"http://{IPAddress.Loopback}:{port.ToString(CultureInfo.InvariantCulture)}",
            ["WebApi__Gateways"] = $"{IPAddress.Loopback}:{FreePort.Next().ToString(CultureInfo.InvariantCulture)}",
            ["Shutdown__DrainDelay"] = "00:00:00",
        });
        web.Launch();
        await Until.True(async () => await web.Health("live") == HttpStatusCode.OK, soon, "It answers");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await web.Health("ready"));

        await web.Terminate();

        Assert.True(await web.Ended() == 0, web.ToString());
    }

    /// <summary>A body of cases that continues until it is told to end. It sends a little all the time, as the server requires.</summary>
    private sealed class SlowCases : HttpContent
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SlowCases() => Headers.ContentType = new("application/x-ndjson");

        /// <summary>Completes when the server has begun to read the body.</summary>
        public Task Begun => begun.Task;

        public int Sent { get; private set; }

        public void Finish() => finish.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            begun.SetResult();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (!finish.Task.IsCompleted)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes($$"""
                    {"caseId":"drain-{{Sent++}}","revision":1,"lastUpdatedAt":"2026-02-01T00:00:00Z","createdAt":"2026-01-01T00:00:00Z","title":"Slow","status":"New","severity":"B","product":"Windows"}

                    """));
                await stream.FlushAsync();
                await timer.WaitForNextTickAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
