using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Searches for subjects, resources and actions, and their pages.</summary>
public partial class AuthZenTests
{
    [Fact]
    public async Task All_allowed_subjects_are_found_and_no_others()
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            foreach (var (action, permission) in new[] { ("READ", Permissions.ViewSupportInsights), ("WRITE", Permissions.RenameSpace) })
            {
                var listed = (await service.Get($"/v1/workspaces/{world.Record}/users?pageSize=500", await service.ManagerToken()))["value"]!.AsArray()
                    .Where(u => u!["permissions"]!.AsArray().Any(p => (string?)p == $"{permission}")).Select(u => $"{u!["tenantId"]}/{u["userId"]}").Order().ToList();
                var found = await service.Json(HttpMethod.Post, Subjects, token, world.Body($$"""USERS {{action}} RECORD, "context": { "time": "now" }"""));
                Assert.Equal(listed, found["results"]!.AsArray().Select(r => (string)r!["id"]!).Order());
                Assert.All(found["results"]!.AsArray(), r => Assert.Equal("user", (string?)r!["type"]));
                Assert.Equal(("", listed.Count, listed.Count), ((string)found["page"]!["next_token"]!, (int)found["page"]!["count"]!, (int)found["page"]!["total"]!));
                foreach (var subject in found["results"]!.AsArray())
                {
                    var answer = await service.Json(HttpMethod.Post, Evaluation, token, world.Body($$"""{{action}} RECORD, "subject": {{subject!.ToJsonString()}}"""));
                    Assert.True((bool)answer["decision"]!);
                }
            }
        }
    }

    [Fact]
    public async Task Resources_are_the_subjects_workspaces_that_allow_the_action()
    {
        var world = await World();
        var mine = (await service.Get("/v1/me/workspaces", world.Bob))["value"]!.AsArray();
        Assert.Contains(mine, w => (string?)w!["workspaceId"] == world.Record);
        var reads = mine.Where(w => w!["permissions"]!.AsArray().Any(p => (string?)p == "ViewSupportInsights")).Select(w => (string)w!["workspaceId"]!).Order(StringComparer.Ordinal);
        foreach (var token in (string[])[world.Application, world.Bob])
        {
            var found = await service.Json(HttpMethod.Post, Resources, token, world.Body("BOB READ RECORDS"));
            Assert.Equal(reads, found["results"]!.AsArray().Select(r => (string)r!["id"]!));
            Assert.Empty((await service.Json(HttpMethod.Post, Resources, token, world.Body("BOB WRITE RECORDS")))["results"]!.AsArray());
        }

        // About somebody else, a person learns only what is in workspaces where they have ViewUserRoles.
        var manager = (await service.Get("/v1/me/workspaces", await service.ManagerToken())).Values("workspaceId").ToHashSet();
        var shared = await service.Json(HttpMethod.Post, Resources, await service.ManagerToken(), world.Body("BOB READ RECORDS"));
        Assert.Equal(reads.Where(manager.Contains), shared["results"]!.AsArray().Select(r => (string)r!["id"]!));
        Assert.Empty((await service.Json(HttpMethod.Post, Resources, await service.Token(TestDirectory.Outsider), world.Body("BOB READ RECORDS")))["results"]!.AsArray());
    }

    [Fact]
    public async Task Actions_are_the_subjects_permissions()
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            var alice = await service.Json(HttpMethod.Post, Actions, token, world.Body("""ALICE RECORD, "context": {}"""));
            var given = RoleTable.PermissionsOf(Roles.CustomerSupportManager | Roles.User);
            Assert.Equal(
                Enum.GetValues<Permissions>().Where(p => p != Permissions.None && (given & p) == p).Select(p => $"{p}"), alice["results"]!.AsArray().Select(r => (string)r!["name"]!));
            var bob = await service.Json(HttpMethod.Post, Actions, token, world.Body("BOB RECORD"));
            Assert.Equal(["ViewEntraGroups", "ViewUserRoles", "ViewSupportInsights"], bob["results"]!.AsArray().Select(r => (string)r!["name"]!));
        }
    }

    [Theory]
    [InlineData(Actions, "NOBODY RECORD")]
    [InlineData(Actions, "ALICE NOWHERE")]
    [InlineData(Actions, """ALICE{"type":"spaceship"} RECORD""")]
    [InlineData(Actions, """ALICE RECORD{"type":"record"}""")]
    [InlineData(Subjects, """USERS{"type":"spaceship"} READ RECORD""")]
    [InlineData(Subjects, "USERS READ NOWHERE")]
    [InlineData(Subjects, "USERS FLY RECORD")]
    [InlineData(Subjects, """USERS READ RECORD{"type":"record"}""")]
    [InlineData(Subjects, """USERS READ RECORD{"id":"record-1"}""")]
    [InlineData(Resources, "NOBODY READ RECORDS")]
    [InlineData(Resources, "STRANGER READ RECORDS")]
    [InlineData(Resources, "ALICE FLY RECORDS")]
    [InlineData(Resources, """ALICE READ RECORDS{"type":"record"}""")]
    public async Task Search_for_something_unknown_is_empty(string path, string body)
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            var found = await service.Json(HttpMethod.Post, path, token, world.Body(body));
            Assert.Empty(found["results"]!.AsArray());
            Assert.Equal("", (string?)found["page"]!["next_token"]);
        }
    }

    [Theory]
    [InlineData(Subjects, "USERS READ RECORD")]
    [InlineData(Resources, "ALICE READ RECORDS")]
    [InlineData(Actions, "ALICE RECORD")]
    public async Task Pages_together_give_the_whole_result(string path, string search)
    {
        var world = await World();
        await service.Workspace(granted: false);
        foreach (var token in world.Askers)
        {
            var whole = (await service.Json(HttpMethod.Post, path, token, world.Body(search)))["results"]!.AsArray();
            Assert.True(whole.Count >= 2);
            var paged = new List<string>();
            string? next = null;
            do
            {
                var page = await service.Json(
                    HttpMethod.Post, path, token, world.Body(next is null ? $$"""{{search}}, "page": { "limit": 1 }""" : $$"""{{search}}, "page": { "token": "{{next}}" }"""));
                Assert.Equal((1, whole.Count), ((int)page["page"]!["count"]!, (int)page["page"]!["total"]!));
                paged.Add(page["results"]!.AsArray().Single()!.ToJsonString());
                next = (string)page["page"]!["next_token"]!;
            }
            while (next.Length > 0);

            Assert.Equal(whole.Select(r => r!.ToJsonString()), paged);

            // The limit is 0, but there are results.
            var none = await service.Json(HttpMethod.Post, path, token, world.Body($$"""{{search}}, "page": { "limit": 0 }"""));
            Assert.Equal((0, whole.Count), (none["results"]!.AsArray().Count, (int)none["page"]!["total"]!));
            Assert.NotEqual("", (string?)none["page"]!["next_token"]);
        }
    }

    [Fact]
    public async Task Page_token_belongs_to_its_search_and_keeps_its_limit()
    {
        var world = await World();
        var first = await service.Json(HttpMethod.Post, Subjects, world.Application, world.Body("""USERS READ RECORD, "page": { "limit": 1 }"""));
        var token = (string)first["page"]!["next_token"]!;
        foreach (var (body, field) in new[] { ("USERS WRITE RECORD", "page.token"), ("USERS READ SECOND", "page.token"), ("""USERS READ RECORD, "page": { "limit": 2, "token": "TOKEN" }""", "page.limit") })
        {
            var asked = body.Contains("page", StringComparison.Ordinal) ? body : $$"""{{body}}, "page": { "token": "TOKEN" }""";
            using var response = await service.Send(HttpMethod.Post, Subjects, world.Application, world.Body(asked.Replace("TOKEN", token, StringComparison.Ordinal)));
            await response.IsProblem(400, "invalid-request", field);
        }
    }

    [Fact]
    public async Task Search_must_start_again_if_the_policy_changes_between_pages()
    {
        var (workspace, team) = (await service.Workspace(), service.NewTeam());
        var search = $$"""{ "subject": { "type": "user" }, "action": { "name": "ViewUserRoles" }, "resource": { "type": "workspace", "id": "{{workspace}}" }, "page": PAGE }""";
        await service.Get($"/v1/workspaces/{workspace}", await service.TokenOf(Roles.SupportUser));
        foreach (var token in (string[])[await service.AppToken(), await service.ManagerToken()])
        {
            var first = await service.Json(HttpMethod.Post, Subjects, token, search.Replace("PAGE", """{ "limit": 1 }""", StringComparison.Ordinal));
            await service.Grant(workspace, team, token == await service.AppToken() ? Roles.User : Roles.SupportUser);
            using var second = await service.Send(
                HttpMethod.Post, Subjects, token, search.Replace("PAGE", $$"""{ "token": "{{first["page"]!["next_token"]}}" }""", StringComparison.Ordinal));
            await second.IsProblem(409, "list-changed");
        }
    }
}
