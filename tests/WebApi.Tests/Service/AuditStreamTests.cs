using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests the stream of audit events while people change a workspace.</summary>
[Collection(RunningService.Collection)]
public class AuditStreamTests(RunningService service)
{
    [Fact]
    public async Task Reader_sees_every_change_once_and_in_order_across_reconnects()
    {
        var workspace = await service.Workspace(granted: false);
        var teams = Enumerable.Range(0, 4).Select(_ => service.NewTeam()).ToList();
        var changes = Task.Run(() => Task.WhenAll(teams.Select(async team =>
        {
            for (var n = 0; n < 15; n++)
            {
                await service.Grant(workspace, team, n % 2 == 0 ? Roles.SupportUser : Roles.LearningUser);
                await service.Revoke(workspace, team);
            }
        })));

        const int all = 1 + (4 * 15 * 2);
        var (seen, draw) = (new List<(string Id, string Data)>(), new Random(3));
        while (seen.Count < all)
        {
            await using var stream = await Open(workspace, await service.ManagerToken(), seen.Count == 0 ? null : seen[^1].Id);
            seen.AddRange(await Take(stream, Math.Min(draw.Next(1, 40), all - seen.Count)));
        }

        await changes;
        var listed = (await service.Get($"/v1/workspaces/{workspace}/audit-events?pageSize=500", await service.ManagerToken()))["value"]!.AsArray();
        Assert.Equal(listed.Reverse().Select(e => e!.ToJsonString()), seen.Select(e => JsonNode.Parse(e.Data)!.ToJsonString()));
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(n => $"{n}"), seen.Select(e => e.Id));
    }

    [Fact]
    public async Task Reader_whose_right_is_revoked_is_cut_off_before_that_event()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Grant(workspace, team, Roles.UserAccessAdministrator);
        await service.Join(team, person);
        await using var stream = await Open(workspace, await service.NewerToken(person), "0");
        Assert.Equal(["1", "2"], (await Take(stream, 2)).Select(e => e.Id));

        await service.Revoke(workspace, team);
        var (id, data) = Assert.Single(await Take(stream, 10));
        Assert.Equal(("", """{"reason":"access-lost"}"""), (id, data));
        using var again = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}/audit-events/stream", await service.NewerToken(person));
        await again.IsProblem(404, "workspace-not-found");
    }

    [Fact]
    public async Task Export_lists_events_in_the_order_of_time()
    {
        var workspace = await service.Workspace();
        var path = $"/v1/workspaces/{workspace}/audit-events";
        var listed = (await service.Get($"{path}?pageSize=500", await service.ManagerToken()))["value"]!.AsArray().Reverse().Select(e => e!.ToJsonString()).ToList();
        foreach (var (from, skipped) in new[] { (path, 0), ($"{path}/stream", 0), ($"{path}/stream?after=3", 3) })
        {
            using var response = await service.Send(HttpMethod.Get, from, await service.ManagerToken(), null, ("Accept", "application/x-ndjson"));
            Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("attachment", response.Content.Headers.ContentDisposition?.DispositionType);
            var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var events = lines.Select(line => JsonNode.Parse(line)!.AsObject()).ToList();

            // A part of the trail cannot carry hashes, which depend on all events before.
            Assert.All(events, e => Assert.Equal(skipped == 0, e.Remove("previousHash")));
            Assert.Equal(listed.Skip(skipped), events.Select(e => e.ToJsonString()));
        }
    }

    [Fact]
    public async Task Exported_line_carries_the_hash_of_the_line_before()
    {
        var path = $"/v1/workspaces/{await service.Workspace()}/audit-events";
        using var response = await service.Send(HttpMethod.Get, path, await service.ManagerToken(), null, ("Accept", "application/x-ndjson"));
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 2);
        Assert.Equal(
            lines[..^1].Select(string? (line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)))).Prepend(null),
            lines.Select(line => (string?)JsonNode.Parse(line)!["previousHash"]));
    }

    private async Task<Stream> Open(string workspace, string token, string? last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{workspace}/audit-events/stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (last is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        }

        var response = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return await response.Content.ReadAsStreamAsync();
    }

    /// <summary>Reads this number of events, or fewer if the stream ends.</summary>
    private static async Task<List<(string Id, string Data)>> Take(Stream stream, int count)
    {
        var events = new List<(string, string)>();
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var before = "";
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(bound.Token))
        {
            var id = item.EventType == "end" ? "" : item.EventId ?? "";
            Assert.NotEqual(before, item.EventType == "end" ? "end" : id);
            events.Add((id, item.Data));
            before = id;
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }
}
