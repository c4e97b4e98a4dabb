using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Graph;

public sealed class GraphEndpointsTests : IAsyncLifetime
{
    private const string Graph = "/graph/v1.0";
    private const string Nobody = "99999999-0000-4000-8000-000000000000";

    private RunningEntra entra = null!;

    public async Task InitializeAsync() => entra = await RunningEntra.StartAsync(Value);

    public async Task DisposeAsync() => await entra.DisposeAsync();

    [Theory]
    [InlineData("https://graph.microsoft.com/v1.0/directoryObjects/")]
    [InlineData("https://graph.microsoft.com/v1.0/users/")]
    [InlineData("http://localhost:8081/graph/v1.0/directoryObjects/")]
    public async Task Change_of_a_membership_is_in_the_next_token(string prefix)
    {
        const string guest = "guy_fabrikam.example#EXT#@contoso.example";

        Assert.Equal(HttpStatusCode.NoContent, (await AddAsync(Empty, prefix + Guy)).Status);
        Assert.Equal([Empty], await entra.GroupsOfAsync(Contoso, guest));

        Assert.Equal(HttpStatusCode.NoContent, (await RemoveAsync(Empty, Guy)).Status);
        Assert.Empty(await entra.GroupsOfAsync(Contoso, guest));
    }

    [Fact]
    public async Task A_group_may_be_added_to_a_group()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await AddAsync(Empty, $"https://graph.microsoft.com/v1.0/groups/{Outer}")).Status);

        Assert.Contains(Empty, await entra.GroupsOfAsync(Contoso, "ann@contoso.example"));
    }

    [Theory]
    [InlineData(Outer, Bob, 400, "Request_BadRequest")]
    [InlineData(Nobody, Bob, 404, "Request_ResourceNotFound")]
    [InlineData(Bob, Ann, 404, "Request_ResourceNotFound")]
    [InlineData(Outer, Nobody, 404, "Request_ResourceNotFound")]
    [InlineData(Outer, Eve, 404, "Request_ResourceNotFound")]
    [InlineData("outer", Bob, 400, "Request_BadRequest")]
    [InlineData(Outer, "bob", 400, "Request_BadRequest")]
    public async Task Adding_is_refused_as_Graph_refuses(string group, string member, int status, string code)
    {
        var (actual, body) = await AddAsync(group, $"https://graph.microsoft.com/v1.0/directoryObjects/{member}");

        Assert.Equal(status, (int)actual);
        var error = body!.Value.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.True(error.GetProperty("innerError").GetProperty("request-id").TryGetGuid(out _));
        Assert.True(error.GetProperty("innerError").GetProperty("client-request-id").TryGetGuid(out _));
        Assert.True(error.GetProperty("innerError").GetProperty("date").TryGetDateTime(out _));
    }

    [Theory]
    [InlineData("application/json", "{", 400)]
    [InlineData("application/json", "[]", 400)]
    [InlineData("application/json", """{"@odata.id":7}""", 400)]
    [InlineData("application/json", """{"@odata.id":"https://graph.microsoft.com/v1.0/devices/10000000-0000-4000-8000-000000000001"}""", 400)]
    [InlineData("text/plain", "{}", 400)]
    [InlineData("application/json", null, 413)]
    public async Task A_body_that_is_no_reference_is_refused(string type, string? body, int status)
    {
        using var content = new StringContent(body ?? $"\"{new string('a', 65 * 1024)}\"", Encoding.UTF8, type);
        using var response = await entra.Client.PostAsync($"{Graph}/groups/{Outer}/members/$ref", content);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("Request_BadRequest", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(Outer, Guy, 404)]
    [InlineData(Nobody, Bob, 404)]
    [InlineData(Outer, "bob", 400)]
    public async Task Removing_is_refused_as_Graph_refuses(string group, string member, int status) =>
        Assert.Equal(status, (int)(await RemoveAsync(group, member)).Status);

    [Fact]
    public async Task A_person_in_two_tenants_is_added_in_the_tenant_of_the_group()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await AddAsync(Foreign, $"https://graph.microsoft.com/v1.0/users/{Twin}")).Status);

        Assert.Equal([Foreign], await entra.GroupsOfAsync(Fabrikam, "twin@fabrikam.example"));
        Assert.Empty(await entra.GroupsOfAsync(Contoso, "twin@contoso.example"));
    }

    [Fact]
    public async Task A_person_in_two_tenants_cannot_be_asked_about()
    {
        using var response = await entra.Client.GetAsync($"{Graph}/users/{Twin}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("in several tenants", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task People_and_groups_can_be_read()
    {
        var ann = await entra.Client.GetFromJsonAsync<JsonElement>($"{Graph}/users/{Ann}");
        var outer = await entra.Client.GetFromJsonAsync<JsonElement>($"{Graph}/groups/{Outer}");

        Assert.Equal((Ann, "Ann Archer", "ann@contoso.example", "ann.archer@contoso.example", "Member"),
            (Text(ann, "id"), Text(ann, "displayName"), Text(ann, "userPrincipalName"), Text(ann, "mail"), Text(ann, "userType")));
        Assert.Equal((Outer, "Outer"), (Text(outer, "id"), Text(outer, "displayName")));
        Assert.True(outer.GetProperty("securityEnabled").GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, (await entra.Client.GetAsync($"{Graph}/users/{Outer}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await entra.Client.GetAsync($"{Graph}/groups/{Ann}")).StatusCode);
    }

    [Fact]
    public async Task Members_are_people_and_groups_and_come_in_pages()
    {
        var first = await entra.Client.GetFromJsonAsync<JsonElement>($"{Graph}/groups/{Outer}/members?$top=1");
        var second = await entra.Client.GetFromJsonAsync<JsonElement>(Text(first, "@odata.nextLink"));

        var bob = Assert.Single(first.GetProperty("value").EnumerateArray());
        var inner = Assert.Single(second.GetProperty("value").EnumerateArray());
        Assert.Equal((Bob, "#microsoft.graph.user", "bob@contoso.example"), (Text(bob, "id"), Text(bob, "@odata.type"), Text(bob, "userPrincipalName")));
        Assert.Equal((Inner, "#microsoft.graph.group"), (Text(inner, "id"), Text(inner, "@odata.type")));
        Assert.False(second.TryGetProperty("@odata.nextLink", out _));
    }

    [Theory]
    [InlineData("$top=0")]
    [InlineData("$top=1000")]
    [InlineData("$top=many")]
    [InlineData("$skiptoken=next")]
    public async Task A_page_has_bounds(string query) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await entra.Client.GetAsync($"{Graph}/groups/{Outer}/members?{query}")).StatusCode);

    [Fact]
    public async Task Transitive_groups_come_in_pages()
    {
        var first = await entra.Client.GetFromJsonAsync<JsonElement>($"{Graph}/users/{Ann}/transitiveMemberOf?$top=2");
        var second = await entra.Client.GetFromJsonAsync<JsonElement>(Text(first, "@odata.nextLink"));

        Assert.Equal([Outer, Inner], first.GetProperty("value").EnumerateArray().Select(group => Text(group, "id")));
        Assert.Equal([Circle], second.GetProperty("value").EnumerateArray().Select(group => Text(group, "id")));
    }

    [Theory]
    [InlineData("""{"securityEnabledOnly":true}""", 200)]
    [InlineData("""{"securityEnabledOnly":false}""", 200)]
    [InlineData("""{}""", 400)]
    [InlineData("""{"securityEnabledOnly":"true"}""", 400)]
    public async Task Member_objects_are_the_ids_of_all_groups(string body, int status)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await entra.Client.PostAsync($"{Graph}/users/{Ann}/getMemberObjects", content);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
        {
            var ids = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal([Outer, Inner, Circle], ids.GetProperty("value").EnumerateArray().Select(id => id.GetString()));
        }
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<(HttpStatusCode Status, JsonElement? Body)> AddAsync(string group, string link)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new Dictionary<string, string> { ["@odata.id"] = link }), Encoding.UTF8, "application/json");
        using var response = await entra.Client.PostAsync($"{Graph}/groups/{group}/members/$ref", content);
        return await AnswerAsync(response);
    }

    private async Task<(HttpStatusCode Status, JsonElement? Body)> RemoveAsync(string group, string member)
    {
        using var response = await entra.Client.DeleteAsync($"{Graph}/groups/{group}/members/{member}/$ref");
        return await AnswerAsync(response);
    }

    private static async Task<(HttpStatusCode Status, JsonElement? Body)> AnswerAsync(HttpResponseMessage response) =>
        (response.StatusCode, response.StatusCode == HttpStatusCode.NoContent ? null : await response.Content.ReadFromJsonAsync<JsonElement>());
}
