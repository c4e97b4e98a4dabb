using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Measures what TLS costs a request with one grain call: one caller asks a cluster with TLS and one without in turns.
/// <c>ROUNDS=20 REQUESTS=200 dotnet test tests/Cluster.Tests --filter TlsCost</c> makes a long run.
/// </summary>
public class TlsCostTests(ITestOutputHelper output)
{
    private static readonly int rounds = CoherenceTests.Setting("ROUNDS", 2);
    private static readonly int requests = CoherenceTests.Setting("REQUESTS", 50);

    [Fact]
    public async Task Answers_are_the_same_with_and_without_TLS()
    {
        // Web nodes keep no decisions, because a check answered from memory uses no connection to a silo.
        var asking = RunningCluster.Decisions(0);
        await using var with = await RunningCluster.Start(new(Members: 1), silos: 1, webNodes: 1, settings: asking);
        await using var without = await RunningCluster.Start(new(Members: 1), silos: 1, webNodes: 1, settings: asking, tls: false);
        using var withTls = await Asking.Of(with);
        using var withoutTls = await Asking.Of(without);
        Asking[] both = [withTls, withoutTls];
        for (var round = -1; round < rounds; round++)
        {
            // The first round warms up. Each cluster is first equally often.
            foreach (var side in round % 2 == 0 ? both : both.Reverse())
            {
                await side.Round(requests, counts: round >= 0);
            }
        }

        List<double> ratios = [.. withTls.Medians.Zip(withoutTls.Medians, (a, b) => a / b).Order()];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {rounds} rounds of {requests} requests each, one at a time; medians of the rounds' medians: with TLS {Median(withTls.Medians):F3} ms, without {Median(withoutTls.Medians):F3} ms
            with / without: median {Median(ratios):F3}, min {ratios[0]:F3}, max {ratios[^1]:F3}
            """));
        Assert.All(both, side => Assert.Equal(rounds, side.Medians.Count));
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private sealed class Asking : IDisposable
    {
        private readonly RunningCluster cluster;
        private readonly ClusterClient client;
        private readonly string token;
        private readonly string path;

        private Asking(RunningCluster cluster, ClusterClient client, string token, string workspace) =>
            (this.cluster, this.client, this.token, path) = (cluster, client, token, $"/v1/workspaces/{workspace}/permissions/check");

        /// <summary>The median of each round, in milliseconds.</summary>
        public List<double> Medians { get; } = [];

        public static async Task<Asking> Of(RunningCluster cluster)
        {
            var client = new ClusterClient(cluster);
            var agreement = await client.Insist(
                HttpMethod.Put, await client.Automation(), "/v1/agreements/cluster",
                Samples.Agreement("Workload", Organization.Tenant, "Contoso", Organization.ManagerId, ["package"]));
            return new(cluster, client, await client.Person(Organization.Manager), agreement.Body!["workspaces"]![0]!["workspaceId"]!.GetValue<string>());
        }

        public async Task Round(int requests, bool counts)
        {
            List<double> times = [];
            for (var n = 0; n < requests; n++)
            {
                var start = Stopwatch.GetTimestamp();
                var answer = await client.Send(cluster.Web[0], HttpMethod.Post, token, path, new JsonObject { ["permissions"] = new JsonArray("RenameSpace") });
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                Assert.Equal(HttpStatusCode.OK, answer.Status);
                Assert.True(answer.Body!["results"]![0]!["allowed"]!.GetValue<bool>());
            }

            if (counts)
            {
                Medians.Add(Median(times));
            }
        }

        public void Dispose() => client.Dispose();
    }
}
