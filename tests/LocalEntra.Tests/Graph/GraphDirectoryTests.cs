using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using EngageCenter.LocalEntra.Tests.SignIn;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Graph;

/// <summary>What a program that follows a directory asks of Graph.</summary>
public sealed class GraphDirectoryTests : IAsyncLifetime
{
    private const string Graph = "/graph/v1.0";
    private const string ConsistencyLevel = "ConsistencyLevel";
    private RunningEntra entra = null!;

    public async Task InitializeAsync()
    {
        entra = await RunningEntra.StartAsync(Value);
        entra.Client.DefaultRequestHeaders.Add(ConsistencyLevel, "eventual");
    }

    public async Task DisposeAsync() => await entra.DisposeAsync();

    [Theory]
    [InlineData("getMemberGroups", """{"securityEnabledOnly":true}""", 200, Outer, Inner, Circle)]
    [InlineData("getMemberGroups", """{}""", 400)]
    [InlineData("checkMemberGroups", $$"""{"groupIds":["{{Inner}}","{{Empty}}","{{Foreign}}","{{Inner}}"]}""", 200, Inner)]
    [InlineData("checkMemberGroups", """{"groupIds":[]}""", 200)]
    [InlineData("checkMemberGroups", """{"groupIds":["x"]}""", 400)]
    [InlineData("checkMemberGroups", """{"groupIds":"x"}""", 400)]
    [InlineData("checkMemberGroups", """{}""", 400)]
    [InlineData("checkMemberGroups", """[]""", 400)]
    public async Task The_groups_of_a_person_are_asked_for(string action, string body, int status, params string[] expected)
    {
        using var response = await entra.SendJsonAsync(HttpMethod.Post, $"{Graph}/users/{Ann}/{action}", body);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
        {
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(expected, answer.GetProperty("value").EnumerateArray().Select(id => id.GetString()));
        }
    }

    [Theory]
    [InlineData(20, 200)]
    [InlineData(21, 400)]
    public async Task Twenty_groups_are_checked_at_once(int count, int status)
    {
        var ids = string.Join(',', Enumerable.Range(0, count).Select(_ => $"\"{Guid.NewGuid()}\""));

        using var response = await entra.SendJsonAsync(HttpMethod.Post, $"{Graph}/users/{Ann}/checkMemberGroups", $$"""{"groupIds":[{{ids}}]}""");

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("transitiveMembers/microsoft.graph.user", Ann, Bob)]
    [InlineData("transitiveMembers/graph.user", Ann, Bob)]
    [InlineData("transitiveMembers", Ann, Bob, Outer, Inner, Circle)]
    public async Task Members_through_groups_are_listed_once_also_in_circles(string list, params string[] expected)
    {
        var seen = new List<string>();
        for (var next = $"{Graph}/groups/{Inner}/{list}?$top=1&$count=true&$select=id,accountEnabled"; next is not null;)
        {
            var page = await entra.Client.GetFromJsonAsync<JsonElement>(next);
            var member = Assert.Single(page.GetProperty("value").EnumerateArray());
            Assert.False(member.TryGetProperty("displayName", out _));
            seen.Add(member.GetProperty("id").GetString()!);
            next = page.TryGetProperty("@odata.nextLink", out var link) ? link.GetString() : null;
        }

        Assert.Equal(expected, seen);
    }

    [Theory]
    [InlineData("transitiveMembers/microsoft.graph.user?$count=true", false)]
    [InlineData("transitiveMembers/microsoft.graph.user", true)]
    [InlineData("transitiveMembers/microsoft.graph.group?$count=false", true)]
    [InlineData("transitiveMembers/microsoft.graph.user/$count", false)]
    public async Task Members_of_one_kind_are_refused_without_the_parameters_of_an_advanced_query(string list, bool hasHeader)
    {
        if (!hasHeader)
        {
            entra.Client.DefaultRequestHeaders.Remove(ConsistencyLevel);
        }

        using var response = await entra.Client.GetAsync($"{Graph}/groups/{Inner}/{list}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("Request_UnsupportedQuery", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("startswith(displayName,'o')", Outer)]
    [InlineData("startswith(displayName,'OUT')", Outer)]
    [InlineData("startswith(displayName,'')", Outer, Inner, Circle, Empty)]
    [InlineData("startswith(displayName,'x')")]
    [InlineData("displayName eq 'inner'", Inner)]
    [InlineData("startswith(displayName,'e') and securityEnabled eq true", Empty)]
    [InlineData("securityEnabled eq false")]
    [InlineData($"id eq '{Outer}' or id eq '{Empty}'", Outer, Empty)]
    public async Task Groups_are_found(string filter, params string[] expected)
    {
        var page = await ListAsync($"$filter={Uri.EscapeDataString(filter)}");

        Assert.Equal(expected, page.GetProperty("value").EnumerateArray().Select(group => group.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("startswith(mail,'x')")]
    [InlineData("startswith(displayName,'o') and")]
    [InlineData("startswith(displayName,'o'')")]
    [InlineData("startswith(displayName,'o') or displayName eq 'x'")]
    [InlineData("contains(displayName,'o')")]
    public async Task A_filter_of_another_form_is_refused(string filter)
    {
        using var response = await entra.Client.GetAsync($"{Graph}/groups?$filter={Uri.EscapeDataString(filter)}");

        Assert.Equal((HttpStatusCode.BadRequest, "Request_UnsupportedQuery"), (response.StatusCode, await CodeAsync(response)));
    }

    [Fact]
    public async Task A_quote_in_a_name_is_doubled_in_a_filter()
    {
        using var renamed = await entra.SendJsonAsync(HttpMethod.Patch, $"{Graph}/groups/{Empty}", """{"displayName":"Ann's and 'others'"}""");

        var page = await ListAsync($"$filter={Uri.EscapeDataString("startswith(displayName,'ann''s and ''')")}");

        Assert.Equal(Empty, Assert.Single(page.GetProperty("value").EnumerateArray()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Groups_come_in_pages_by_name()
    {
        var names = new List<string>();
        var address = "$orderby=displayName&$top=3&$count=true&$select=displayName";
        for (var next = await ListAsync(address); ;)
        {
            names.AddRange(next.GetProperty("value").EnumerateArray().Select(group => group.GetProperty("displayName").GetString()!));
            Assert.Equal(4, next.GetProperty("@odata.count").GetInt32());
            if (!next.TryGetProperty("@odata.nextLink", out var link))
            {
                break;
            }

            next = await ListAsync(new Uri(link.GetString()!).Query[1..]);
        }

        Assert.Equal(["Circle", "Empty", "Inner", "Outer"], names);
    }

    [Theory]
    [InlineData("users", Ann, """{"accountEnabled":"no"}""", 400)]
    [InlineData("users", Ann, """{"displayName":""}""", 400)]
    [InlineData("users", Ann, """{"displayName":null}""", 400)]
    [InlineData("users", Ann, """{"mail":"x@y"}""", 400)]
    [InlineData("users", Ann, """[]""", 400)]
    [InlineData("groups", Outer, """{"accountEnabled":false}""", 400)]
    [InlineData("users", Outer, """{"displayName":"x"}""", 404)]
    [InlineData("groups", Outer, """{"displayName":"x","description":"y"}""", 204)]
    public async Task A_change_that_is_not_possible_is_refused(string set, string id, string body, int status)
    {
        using var response = await entra.SendJsonAsync(HttpMethod.Patch, $"{Graph}/{set}/{id}", body);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_name_has_a_bound()
    {
        using var response = await entra.SendJsonAsync(HttpMethod.Patch, $"{Graph}/users/{Ann}", JsonSerializer.Serialize(new { displayName = new string('a', 257) }));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Blocked_person_gets_no_token()
    {
        var client = new SignInClient(entra);
        var (refreshToken, code) = (await client.RefreshTokenAsync(), await client.CodeAsync());
        using var blocked = await entra.SendJsonAsync(HttpMethod.Patch, $"{Graph}/users/{Ann}", """{"accountEnabled":false}""");

        Assert.Equal((400, 50057), await AnswerAsync(client.RefreshAsync(refreshToken)));
        Assert.Equal((400, 50057), await AnswerAsync(client.RedeemAsync(code)));
        using var password = await entra.AskTokenAsync(Contoso, ("grant_type", "password"), ("username", "ann@contoso.example"), ("scope", "api://engage-center/access_as_user"));
        Assert.Equal(HttpStatusCode.BadRequest, password.StatusCode);
        using var browser = new Browser();
        Assert.DoesNotContain("ann@contoso.example", (await browser.OpenAsync(client.AuthorizeUrl())).People);
    }

    [Fact]
    public async Task Deleted_person_gets_no_token()
    {
        var client = new SignInClient(entra);
        var refreshToken = await client.RefreshTokenAsync();
        using var deleted = await entra.Client.DeleteAsync($"{Graph}/users/{Ann}");

        Assert.Equal((400, 50034), await AnswerAsync(client.RefreshAsync(refreshToken)));
        Assert.Equal(HttpStatusCode.NotFound, (await entra.Client.DeleteAsync($"{Graph}/users/{Ann}")).StatusCode);
    }

    [Fact]
    public async Task A_token_says_the_tenant_and_nothing_of_another_is_found()
    {
        Assert.Equal(HttpStatusCode.OK, (await AskAsync($"users/{Eve}", await entra.GraphTokenAsync(Fabrikam))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync($"users/{Eve}", await entra.GraphTokenAsync(Contoso))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync($"users/{Twin}", await entra.GraphTokenAsync(Contoso))).StatusCode);
    }

    [Fact]
    public async Task A_token_that_is_not_for_Graph_is_refused()
    {
        using var forApi = await AskAsync($"users/{Ann}", await entra.TokenOfApplicationAsync(Contoso, "automation", "s3cret:/+ %"));
        Assert.Equal((HttpStatusCode.Unauthorized, "InvalidAuthenticationToken"), (forApi.StatusCode, await CodeAsync(forApi)));

        using var garbage = await AskAsync($"users/{Ann}", "garbage");
        Assert.Equal(HttpStatusCode.Unauthorized, garbage.StatusCode);

        await using var other = await RunningEntra.StartAsync(Value);
        using var foreign = await AskAsync($"users/{Ann}", await other.GraphTokenAsync(Contoso));
        Assert.Equal(HttpStatusCode.Unauthorized, foreign.StatusCode);

        var client = new SignInClient(entra);
        var (_, person) = await client.RedeemAsync(await client.CodeAsync(("scope", "openid")));
        using var ofPerson = await AskAsync($"users/{Ann}", SignInClient.Text(person, "access_token"));
        Assert.Equal((HttpStatusCode.Forbidden, "Authorization_RequestDenied"), (ofPerson.StatusCode, await CodeAsync(ofPerson)));
    }

    private static async Task<(int, int)> AnswerAsync(Task<(int Status, JsonElement Answer)> asked)
    {
        var (status, answer) = await asked;
        return (status, SignInClient.ErrorCode(answer));
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString();

    private async Task<HttpResponseMessage> AskAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Graph}/{path}");
        request.Headers.Authorization = new("Bearer", token);
        return await entra.Client.SendAsync(request);
    }

    private async Task<JsonElement> ListAsync(string query)
    {
        using var response = await AskAsync($"groups?{query}", await entra.GraphTokenAsync(Contoso));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
