using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// One who grants and revokes in each workspace, and members who ask all the time, all of them through every web node;
/// and the history of it. The group always holds a role, so its members are never outsiders: what comes and goes
/// is the right to see support insights.
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

    /// <summary>The token of who may change and read all of it.</summary>
    public string Manager { get; private set; } = "";

    public History History { get; } = new();

    public long Acknowledged => Volatile.Read(ref acknowledged);

    public long Unknown => Volatile.Read(ref unknown);

    /// <summary>Requests to change or read a group, whatever came of them.</summary>
    public long Attempts => Volatile.Read(ref attempts);

    /// <summary>Checks answered 503, or not in time.</summary>
    public long Unanswered => Volatile.Read(ref unanswered);

    /// <summary>Answers that nobody should get: another status, or none of the expected form.</summary>
    public ConcurrentQueue<string> Surprises { get; } = [];

    /// <summary>From the start of a change to its acknowledgement.</summary>
    public ConcurrentQueue<TimeSpan> Latencies { get; } = [];

    /// <summary>Signs in and grants, before anything happens.</summary>
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

    /// <summary>Until <see cref="EndAsync"/>.</summary>
    /// <param name="checkEvery">How soon a member asks again.</param>
    /// <param name="changeEvery">How soon after a change the next one of its workspace comes.</param>
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

    /// <summary>What is there once everybody is well again.</summary>
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

        // And everybody sees it, through each web node.
        foreach (var (token, web, workspace) in members.SelectMany(m => cluster.Web.SelectMany(web => WorkspaceIds.Select(w => (m, web, w)))))
        {
            var granted = false;
            await Until.True(
                async () => await Ask(token, web, workspace) is { } check && (granted = check.Allowed) == check.Allowed,
                TimeSpan.FromSeconds(60), $"{web.Name} answers");
            Assert.Equal(History.End[workspace].Granted, granted);
        }
    }

    /// <summary>The longest time that passed without an answer to any check.</summary>
    public TimeSpan LongestSilence()
    {
        List<long> ends = [began, .. History.Checks.Select(c => c.End).Order()];
        return Stopwatch.GetElapsedTime(0, ends.Zip(ends.Skip(1), (a, b) => b - a).DefaultIfEmpty().Max());
    }

    /// <summary>From a moment to the end of the first check and of the first change that began after it and succeeded; null for none.</summary>
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
            // Mostly where they asked before, so that a web node may know the answer still.
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
                // Nothing is known of what is there: read it, until it can be read.
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

            // One that was refused for its version did not happen: an earlier one did, after all.
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

        // Another one each time, so that nobody waits for one that is down.
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
