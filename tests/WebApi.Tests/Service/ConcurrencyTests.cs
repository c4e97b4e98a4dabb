using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests many concurrent requests: nothing is lost, and one of several competing requests succeeds.</summary>
[Collection(RunningService.Collection)]
public class ConcurrencyTests(RunningService service)
{
    [Fact]
    public async Task Fifty_concurrent_grants_are_all_stored()
    {
        var workspace = await service.Workspace(granted: false);
        var token = await service.ManagerToken();
        var groups = Enumerable.Range(0, 50).Select(TestDirectory.SpareGroup).ToList();
        var statuses = await Task.WhenAll(groups.Select(async group =>
        {
            using var response = await service.Send(HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/{group}", token, """{"roles":["User"]}""");
            return response.StatusCode;
        }));

        Assert.All(statuses, s => Assert.Equal(HttpStatusCode.Created, s));
        var list = await service.Get($"/v1/workspaces/{workspace}/groups?pageSize=500", token);
        Assert.Equal(groups.Select(g => $"{g}").Order(StringComparer.Ordinal), list.Values("groupId").Order(StringComparer.Ordinal));
        Assert.Equal(50, (await service.Get($"/v1/workspaces/{workspace}/audit-events?pageSize=500", token)).Values("action").Count(a => a == "GroupGranted"));
    }

    [Fact]
    public async Task One_of_20_concurrent_renames_of_the_same_version_succeeds()
    {
        var workspace = await service.Workspace(granted: false);
        var (path, token) = ($"/v1/workspaces/{workspace}", await service.ManagerToken());
        string tag;
        using (var response = await service.Send(HttpMethod.Get, path, token))
        {
            tag = response.Headers.ETag!.ToString();
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async n =>
        {
            using var response = await service.Send(HttpMethod.Patch, path, token, new JsonObject { ["name"] = $"Name {n}" }, ("If-Match", tag));
            return (response.StatusCode, Name: $"Name {n}");
        }));

        var winner = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed));
        Assert.Equal(winner.Name, (string?)(await service.Get(path, token))["name"]);
    }

    [Fact]
    public async Task Agreement_put_concurrently_creates_one_workspace()
    {
        var (path, app) = ($"/v1/agreements/{service.NewAgreementId()}", await service.AppToken());
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            using var response = await service.Send(HttpMethod.Put, path, app, RunningService.Agreement());
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            return (response.StatusCode, Workspace: (string?)body["workspaces"]?[0]?["workspaceId"]);
        }));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(19, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Single(answers.Select(a => a.Workspace).Distinct());
    }

    [Fact]
    public async Task Cases_sent_concurrently_are_stored_once()
    {
        var workspace = await service.Workspace(granted: false);
        var (path, app) = ($"/v1/workspaces/{workspace}/support-cases", await service.AppToken());
        var body = new JsonObject { ["value"] = new JsonArray([.. Enumerable.Range(0, 100).Select(n => Cases.Of($"{n}"))]) }.ToJsonString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => service.Json(HttpMethod.Post, path, app, body)));
        Assert.Equal((100, 1_900), (answers.Sum(a => (int)a["applied"]!), answers.Sum(a => (int)a["ignored"]!)));
    }

    [Fact]
    public async Task Readers_are_served_while_grants_change()
    {
        var workspace = await service.Workspace();
        var tokens = await Task.WhenAll(RoleTable.All.Select(d => service.TokenOf(d.Role)));
        var manager = await service.ManagerToken();
        var writes = Task.WhenAll(Enumerable.Range(0, 30).Select(n => service.Json(
            HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/{TestDirectory.SpareGroup(n % 5)}", manager,
            new JsonObject { ["roles"] = new JsonArray(n % 2 == 0 ? "User" : "SupportUser") })));
        var reads = Task.WhenAll(Enumerable.Range(0, 100).Select(async n =>
        {
            using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}/groups", tokens[n % tokens.Length]);
            return response.StatusCode;
        }));

        await writes;
        Assert.All(await reads, s => Assert.Equal(HttpStatusCode.OK, s));
    }

    [Fact]
    public async Task Workspaces_opened_concurrently_are_all_opened_and_one_is_current()
    {
        var person = service.NewPerson();
        var team = service.NewTeam();
        await service.Join(team, person);
        var workspaces = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            workspaces.Add(await service.Workspace(granted: false));
            await service.Grant(workspaces[i], team, Roles.User);
        }

        var token = await service.NewerToken(person);
        await Task.WhenAll(workspaces.Select(w => service.Json(HttpMethod.Put, "/v1/me/current-workspace", token, new JsonObject { ["workspaceId"] = w })));
        var list = (await service.Get("/v1/me/workspaces", token))["value"]!.AsArray();
        Assert.Equal(5, list.Count(w => (bool)w!["hasBeenAccessed"]!));
        Assert.Single(list, w => (bool)w!["isCurrent"]!);
    }
}
