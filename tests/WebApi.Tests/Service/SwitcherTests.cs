using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests the workspace switcher, and where a person lands.</summary>
[Collection(RunningService.Collection)]
public class SwitcherTests(RunningService service)
{
    [Fact]
    public async Task List_of_workspaces_is_complete_and_ordered_by_name()
    {
        var person = service.NewPerson();
        var workspaces = await Workspaces(person, [.. Enumerable.Range(0, 60).Select(n => string.Create(CultureInfo.InvariantCulture, $"Workload {59 - n:00}"))]);
        var token = await service.NewerToken(person);

        foreach (var query in (string[])["", "?pageSize=1", "?pageSize=50&cursor=MQ", "?pageSize=0"])
        {
            var list = await service.Get($"/v1/me/workspaces{query}", token);
            Assert.Equal(workspaces.OrderBy(w => w.Name, StringComparer.Ordinal).Select(w => w.Id), list.Values("workspaceId"));
            Assert.Equal(60, (int)list["totalCount"]!);
            Assert.False(list.AsObject().ContainsKey("nextLink"));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("load 3")]
    public async Task The_pages_of_the_switcher_are_the_list_of_what_is_searched(string? search)
    {
        var person = service.NewPerson();
        await Workspaces(person, [.. Enumerable.Range(0, 45).Select(n => string.Create(CultureInfo.InvariantCulture, $"Workload {44 - n}"))]);
        var token = await service.NewerToken(person);
        var whole = (await service.Get("/v1/me/workspaces", token))["value"]!.AsArray()
            .Where(w => search is null || ((string)w!["name"]!).Contains(search, StringComparison.OrdinalIgnoreCase)).Select(w => w!.ToJsonString()).ToList();
        Assert.NotEmpty(whole);

        List<string> paged = [];
        for (var next = $"/v1/me/switcher?pageSize=10{(search is null ? "" : $"&search={Uri.EscapeDataString(search.ToUpperInvariant())}")}"; next is not null;)
        {
            var page = await service.Get(next, token);
            Assert.Equal(whole.Count, (int)page["totalCount"]!);
            Assert.InRange(page["value"]!.AsArray().Count, 1, 10);
            paged.AddRange(page["value"]!.AsArray().Select(w => w!.ToJsonString()));
            next = (string?)page["nextLink"];
        }

        Assert.Equal(whole, paged);
        Assert.Empty((await service.Get("/v1/me/switcher?search=nothing", token))["value"]!.AsArray());
        using var foreign = await service.Send(HttpMethod.Get, "/v1/me/switcher?cursor=MQ", token);
        Assert.Equal(HttpStatusCode.BadRequest, foreign.StatusCode);
    }

    [Fact]
    public async Task Where_the_caller_lands_is_said_without_the_home_page()
    {
        var person = service.NewPerson();
        Assert.Null((string?)(await service.Get("/v1/me/current-workspace", await service.NewerToken(person)))["workspaceId"]);
        var workspaces = await Workspaces(person, ["One", "Two"]);
        var token = await service.NewerToken(person);
        Assert.Equal(workspaces[0].Id, (string?)(await service.Get("/v1/me/current-workspace", token))["workspaceId"]);
        Assert.Null((await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);
        await Open(workspaces[1].Id, token);
        Assert.Equal(workspaces[1].Id, (string?)(await service.Get("/v1/me/current-workspace", token))["workspaceId"]);
        Assert.Equal(workspaces[1].Id, (string?)(await service.Get("/v1/me/home", token))["workspace"]!["workspaceId"]);
    }

    [Fact]
    public async Task Opening_a_workspace_marks_it_as_accessed_and_current()
    {
        var person = service.NewPerson();
        var workspaces = await Workspaces(person, ["One", "Two"]);
        var token = await service.NewerToken(person);
        foreach (var item in (await service.Get("/v1/me/workspaces", token))["value"]!.AsArray())
        {
            Assert.Equal((false, false), ((bool)item!["hasBeenAccessed"]!, (bool)item["isCurrent"]!));
            Assert.True(item.AsObject().ContainsKey("lastAccessedAt"));
            Assert.Null(item["lastAccessedAt"]);
            Assert.Equal("Workload", (string?)item["agreementType"]);
            Assert.Equal(["CustomerSupportManager", "User"], item["roles"]!.AsArray().Select(r => (string)r!).Order());
            Assert.Contains("RenameSpace", item["permissions"]!.AsArray().Select(p => (string)p!));
        }

        Assert.Null((await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);
        foreach (var (id, _) in workspaces)
        {
            var opened = await Open(id, token);
            Assert.Equal((true, true), ((bool)opened["hasBeenAccessed"]!, (bool)opened["isCurrent"]!));
            var list = await service.Get("/v1/me/workspaces", token);
            Assert.Equal(opened.ToJsonString(), list["value"]!.AsArray().Single(w => (string)w!["workspaceId"]! == id)!.ToJsonString());
            Assert.Single(list["value"]!.AsArray(), w => (bool)w!["isCurrent"]!);
            Assert.Equal(id, (string?)(await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);
        }

        Assert.All((await service.Get("/v1/me/workspaces", token))["value"]!.AsArray(), w => Assert.True((bool)w!["hasBeenAccessed"]!));
    }

    [Fact]
    public async Task Reading_a_workspace_does_not_open_it()
    {
        var person = service.NewPerson();
        var workspaces = await Workspaces(person, ["One", "Two"]);
        var token = await service.NewerToken(person);
        var before = (await service.Get("/v1/me/workspaces", token)).ToJsonString();
        foreach (var path in (string[])["/v1/me", "/v1/me/home", "/v1/me/home", $"/v1/workspaces/{workspaces[1].Id}", $"/v1/workspaces/{workspaces[1].Id}/home", $"/v1/workspaces/{workspaces[1].Id}/permissions"])
        {
            await service.Get(path, token);
        }

        Assert.Equal(before, (await service.Get("/v1/me/workspaces", token)).ToJsonString());
        Assert.Null((await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);
    }

    [Fact]
    public async Task GET_changes_nothing()
    {
        var workspace = await service.Workspace();
        // By then, the list of people has the groups of the person's newest token.
        await service.Get($"/v1/workspaces/{workspace}", await service.ManagerToken());
        await service.Enroll(workspace, Roles.CustomerSuccessAccountManager);
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.Method == HttpMethod.Get && r.IsJson && !r.IsApplications))
            {
                await service.Get(request.Path, await service.TokenFor(request));
                await service.Get(request.Path, await service.TokenFor(request));
            }
        });
    }

    [Fact]
    public async Task Person_without_workspaces_lands_nowhere()
    {
        var home = await service.Get("/v1/me/home", await service.NewerToken(service.NewPerson()));
        Assert.True(home.AsObject().ContainsKey("workspace"));
        Assert.Null(home["workspace"]);
        Assert.Equal("NoWorkspaces", (string?)home["reason"]);
    }

    [Fact]
    public async Task Person_lands_in_the_last_accessed_open_workspace()
    {
        var (person, team) = (service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        var workspaces = new List<string>();
        foreach (var name in (string[])["Alpha", "Beta", "Gamma", "delta"])
        {
            var id = await service.Workspace(granted: false);
            await service.Json(HttpMethod.Patch, $"/v1/workspaces/{id}", await service.ManagerToken(), new JsonObject { ["name"] = name });
            await service.Grant(id, team, Roles.SupportUser);
            workspaces.Add(id);
        }

        var (alpha, beta, gamma, delta) = (workspaces[0], workspaces[1], workspaces[2], workspaces[3]);

        // The person has opened none, so it is the first by name.
        Assert.Equal(alpha, await Landing(token));
        await Open(beta, token);
        Assert.Equal(beta, await Landing(token));
        await Open(delta, token);
        await Open(gamma, token);
        Assert.Equal(gamma, await Landing(token));

        // The person lost access to the last one, so it is the most recently opened of the others.
        await service.Revoke(gamma, team);
        Assert.Equal(delta, await Landing(token));
        await service.Revoke(delta, team);
        Assert.Equal(beta, await Landing(token));
        Assert.Equal([alpha, beta], (await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
        Assert.Equal(gamma, (string?)(await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);

        // The person has access to none that they opened, so it is the first by name. Finally there is none at all.
        await service.Revoke(beta, team);
        Assert.Equal(alpha, await Landing(token));
        await service.Revoke(alpha, team);
        Assert.Null(await Landing(token));

        // After access returns, it is the last accessed one again.
        await service.Grant(gamma, team, Roles.SupportUser);
        await service.Grant(alpha, team, Roles.SupportUser);
        Assert.Equal(gamma, await Landing(token));
    }

    [Fact]
    public async Task Home_page_shows_what_the_caller_may_open()
    {
        var workspace = await service.Workspace();
        var rows = new Rows();
        foreach (var definition in RoleTable.All)
        {
            await rows.Try($"{definition.Role}", async () =>
            {
                var token = await service.TokenOf(definition.Role);
                var home = await service.Get($"/v1/workspaces/{workspace}/home", token);
                var permissions = definition.Permissions | RoleTable.PermissionsOf(Roles.User);
                string?[] links =
                [
                    permissions.HasFlag(Permissions.ViewSupportInsights) ? "SupportInsights" : null,
                    permissions.HasFlag(Permissions.AccessAssessments) ? "Assessments" : null,
                    permissions.HasFlag(Permissions.AccessLearning) ? "Learning" : null,
                ];
                Assert.Equal(links.OfType<string>(), home["quickLinks"]!.AsArray().Select(l => (string)l!["name"]!));
                Assert.All(home["quickLinks"]!.AsArray(), l => Assert.StartsWith("/v1/", (string)l!["href"]!, StringComparison.Ordinal));
                Assert.Equal(permissions.HasFlag(Permissions.ViewSupportInsights), home.AsObject().ContainsKey("supportInsights"));
                Assert.Equal(workspace, (string?)home["workspace"]!["workspaceId"]);
                Assert.NotNull(home["accountTeam"]!["microsoftSupport"]);
            });
        }

        rows.AllHold();
    }

    private async Task<string?> Landing(string token) =>
        (string?)(await service.Get("/v1/me/home", token))["workspace"]?["workspaceId"];

    private async Task<JsonNode> Open(string workspace, string token) =>
        await service.Json(HttpMethod.Put, "/v1/me/current-workspace", token, new JsonObject { ["workspaceId"] = workspace });

    /// <summary>Creates a workspace for each name, with a person as Customer Support Manager.</summary>
    private async Task<List<(string Id, string Name)>> Workspaces(string person, string[] names)
    {
        var agreement = RunningService.Agreement("Workloads");
        agreement["agreementType"] = "Workload";
        agreement["packages"] = new JsonArray([.. names.Select(name =>
        {
            var package = RunningService.Package(name.Replace(' ', '-'));
            package["name"] = name;
            return package;
        })]);
        var contact = RunningService.Contact(Roles.CustomerSupportManager, TestDirectory.Contoso);
        contact["userId"] = TestDirectory.UserId(person).ToString();
        agreement["contacts"] = new JsonArray(contact);
        var answer = await service.Json(HttpMethod.Put, $"/v1/agreements/{service.NewAgreementId()}", await service.AppToken(), agreement);
        return [.. answer["workspaces"]!.AsArray().Select(w => ((string)w!["workspaceId"]!, (string)w["name"]!))];
    }
}
