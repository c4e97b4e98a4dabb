using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Entry = System.Collections.Generic.KeyValuePair<string, string>;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// Clients that write concurrently to a DevHost with the sample until it stops answering. Each writes its own values, many of
/// them in one workspace. A reader then reads all that they write.
/// </summary>
internal sealed class Writers(DevHostClient client, Ledger ledger)
{
    private const int CasesPerBatch = 20;
    private const int GroupsPerWorkspace = 40;

    /// <summary>The contact of the writers' agreements, who has no role in the sample.</summary>
    private const string Nestor = "c0000000-0000-4000-8000-000000000111";

    private static readonly string[] switchers = ["grady@contoso.example", "henrietta@contoso.example", "lee@contoso.example", "isaiah@contoso.example"];

    // Tokens are issued once: they must work with every process on these files.
    private readonly Dictionary<string, string> tokens = [];
    private readonly ConcurrentDictionary<string, List<string>> seen = [];
    private string[] workspaces = [];
    private string[] agreements = [];
    private volatile bool ending;
    private int next;

    public async Task SignIn()
    {
        foreach (var person in switchers.Append("adele@contoso.example").Append("nestor@contoso.example"))
        {
            tokens[person] = await client.Person(person);
        }

        tokens[""] = await client.Automation();
        workspaces = [.. (await client.All(Adele, "/v1/me/workspaces")).Select(w => Text(w, "workspaceId"))];
        agreements = ["contoso-enterprise", "contoso-workloads"];
    }

    /// <summary>From now on a missing answer, or one that asks to come again, is expected.</summary>
    public void Ending() => ending = true;

    /// <summary>Runs until the process ends.</summary>
    public async Task Run(int seed)
    {
        ending = false;
        string[] ours = [$"ledger-{seed}-a", $"ledger-{seed}-b"];
        agreements = [.. agreements, .. ours];
        await Task.WhenAll(
        [
            .. workspaces.Select((id, n) => Repeat(seed + n, _ => Rename(id))),
            .. workspaces.Select((id, n) => Repeat(seed + 10 + n, random => PutGroup(id, random))),
            .. workspaces.Select((id, n) => Repeat(seed + 20 + n, random => PostCases(id, random))),
            .. switchers.Select((person, n) => Repeat(seed + 30 + n, random => Switch(person, workspaces[random.Next(workspaces.Length)]))),
            .. ours.Select((id, n) => Grow(id)),
        ]);
    }

    /// <summary>Reads everything that was written, and how often it exists where it should exist once.</summary>
    public async Task<Dictionary<string, string>> Read()
    {
        Dictionary<string, string> read = new(StringComparer.Ordinal);
        foreach (var id in workspaces)
        {
            read.Add($"name of {id}", Text(await client.Get(Adele, $"/v1/workspaces/{id}"), "name"));
            AddOnce(read, await client.All(Adele, $"/v1/workspaces/{id}/groups?pageSize=500"), g => $"group {Text(g, "groupId")} of {id}", g => Text(g, "displayName"));
            AddOnce(read, await client.All(Adele, $"/v1/workspaces/{id}/support-cases?pageSize=500"), c => $"case {Text(c, "caseId")} of {id}", c => c["revision"]!.ToJsonString());

            var events = await client.All(Adele, $"/v1/workspaces/{id}/audit-events?pageSize=500");
            Assert.Equal(events.Count, events.Select(e => Text(e, "eventId")).Distinct().Count());
            foreach (var name in events.Where(e => Text(e, "action") == "WorkspaceRenamed").GroupBy(e => Text(e["target"]!, "displayName")))
            {
                read.Add($"renames of {id} to {name.Key}", $"{name.Count()}");
            }
        }

        foreach (var person in switchers)
        {
            if ((await client.Get(tokens[person], "/v1/me"))["lastAccessedWorkspaceId"]?.GetValue<string>() is { } current)
            {
                read.Add($"current workspace of {person}", current);
            }
        }

        List<string> nestors = [];
        foreach (var id in agreements)
        {
            using var response = await client.Send(HttpMethod.Get, tokens[""], $"/v1/agreements/{id}");
            if (response.StatusCode != HttpStatusCode.NotFound)
            {
                var agreement = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
                var ids = agreement["workspaces"]!.AsArray().Select(w => Text(w!, "workspaceId")).ToList();
                read.Add($"workspaces of {id}", $"{ids.Count}");
                CheckIds(id, ids);
                nestors.AddRange(id.StartsWith("ledger", StringComparison.Ordinal) ? ids : []);
            }
        }

        // Each of their workspaces is there once, and no workspace is there without an agreement.
        Assert.Equal(
            nestors.Order(StringComparer.Ordinal),
            (await client.All(tokens["nestor@contoso.example"], "/v1/me/workspaces")).Select(w => Text(w, "workspaceId")).Order(StringComparer.Ordinal));
        Assert.Equal(workspaces.Length, (await client.All(Adele, "/v1/me/workspaces")).Count);
        return read;
    }

    private string Adele => tokens["adele@contoso.example"];

    private async Task Repeat(int seed, Func<Random, Task<bool>> write)
    {
        var random = new Random(seed);
        while (await write(random))
        {
        }
    }

    private Task<bool> Rename(string id)
    {
        var name = $"Name {Next()}";
        return Write(HttpMethod.Patch, Adele, $"/v1/workspaces/{id}", new() { ["name"] = name }, [new($"name of {id}", name), new($"renames of {id} to {name}", "1")]);
    }

    private Task<bool> PutGroup(string id, Random random)
    {
        var group = $"9{random.Next(GroupsPerWorkspace):D7}-0000-4000-8000-000000000000";
        var name = $"Group {Next()}";
        return Write(
            HttpMethod.Put, Adele, $"/v1/workspaces/{id}/groups/{group}",
            new() { ["displayName"] = name, ["roles"] = new JsonArray(random.Next(2) == 0 ? "User" : "LearningUser") },
            [new($"group {group} of {id}", name)]);
    }

    private Task<bool> Switch(string person, string id) => Write(
        HttpMethod.Put, tokens[person], "/v1/me/current-workspace", new() { ["workspaceId"] = id }, [new($"current workspace of {person}", id)]);

    // Some new cases, and newer revisions of cases that may exist already.
    private Task<bool> PostCases(string id, Random random)
    {
        var revision = Next();
        var cases = Enumerable.Range(0, CasesPerBatch)
            .Select(n => n < CasesPerBatch / 4 ? $"AGAIN-{random.Next(20) + (20 * n)}" : $"NEW-{revision}-{n}")
            .ToList();
        return Write(
            HttpMethod.Post, tokens[""], $"/v1/workspaces/{id}/support-cases",
            new()
            {
                ["value"] = new JsonArray([.. cases.Select(caseId => new JsonObject
                {
                    ["caseId"] = caseId,
                    ["revision"] = revision,
                    ["lastUpdatedAt"] = "2026-07-02T12:00:00Z",
                    ["createdAt"] = "2026-07-01T08:00:00Z",
                    ["title"] = "Virtual machine does not start",
                    ["status"] = "InProgress",
                    ["severity"] = "B",
                    ["product"] = "Azure",
                })]),
            },
            [.. cases.Select(caseId => new Entry($"case {caseId} of {id}", $"{revision}"))]);
    }

    // An agreement that gets one more package, and so one more workspace, each time. It is put twice, as by a client that never
    // got the first answer.
    private async Task Grow(string id)
    {
        const int maxPackages = 30;
        for (var count = 1; count <= maxPackages; count++)
        {
            var packages = Enumerable.Range(1, count).Select(n => $"{id}-{n}").ToList();
            for (var times = 0; times < 2; times++)
            {
                if (!await Write(
                    HttpMethod.Put, tokens[""], $"/v1/agreements/{id}",
                    Samples.Agreement("Workload", DevHostClient.Contoso, "Contoso", Nestor, packages),
                    [new($"workspaces of {id}", $"{count}")],
                    answer => CheckIds(id, [.. answer["workspaces"]!.AsArray().Select(w => Text(w!, "workspaceId"))])))
                {
                    return;
                }
            }
        }
    }

    private Task<bool> Write(HttpMethod method, string token, string path, JsonObject body, IReadOnlyCollection<Entry> values, Action<JsonNode>? answered = null) => ledger.Write(values, async () =>
    {
        try
        {
            using var response = await client.Send(method, token, path, body);
            Assert.True(response.IsSuccessStatusCode || ending, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            if (response.IsSuccessStatusCode)
            {
                answered?.Invoke(JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
            }

            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (ending && e is HttpRequestException or IOException)
        {
            return false;
        }
    });

    private int Next() => Interlocked.Increment(ref next);

    // Workspaces are added and never change. The ledger says how many there must be.
    private void CheckIds(string agreement, List<string> ids)
    {
        Assert.Distinct(ids);
        var before = seen.GetOrAdd(agreement, ids);
        Assert.Equal(before.Take(ids.Count), ids.Take(before.Count));
        seen[agreement] = ids;
    }

    private static void AddOnce(Dictionary<string, string> read, List<JsonNode> items, Func<JsonNode, string> key, Func<JsonNode, string> value)
    {
        foreach (var same in items.GroupBy(key))
        {
            read.Add(same.Key, value(Assert.Single(same)));
        }
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
