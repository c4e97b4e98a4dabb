using System.Net;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>Tests what docs/run/telemetry.md says about telemetry and the dashboard, with a silo and a web node as processes.</summary>
public class TelemetryTests(ITestOutputHelper output)
{
    private const string Web = "engage-center-web";
    private const string Silo = "engage-center-silo";

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_trace_spans_HTTP_grains_and_storage_without_personal_data(bool azurite)
    {
        await using var collector = await Collector.Start();
        await using var cluster = await RunningCluster.Start(new(Members: 1), azurite: azurite, silos: 1, webNodes: 1, settings: new Dictionary<string, string>(collector.Settings)
        {
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["Logging__LogLevel__EngageCenter"] = "Information",
            ["Dashboard__Enabled"] = "true",
            ["WebApi__RequestLog__Every"] = "1",
        });
        using var client = new ClusterClient(cluster);
        var (automation, manager) = (await client.Automation(), await client.Person(Organization.Manager));
        var agreement = await client.Insist(
            HttpMethod.Put, automation, "/v1/agreements/traced",
            Samples.Agreement("Workload", Organization.Tenant, "Contoso", Organization.ManagerId, "package"));
        var workspace = agreement.Body!["workspaces"]![0]!["workspaceId"]!.GetValue<string>();

        // The caller's own trace continues here.
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        const string caller = "b7ad6b7169203331";
        var put = await client.Send(
            cluster.Web[0], HttpMethod.Put, manager, $"/v1/workspaces/{workspace}/groups/{Organization.Group}",
            new JsonObject { ["roles"] = new JsonArray("SupportUser") }, traceParent: $"00-{trace}-{caller}-01");
        Assert.Equal(HttpStatusCode.Created, put.Status);

        await Until.True(() => Task.FromResult(Commit() is { } path && path[^1].Parent == caller), bound, $"The trace is exported. {cluster}");
        output.WriteLine(Tree(caller, ""));
        Assert.Equal(
        [
            $"{Silo}: Microsoft.Orleans.Storage: write storage",
            $"{Silo}: Microsoft.Orleans.Application: IWorkspaceGrain/PutGroup",
            $"{Web}: Microsoft.Orleans.Application: IWorkspaceGrain/PutGroup",
            $"{Web}: Microsoft.AspNetCore: PUT /v1/workspaces/{{id}}/groups/{{groupId}}",
        ], Commit()!.SkipWhile(IsDriver).Select(s => $"{s.Service}: {s.Scope}: {s.Name}"));

        await Until.True(() => Task.FromResult(
            collector.Metrics.ContainsKey((Silo, "engagecenter.access.leases"))
            && collector.Metrics.Keys.Any(m => m.Service == Silo && m.Name.StartsWith("orleans-", StringComparison.Ordinal))
            && collector.Metrics.ContainsKey((Web, "http.server.request.duration"))
            && collector.Metrics.ContainsKey((Web, "dotnet.gc.collections"))), bound, "Metrics are exported");
        Assert.Equal("s", collector.Metrics[(Web, "http.server.request.duration")]);
        await Until.True(() => Task.FromResult(collector.Logs.Any(l => l.Service == Web && l.Trace == trace && l.Text.Contains("PUT", StringComparison.Ordinal))), bound, "The request's line is exported with its trace");

        Assert.DoesNotContain(collector.Spans, s => s.Tags.TryGetValue("url.path", out var url) && url.StartsWith("/health", StringComparison.Ordinal));
        await DashboardShows(cluster, client);

        // No span, metric or log contains anything about the person who asked.
        Assert.All([Organization.Manager, Organization.ManagerId, manager[^40..], automation[^40..]], text => Assert.False(collector.Holds(text), $"'{text}' was exported."));

        List<Span> Traced() => [.. collector.Spans.Where(s => s.Trace == trace)];

        // Follows the spans from the write of the grant's commit up to where the trace came in, as far as they are here.
        List<Span>? Commit() => Traced().Where(IsDriver).Select(Path)
            .FirstOrDefault(path => path.SkipWhile(IsDriver).Take(2).Select(s => s.Name).SequenceEqual(["write storage", "IWorkspaceGrain/PutGroup"]));

        // Spans of the storage driver, below Orleans' own.
        bool IsDriver(Span span) => azurite
            ? span.Scope.StartsWith("Azure.", StringComparison.Ordinal)
            : span is { Scope: "EngageCenter.Storage", Name: "write" };

        List<Span> Path(Span from)
        {
            List<Span> up = [from];
            while (Traced().FirstOrDefault(s => s.Id == up[^1].Parent) is { } parent)
            {
                up.Add(parent);
            }

            return up;
        }

        string Tree(string parent, string indent) => string.Concat(Traced().Where(s => s.Parent == parent)
            .Select(s => $"{indent}{s.Service}: {s.Scope}: {s.Name}\n{Tree(s.Id, indent + "  ")}"));
    }

    // The dashboard collects its data from every silo, through its own grains.
    private static async Task DashboardShows(RunningCluster cluster, ClusterClient client)
    {
        var (operatorToken, manager) = (await client.Automation(), await client.Person(Organization.Manager));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.Send(cluster.Web[0], HttpMethod.Get, manager, "/dashboard/DashboardCounters")).Status);

        Answer? answer = null;
        await Until.True(async () =>
        {
            answer = await client.Send(cluster.Web[0], HttpMethod.Get, operatorToken, "/dashboard/DashboardCounters");
            return answer.Status == HttpStatusCode.OK && answer.Body!["simpleGrainStats"]!.AsArray()
                .Any(s => s!["grainType"]!.GetValue<string>().Contains("WorkspaceGrain", StringComparison.Ordinal));
        }, bound, "The dashboard shows the grains");
        Assert.Equal(1, answer!.Body!["totalActiveHostCount"]!.GetValue<int>());

        // The log stream would show only this node's log, and is not open to anybody.
        Assert.Equal(HttpStatusCode.Forbidden, (await client.Send(cluster.Web[0], HttpMethod.Get, operatorToken, "/dashboard/Trace")).Status);
    }
}
