using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// A reader who follows an audit trail through any web node sees every change once and in order, while silos and web nodes are
/// killed, paused and replaced.
/// </summary>
public class AuditStreamTests(ITestOutputHelper output)
{
    private const int Workspaces = 4;

    // If nothing, not even a comment, comes for this long, the node stands still.
    private static readonly TimeSpan silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan catchingUp = TimeSpan.FromMinutes(2);

    private static readonly int changes = CoherenceTests.Setting("CHANGES", 60);
    private static readonly int seed = CoherenceTests.Setting("SEED", 1);

    [Fact]
    public async Task Reader_gets_every_event_once_while_silos_and_web_nodes_are_lost()
    {
        await using var cluster = await RunningCluster.Start(new(Members: 2), tables: RunningCluster.TablesChosen);
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var ending = new CancellationTokenSource();
        var chaos = Chaos.OfSilos(cluster, seed);
        try
        {
            await load.SetUp(signedIn: 2);
            var readers = load.WorkspaceIds.Select(workspace => new Reader(workspace)).ToList();
            var reading = Task.WhenAll(readers.Select((reader, n) => reader.Follow(http, cluster, load.Manager, n, ending.Token)));
            var running = load.Run(checkEvery: TimeSpan.FromMilliseconds(200), changeEvery: TimeSpan.FromMilliseconds(200));
            try
            {
                // Otherwise a reader may open its first stream only after the web node is back, and lose none.
                await Until.True(() => Task.FromResult(readers.All(reader => reader.Streams > 0)), catchingUp, "each reader has a stream");
                await chaos.Next();
                await cluster.Web[0].Kill();
                await cluster.Web[0].Relaunch();
                await cluster.Web[0].Ready();
                while (chaos.Faults.Count < 3 || load.Acknowledged < changes)
                {
                    await chaos.Next();
                }
            }
            finally
            {
                await load.EndAsync();
                await running;
            }

            foreach (var reader in readers)
            {
                // A change with a lost answer may be stored later. If the list has it by then, the reader must see it too.
                List<JsonNode> listed = [];
                await Until.True(
                    async () =>
                    {
                        listed = await client.All(load.Manager, $"/v1/workspaces/{reader.Workspace}/audit-events?pageSize=500");
                        return reader.Seen.Count >= listed.Count;
                    },
                    catchingUp, $"the reader of {reader.Workspace} has caught up: {reader}");
                var seen = reader.Seen[..listed.Count];
                Assert.Equal(Enumerable.Range(1, seen.Count).Select(n => $"{n}"), seen.Select(e => e.Id));
                Assert.Equal(Enumerable.Reverse(listed).Select(e => e.ToJsonString()), seen.Select(e => JsonNode.Parse(e.Data)!.ToJsonString()));
            }

            await ending.CancelAsync();
            await reading;
            output.WriteLine($"{load.Acknowledged} changes; {string.Join(", ", chaos.Faults.Select(f => f.Name))}\n{string.Join('\n', readers)}");
            Assert.Contains(readers, reader => reader.Streams > 1);
        }
        catch (Exception e)
        {
            await ending.CancelAsync();
            throw new InvalidOperationException($"{e.Message}\n{cluster}", e);
        }
    }

    /// <summary>Follows one workspace, and continues at another web node whenever its stream ends.</summary>
    private sealed class Reader(string workspace)
    {
        private readonly Lock gate = new();
        private readonly List<(string Id, string Data)> seen = [];
        private readonly List<string> ends = [];

        public string Workspace => workspace;

        public int Streams { get; private set; }

        public List<(string Id, string Data)> Seen
        {
            get
            {
                lock (gate)
                {
                    return [.. seen];
                }
            }
        }

        public async Task Follow(HttpClient http, RunningCluster cluster, string token, int first, CancellationToken ending)
        {
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
            for (var turn = first; !ending.IsCancellationRequested; turn++)
            {
                try
                {
                    ends.Add(await Read(http, cluster.Web[turn % cluster.Web.Count], token, ending));
                    await pause.WaitForNextTickAsync(ending);
                }
                catch (Exception cut) when (cut is HttpRequestException or IOException or OperationCanceledException)
                {
                    ends.Add(cut.GetType().Name);
                }
            }
        }

        public override string ToString() => $"{Seen.Count} events in {Streams} streams, which ended by {string.Join(", ", ends.CountBy(end => end).Select(e => $"{e.Key} {e.Value}"))}";

        private async Task<string> Read(HttpClient http, Node web, string token, CancellationToken ending)
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(ending);
            bound.CancelAfter(silence);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(web.Url, $"/v1/workspaces/{workspace}/audit-events/stream"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (Seen is [.., var last])
            {
                request.Headers.TryAddWithoutValidation("Last-Event-ID", last.Id);
            }

            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
            if (!response.IsSuccessStatusCode)
            {
                return $"{(int)response.StatusCode}";
            }

            Streams++;
            await using var body = new Heard(await response.Content.ReadAsStreamAsync(bound.Token), () => bound.CancelAfter(silence));
            await foreach (var item in SseParser.Create(body).EnumerateAsync(bound.Token))
            {
                if (item.EventType == "end")
                {
                    return JsonNode.Parse(item.Data)!["reason"]!.GetValue<string>();
                }

                lock (gate)
                {
                    seen.Add((item.EventId!, item.Data));
                }
            }

            return "no end";
        }
    }

    /// <summary>Reports whenever something arrives, including comments.</summary>
    private sealed class Heard(Stream inner, Action heard) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            heard();
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
