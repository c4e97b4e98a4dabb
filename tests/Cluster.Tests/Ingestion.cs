using System.Net;
using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>An application that reports cases of each workspace, some of them again with a newer revision, and records what was acknowledged.</summary>
internal sealed class Ingestion(RunningCluster cluster, ClusterClient client) : IDisposable
{
    private const int CasesPerBatch = 8;
    private const int AgainPerBatch = 4;
    private const int CasesAgain = 40;

    private readonly CancellationTokenSource ending = new();
    private string token = "";
    private int revision;

    public Ledger Ledger { get; } = new();

    public async Task SetUp() => token = await client.Automation();

    /// <summary>Runs until <see cref="EndAsync"/>.</summary>
    public Task Run(IReadOnlyList<string> workspaces, TimeSpan every) => Task.WhenAll(workspaces.Select((workspace, n) => Repeat(workspace, n, every)));

    public Task EndAsync() => ending.CancelAsync();

    /// <summary>Returns every case with its revision.</summary>
    public async Task<Dictionary<string, string>> Read(string reader, IReadOnlyList<string> workspaces)
    {
        Dictionary<string, string> read = [];
        foreach (var workspace in workspaces)
        {
            foreach (var found in await client.All(reader, $"/v1/workspaces/{workspace}/support-cases?pageSize=500"))
            {
                // Adding a key twice throws, so a duplicate case is noticed.
                read.Add($"{found["caseId"]} of {workspace}", found["revision"]!.ToJsonString());
            }
        }

        return read;
    }

    public void Dispose() => ending.Dispose();

    private async Task Repeat(string workspace, int seed, TimeSpan every)
    {
        var random = new Random(seed);
        using var timer = new PeriodicTimer(every);
        for (var batch = seed; !ending.IsCancellationRequested; batch++)
        {
            await Post(workspace, cluster.Web[batch % cluster.Web.Count], random);
            await timer.WaitForNextTickAsync();
        }
    }

    private Task<bool> Post(string workspace, Node web, Random random)
    {
        var number = Interlocked.Increment(ref revision);
        List<string> cases = [.. Enumerable.Range(0, CasesPerBatch).Select(n => n < AgainPerBatch ? $"AGAIN-{(n * CasesAgain) + random.Next(CasesAgain)}" : $"NEW-{number}-{n}")];
        return Ledger.Write([.. cases.Select(c => KeyValuePair.Create($"{c} of {workspace}", $"{number}"))], async () =>
        {
            var answer = await client.Send(web, HttpMethod.Post, token, $"/v1/workspaces/{workspace}/support-cases", new JsonObject
            {
                ["value"] = new JsonArray([.. cases.Select(caseId => Case(caseId, number))]),
            });
            Assert.True(answer.Status is null or HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"Cases of {workspace}: {answer}");
            Assert.True(answer.Status is not HttpStatusCode.OK || answer.Body!["rejected"]!.AsArray().Count == 0, $"{answer}");
            return answer.Status == HttpStatusCode.OK;
        });
    }

    private static JsonObject Case(string caseId, int revision) => new()
    {
        ["caseId"] = caseId,
        ["revision"] = revision,
        ["lastUpdatedAt"] = "2026-07-02T12:00:00Z",
        ["createdAt"] = "2026-07-01T08:00:00Z",
        ["title"] = "Virtual machine does not start",
        ["status"] = "InProgress",
        ["severity"] = "B",
        ["product"] = "Azure",
    };
}
