using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// One client grants and revokes in each workspace while members check all the time, all through every web node. Keeps the
/// history. The group always holds some role, so its members are never outsiders; what changes is the right to see support
/// insights.
/// </summary>
internal sealed class Load(RunningCluster cluster, ClusterClient client, int workspaceCount) : IDisposable
{
    private const string Right = "ViewSupportInsights";
    private const string WithRight = "SupportUser";
    private const int AsksInARow = 4;
    private const string WithoutRight = "LearningUser";

    private readonly CancellationTokenSource ending = new();
    private readonly List<string> members = [];

    private long began;
    private long unanswered;
    private long acknowledged;
    private long unknown;
    private long attempts;

    public IReadOnlyList<string> WorkspaceIds { get; private set; } = [];

    /// <summary>The token of a person who may change and read everything.</summary>
    public string Manager { get; private set; } = "";

    public History History { get; } = new();

    public long Acknowledged => Volatile.Read(ref acknowledged);

    public long Unknown => Volatile.Read(ref unknown);

    /// <summary>How many requests to change or read a group were sent, whatever the result.</summary>
    public long Attempts => Volatile.Read(ref attempts);

    /// <summary>Checks that were answered 503 or not in time.</summary>
    public long Unanswered => Volatile.Read(ref unanswered);

    /// <summary>Answers that must not occur: another status, or an unexpected form.</summary>
    public ConcurrentQueue<string> Surprises { get; } = [];

    /// <summary>The times from the start of a change to its acknowledgement.</summary>
    public ConcurrentQueue<TimeSpan> Latencies { get; } = [];

    /// <summary>Signs in and grants before the run.</summary>
    public async Task SetUp(int signedIn)
    {
        var automation = await client.Automation();
        Manager = await client.Person(Organization.Manager);
        for (var n = 0; n < signedIn; n++)
        {
            members.Add(await client.Person(Organization.Member(n)));
        }

        var packages = Enumerable.Range(0, workspaceCount).Select(n => $"package-{n}");
        var agreement = await client.Insist(
            HttpMethod.Put, automation, "/v1/agreements/cluster", Samples.Agreement("Workload", Organization.Tenant, "Contoso", Organization.ManagerId, packages));
        WorkspaceIds = [.. agreement.Body!["workspaces"]!.AsArray().Select(w => w!["workspaceId"]!.GetValue<string>())];
        foreach (var workspace in WorkspaceIds)
        {
            await client.Insist(HttpMethod.Put, Manager, Group(workspace), Body("Start", grants: true));
        }
    }

    /// <summary>Runs until <see cref="EndAsync"/>.</summary>
    /// <param name="checkEvery">The pause between two checks of a member.</param>
    /// <param name="changeEvery">The pause between two changes of a workspace.</param>
    public Task Run(TimeSpan checkEvery, TimeSpan changeEvery)
    {
        began = Stopwatch.GetTimestamp();
        return Task.WhenAll(
        [
            .. WorkspaceIds.Select((workspace, n) => Repeat(changeEvery, Changing(workspace, n))),
            .. members.SelectMany((token, n) => cluster.Web.Select(web => Repeat(checkEvery, Checking(token, web, n)))),
        ]);
    }

    public Task EndAsync() => ending.CancelAsync();

    /// <summary>Reads the final state when all nodes are well again.</summary>
    public async Task ReadEnd()
    {
        foreach (var workspace in WorkspaceIds)
        {
            var group = await client.Insist(HttpMethod.Get, Manager, Group(workspace));
            var events = await client.All(Manager, $"/v1/workspaces/{workspace}/audit-events?pageSize=500");
            History.End[workspace] = (
                IsGranted(group),
                events.Select(e => e["target"]?["displayName"]?.GetValue<string>()).OfType<string>().CountBy(name => name).ToDictionary());
        }

        // Everybody must see it, through each web node.
        foreach (var (token, web, workspace) in members.SelectMany(m => cluster.Web.SelectMany(web => WorkspaceIds.Select(w => (m, web, w)))))
        {
            var granted = false;
            await Until.True(
                async () => await Ask(token, web, workspace) is { } check && (granted = check.Allowed) == check.Allowed,
                TimeSpan.FromSeconds(60), $"{web.Name} answers");
            Assert.Equal(History.End[workspace].Granted, granted);
        }
    }

    /// <summary>Returns the longest time without an answer to any check.</summary>
    public TimeSpan LongestSilence()
    {
        List<long> ends = [began, .. History.Checks.Select(c => c.End).Order()];
        return Stopwatch.GetElapsedTime(0, ends.Zip(ends.Skip(1), (a, b) => b - a).DefaultIfEmpty().Max());
    }

    /// <summary>Returns the times from a moment to the end of the first successful check and change that began after it; null for none.</summary>
    public (TimeSpan? Check, TimeSpan? Change) NextSuccess(long since)
    {
        return (
            First(History.Checks.Where(c => c.Start > since).Select(c => c.End)),
            First(History.Changes.Where(c => c.Acknowledged && c.Start > since).Select(c => c.End)));

        TimeSpan? First(IEnumerable<long> ends) => ends.DefaultIfEmpty(-1).Min() is >= 0 and var end ? Stopwatch.GetElapsedTime(since, end) : null;
    }

    public void Dispose() => ending.Dispose();

    private async Task Repeat(TimeSpan every, Func<Task> act)
    {
        using var timer = new PeriodicTimer(every);
        while (!ending.IsCancellationRequested)
        {
            await act();
            await timer.WaitForNextTickAsync();
        }
    }

    private Func<Task> Checking(string token, Node web, int seed)
    {
        var (random, workspace, times) = (new Random(seed), "", 0);
        return () =>
        {
            // Mostly asks where it asked before, so that a web node may still have the decision.
            workspace = times++ % AsksInARow == 0 ? WorkspaceIds[random.Next(WorkspaceIds.Count)] : workspace;
            return Ask(token, web, workspace);
        };
    }

    private async Task<Check?> Ask(string token, Node web, string workspace)
    {
        var start = Stopwatch.GetTimestamp();
        var answer = await client.Send(
            web, HttpMethod.Post, token, $"/v1/workspaces/{workspace}/permissions/check", new JsonObject { ["permissions"] = new JsonArray(Right) });
        var end = Stopwatch.GetTimestamp();
        if (answer.Status == HttpStatusCode.OK)
        {
            var check = new Check(
                workspace, start, end, answer.Body!["results"]![0]!["allowed"]!.GetValue<bool>(), answer.Body["epoch"]!.GetValue<long>(), web.Name);
            History.Checks.Enqueue(check);
            return check;
        }

        Interlocked.Increment(ref unanswered);
        NoSurprise(answer, "a check");
        return null;
    }

    private Func<Task> Changing(string workspace, int offset)
    {
        var (number, turn, etag, granted) = (0, offset, default(string), true);
        return async () =>
        {
            Interlocked.Increment(ref attempts);
            if (etag is null)
            {
                // The state is unknown: reads it until that succeeds.
                var read = await client.Send(Web(), HttpMethod.Get, Manager, Group(workspace));
                NoSurprise(read, "a read");
                (etag, granted) = read.Status == HttpStatusCode.OK ? (read.ETag, IsGranted(read)) : (null, granted);
                return;
            }

            var name = $"Change {++number}";
            var start = Stopwatch.GetTimestamp();
            var answer = await client.Send(Web(), HttpMethod.Put, Manager, Group(workspace), Body(name, !granted), etag);
            var end = Stopwatch.GetTimestamp();
            var acknowledges = answer.Status == HttpStatusCode.OK;

            // A change that was refused for its version did not happen; so an earlier one did.
            if (answer.Status != HttpStatusCode.PreconditionFailed)
            {
                History.Changes.Enqueue(new(workspace, name, !granted, start, end, acknowledges));
                Interlocked.Increment(ref acknowledges ? ref acknowledged : ref unknown);
                NoSurprise(answer, "a change");
            }

            if (acknowledges)
            {
                Latencies.Enqueue(Stopwatch.GetElapsedTime(start, end));
            }

            (etag, granted) = acknowledges ? (answer.ETag, !granted) : (null, granted);
        };

        // Takes another web node each time, so that it does not keep waiting for one that is down.
        Node Web() => cluster.Web[turn++ % cluster.Web.Count];
    }

    private void NoSurprise(Answer answer, string what)
    {
        if (answer.Status is not (null or HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))
        {
            Surprises.Enqueue($"{what}: {answer}");
        }
    }

    private static string Group(string workspace) => $"/v1/workspaces/{workspace}/groups/{Organization.Group}";

    private static JsonObject Body(string name, bool grants) => new() { ["displayName"] = name, ["roles"] = new JsonArray(grants ? WithRight : WithoutRight) };

    private static bool IsGranted(Answer group) => group.Body!["roles"]!.AsArray().Any(r => r!.GetValue<string>() == WithRight);
}
