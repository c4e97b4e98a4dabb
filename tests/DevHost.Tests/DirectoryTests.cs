using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost.Tests;

/// <summary>People in more than 200 groups. The development host looks them up in LocalEntra's directory.</summary>
public sealed class DirectoryTests : IAsyncLifetime, IDisposable
{
    private const string Johanna = "johanna@contoso.example";
    private readonly TempFolder folder = new();
    private DevHostProcess host = null!;
    private DevHostClient client = null!;

    public async Task InitializeAsync()
    {
        host = await DevHostProcess.Start(new DevHostOptions(folder.Path).With("Directory__Poll", "00:00:01"));
        client = host.Client();
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Person_in_300_groups_is_a_member_by_one_of_them()
    {
        var token = await client.Person(Johanna);
        var workspace = (string)(await client.Get(token, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;

        Assert.Equal(["AccessLearning", "ViewEntraGroups", "ViewUserRoles"], await Permissions(token, workspace));
        Assert.Equal(HttpStatusCode.Forbidden, await client.Status($"/v1/workspaces/{workspace}/support-cases", token));
        Assert.Equal(HttpStatusCode.NotFound, await client.Status($"/v1/workspaces/{Guid.NewGuid():N}", token));
    }

    [Fact]
    public async Task Rights_cannot_be_confirmed_without_an_answer_of_the_directory()
    {
        await Faults(new { kind = "Refuse", status = 503, path = "getMemberGroups" });
        var token = await client.Person(Johanna);

        using var refused = await client.Send(HttpMethod.Get, token, "/v1/me/workspaces");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("/problems/access-unconfirmed", (string)(await refused.Content.ReadFromJsonAsync<JsonNode>())!["type"]!);
        Assert.Equal(HttpStatusCode.OK, await client.Status("/v1/me", token));
    }

    [Theory]
    [InlineData("grady@contoso.example", "members/c0000000-0000-4000-8000-000000000107/$ref")]
    [InlineData("henrietta@contoso.example", "members/c0000000-0000-4000-8000-000000000208/$ref")]
    [InlineData("grady@contoso.example", "")]
    public async Task Person_removed_from_the_group_in_Entra_loses_access_with_their_current_token(string person, string taken)
    {
        const string support = "c0000000-0000-4000-8000-000000000206";
        var token = await client.Person(person);
        var workspace = (string)(await client.Get(token, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var path = $"/v1/workspaces/{workspace}/support-cases";
        Assert.Equal(HttpStatusCode.OK, await client.Status(path, token));

        // The directory is followed after the first answer about a person who signed in.
        var before = await Asked();
        await Until(async () => await client.Status(path, token) == HttpStatusCode.OK && await Asked() > before);
        using var response = await client.Http.DeleteAsync(new Uri(host.Options.Entra, $"graph/v1.0/groups/{support}/{taken}".TrimEnd('/')));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);

        await Until(async () => await client.Status(path, token) == HttpStatusCode.NotFound);
    }

    /// <summary>Grady has his rights from a group. The CSAM has hers from the contract, and belongs to another tenant.</summary>
    [Theory]
    [InlineData("grady@contoso.example", "c0000000-0000-4000-8000-000000000107")]
    [InlineData("miriam@microsoft.example", "d0000000-0000-4000-8000-000000000101")]
    public async Task Person_blocked_in_Entra_loses_access_is_shown_as_blocked_and_regains_access_when_enabled(string person, string id)
    {
        var (token, adele) = (await client.Person(person, $"{id[0]}0000000-0000-4000-8000-000000000000"), await client.Person("adele@contoso.example"));
        var workspace = (string)(await client.Get(token, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var (path, users) = ($"/v1/workspaces/{workspace}/support-insights", $"/v1/workspaces/{workspace}/users");
        Assert.Equal(HttpStatusCode.OK, await client.Status(path, token));
        var before = await Asked();
        await Until(async () => await client.Status(path, token) == HttpStatusCode.OK && await Asked() > before + 4);

        await Enable(false);
        await Until(async () => await client.Status(path, token) == HttpStatusCode.NotFound);

        // The list is told after nobody is decided by the older answer any more.
        await Until(async () => (await client.All(adele, $"{users}?status=Blocked")).Count == 1);
        var blocked = Assert.Single(await client.All(adele, $"{users}?status=Blocked"));
        Assert.Equal((id, "Blocked", 0), ((string?)blocked["userId"], (string?)blocked["status"], blocked["permissions"]!.AsArray().Count));
        Assert.DoesNotContain(await client.All(adele, $"{users}?status=Active"), user => (string?)user["userId"] == id);

        await Enable(true);
        await Until(async () => await client.Status(path, token) == HttpStatusCode.OK);
        await Until(async () => (await client.All(adele, $"{users}?status=Blocked")).Count == 0);

        async Task Enable(bool isEnabled)
        {
            using var response = await client.Http.PatchAsJsonAsync(new Uri(host.Options.Entra, $"graph/v1.0/users/{id}"), new { accountEnabled = isEnabled });
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }
    }

    [Fact]
    public async Task Removed_person_loses_access_without_consent_to_read_accounts_but_a_blocked_person_does_not()
    {
        await Faults(new { kind = "Refuse", status = 403, code = "Authorization_RequestDenied", path = "/users/delta" });
        const string support = "c0000000-0000-4000-8000-000000000206";
        var (henrietta, grady) = (await client.Person("henrietta@contoso.example"), await client.Person("grady@contoso.example"));
        var workspace = (string)(await client.Get(grady, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var path = $"/v1/workspaces/{workspace}/support-cases";
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [await client.Status(path, henrietta), await client.Status(path, grady)]);
        var before = await Asked();
        await Until(async () => await client.Status(path, grady) == HttpStatusCode.OK && await Asked() > before + 2);

        using (var blocked = await client.Http.PatchAsJsonAsync(new Uri(host.Options.Entra, "graph/v1.0/users/c0000000-0000-4000-8000-000000000107"), new { accountEnabled = false }))
        using (var removed = await client.Http.DeleteAsync(new Uri(host.Options.Entra, $"graph/v1.0/groups/{support}/members/c0000000-0000-4000-8000-000000000208/$ref")))
        {
            Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NoContent], [blocked.StatusCode, removed.StatusCode]);
        }

        await Until(async () => await client.Status(path, henrietta) == HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.OK, await client.Status(path, grady));
        var adele = await client.Person("adele@contoso.example");
        Assert.Equal("Connected", (string?)(await client.Get(adele, $"/v1/workspaces/{workspace}/directory"))["status"]);
    }

    [Fact]
    public async Task Member_of_a_group_with_roles_is_listed_before_their_first_sign_in_and_until_they_leave()
    {
        const string support = "c0000000-0000-4000-8000-000000000206";
        var adele = await client.Person("adele@contoso.example");
        var workspace = (string)(await client.Get(adele, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var users = $"/v1/workspaces/{workspace}/users";
        var listed = await client.All(adele, $"{users}?role=SupportUser");

        // Henrietta is in the group through a nested one.
        Assert.Equal(3, listed.Count);
        Assert.All(listed, user => Assert.Equal(("Pending", null), ((string?)user["status"], (string?)user["lastSignInAt"])));
        var henrietta = Assert.Single(await client.All(adele, $"{users}?search=henrietta&userType=Member&status=Pending"));
        Assert.Equal(("Henrietta Mueller", "henrietta.mueller@contoso.example"), ((string?)henrietta["displayName"], (string?)henrietta["email"]));
        Assert.Empty(await client.All(adele, $"{users}?search=henrietta&userType=Guest"));
        var token = await client.Person("henrietta@contoso.example");
        Assert.Equal(HttpStatusCode.OK, await client.Status($"/v1/workspaces/{workspace}", token));
        Assert.Equal("Active", (string?)Assert.Single(await client.All(adele, $"{users}?search=henrietta"))["status"]);

        // The followed groups are read once more when the first round begins.
        var before = await Asked();
        await Until(async () => (await client.All(adele, $"{users}?role=SupportUser")).Count == 3 && await Asked() > before + 2);
        using var response = await client.Http.DeleteAsync(new Uri(host.Options.Entra, $"graph/v1.0/groups/{support}/members/c0000000-0000-4000-8000-000000000107/$ref"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await Until(async () => (await client.All(adele, $"{users}?role=SupportUser")).Count == 2);
    }

    // Each attempt takes two requests.
    private static async Task Until(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await condition())
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task Groups_are_found_in_the_directory_and_granted_with_their_name_there()
    {
        var adele = await client.Person("adele@contoso.example");
        var workspace = (string)(await client.Get(adele, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var at = $"/v1/workspaces/{workspace}";

        Assert.Equal("Connected", (string?)(await client.Get(adele, $"{at}/directory"))["status"]);
        var found = await client.All(adele, $"{at}/directory/groups?search=project 0&pageSize=40");
        Assert.Equal(99, found.Count);
        Assert.All(found, group => Assert.StartsWith("Project 0", (string)group["displayName"]!, StringComparison.Ordinal));
        var support = Assert.Single(await client.All(adele, $"{at}/directory/groups?search=engage support"));
        Assert.Equal(["SupportUser"], support["roles"]!.AsArray().Select(role => (string?)role));

        var project = (string)found[0]["groupId"]!;
        var roles = new JsonObject { ["roles"] = new JsonArray("SupportUser"), ["displayName"] = "Another name" };
        var preview = await client.Post(adele, $"{at}/groups/{project}/preview", new JsonObject { ["roles"] = new JsonArray("SupportUser") });

        // The one who gains is Johanna, who never signed in.
        Assert.Equal((1, 0), ((int)preview["gains"]!["count"]!, (int)preview["loses"]!["count"]!));
        Assert.Equal((string?)found[0]["displayName"], (string?)(await client.Put(adele, $"{at}/groups/{project}", roles))["displayName"]);

        using var unknown = await client.Send(HttpMethod.Put, adele, $"{at}/groups/{Guid.NewGuid()}", roles.DeepClone());
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.NotNull((await unknown.Content.ReadFromJsonAsync<JsonNode>())!["errors"]!["groupId"]);
    }

    [Fact]
    public async Task Name_status_and_number_of_people_of_a_group_follow_the_directory()
    {
        const string support = "c0000000-0000-4000-8000-000000000206";
        var adele = await client.Person("adele@contoso.example");
        var workspace = (string)(await client.Get(adele, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var groups = $"/v1/workspaces/{workspace}/groups";
        var all = await client.All(adele, groups);
        Assert.All(all, item => Assert.Equal("Active", (string?)item["status"]));
        Assert.Equal(3, (int)(await client.Get(adele, $"{groups}/{support}"))["memberCount"]!);

        var tag = await Tag();

        using (var renamed = await client.Http.PatchAsJsonAsync(new Uri(host.Options.Entra, $"graph/v1.0/groups/{support}"), new { displayName = "Support of Contoso" }))
        {
            Assert.Equal(HttpStatusCode.NoContent, renamed.StatusCode);
        }

        await Until(async () => (await client.All(adele, $"{groups}?search=support of contoso")).Count == 1);
        using (var deleted = await client.Http.DeleteAsync(new Uri(host.Options.Entra, $"graph/v1.0/groups/{support}")))
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        await Until(async () => (await client.All(adele, $"{groups}?status=NotFound")).Count == 1);
        Assert.Equal(all.Count - 1, (await client.All(adele, $"{groups}?status=Active")).Count);
        Assert.Empty(await client.All(adele, $"{groups}?status=Unknown"));
        var gone = await client.Get(adele, $"{groups}/{support}");
        Assert.Equal(("NotFound", "Support of Contoso", null), ((string?)gone["status"], (string?)gone["displayName"], gone["memberCount"]));

        // A client with the earlier representation is not told that nothing changed.
        Assert.EndsWith(".Active-3\"", tag, StringComparison.Ordinal);
        Assert.EndsWith(".NotFound-\"", await Tag(), StringComparison.Ordinal);

        // The test removes its grant.
        using var removed = await client.Send(HttpMethod.Delete, adele, $"{groups}/{support}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty(await client.All(adele, $"{groups}?status=NotFound"));

        async Task<string> Tag()
        {
            using var answer = await client.Send(HttpMethod.Get, adele, $"{groups}/{support}");
            return answer.Headers.ETag!.Tag;
        }
    }

    [Fact]
    public async Task Preview_predicts_the_effect_of_a_grant()
    {
        var (johanna, adele) = (await client.Person(Johanna), await client.Person("adele@contoso.example"));
        var workspace = (string)(await client.Get(johanna, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;
        var project = (string)(await client.All(adele, $"/v1/workspaces/{workspace}/directory/groups?search=Project 001"))[0]["groupId"]!;
        var roles = new JsonObject { ["roles"] = new JsonArray("SupportUser") };

        var gains = (await client.Post(adele, $"/v1/workspaces/{workspace}/groups/{project}/preview", roles))["gains"]!;

        Assert.Equal(1, (int)gains["count"]!);
        Assert.Equal(["ViewSupportInsights"], gains["users"]![0]!["permissions"]!.AsArray().Select(p => (string?)p));
        Assert.Equal(HttpStatusCode.Forbidden, await client.Status($"/v1/workspaces/{workspace}/support-cases", johanna));
        await client.Put(adele, $"/v1/workspaces/{workspace}/groups/{project}", roles.DeepClone());
        Assert.Equal(HttpStatusCode.OK, await client.Status($"/v1/workspaces/{workspace}/support-cases", johanna));
    }

    [Fact]
    public async Task Silent_directory_is_shown_and_does_not_prevent_grants()
    {
        await Faults(new { kind = "Refuse", status = 403, code = "Authorization_RequestDenied" });
        var adele = await client.Person("adele@contoso.example");
        var workspace = (string)(await client.Get(adele, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await client.Status($"/v1/workspaces/{workspace}/directory/groups", adele));
        var state = await client.Get(adele, $"/v1/workspaces/{workspace}/directory");
        Assert.Equal(("Delayed", "Graph answered 403 Authorization_RequestDenied."), ((string?)state["status"], (string?)state["reason"]));
        await client.Put(adele, $"/v1/workspaces/{workspace}/groups/{Guid.NewGuid()}", new JsonObject { ["roles"] = new JsonArray("User") });
    }

    private async Task<IEnumerable<string>> Permissions(string token, string workspace) =>
        (await client.Get(token, $"/v1/workspaces/{workspace}/permissions"))["permissions"]!.AsArray().Select(p => (string)p!).Order(StringComparer.Ordinal);

    private async Task<int> Asked() =>
        (int)(await client.Http.GetFromJsonAsync<JsonNode>(new Uri(host.Options.Entra, "graph/faults")))!["requests"]!;

    private async Task Faults(params object[] faults)
    {
        using var response = await client.Http.PutAsJsonAsync(new Uri(host.Options.Entra, "graph/faults"), new { faults });
        response.EnsureSuccessStatusCode();
    }
}
