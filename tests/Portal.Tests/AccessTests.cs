using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>What each person of the sample sees.</summary>
[Collection(nameof(PortalService))]
public sealed class AccessTests(PortalService portal)
{
    private const string NightDesk = "c0000000-0000-4000-8000-000000000209";
    private const string Administrators = "c0000000-0000-4000-8000-000000000201";
    private const string Support = "c0000000-0000-4000-8000-000000000206";

    [Theory]
    [InlineData("adele", "Home, Support insights, Customer activity, User management, Audit, Settings", true)]
    [InlineData("megan", "Home, Support insights, Customer activity, User management, Audit, Settings", true)]
    [InlineData("alex", "Home, User management, Audit", true)]
    [InlineData("isaiah", "Home, Support insights, Customer activity, User management", false)]
    [InlineData("grady", "Home, Support insights, User management", false)]
    [InlineData("lee", "Home, Learning, User management", false)]
    [InlineData("pradeep", "Home, User management", false)]
    [InlineData("diego", "Home, Assessments, User management", false)]
    public async Task Role_opens_only_its_pages(string person, string expected, bool mayManage)
    {
        var page = await portal.OpenAsync(person, portal.Home);
        Assert.Equal(expected, string.Join(", ", await page.GetByRole(AriaRole.Navigation, new() { Name = "Pages", Exact = true }).GetByRole(AriaRole.Link).AllInnerTextsAsync()));

        foreach (var (title, path) in (IEnumerable<(string, string)>)[("Customer activity", "customer-activity"), ("Assessments", "assessments"), ("Assessments", "assessments/EntraId"), ("Learning", "learning"), ("Audit", "audit"), ("Settings", "settings")])
        {
            var opens = expected.Contains(title, StringComparison.Ordinal);
            Assert.Equal(opens ? 200 : 403, (await page.GotoAsync($"{portal.Home}/{path}"))!.Status);
            Assert.Equal(opens, await page.Locator("main table, main form").CountAsync() > 0);
        }

        var sees = expected.Contains("insights", StringComparison.Ordinal);
        Assert.Equal(sees ? 200 : 403, (await page.GotoAsync($"{portal.Home}/support-insights"))!.Status);
        Assert.Equal(sees, await page.Locator("svg.chart").CountAsync() > 0);
        Assert.Equal(sees ? 200 : 403, (await page.GotoAsync($"{portal.Home}/support-cases"))!.Status);
        Assert.Equal(mayManage ? 200 : 403, (await page.GotoAsync($"{portal.Home}/groups/{Support}"))!.Status);
        Assert.Equal(mayManage, await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).CountAsync() > 0);
        await page.GotoAsync($"{portal.Home}/groups");
        Assert.Equal(mayManage, await page.GetByRole(AriaRole.Link, new() { Name = "+ Add" }).CountAsync() > 0);
        await page.CloseAsync();
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("/users", 200)]
    [InlineData("/learning", 403)]
    [InlineData("/nothing", 404)]
    [InlineData("/support-cases.csv", 200)]
    public async Task HEAD_has_the_status_of_GET_and_no_body(string path, int status)
    {
        var adele = await portal.OpenAsync("adele", portal.Home);
        var head = await adele.APIRequest.HeadAsync(portal.Home + path);
        var get = await adele.APIRequest.GetAsync(portal.Home + path);

        Assert.Equal((status, status), (head.Status, get.Status));
        Assert.Equal(get.Headers["content-type"], head.Headers["content-type"]);
        Assert.Empty(await head.BodyAsync());
        await adele.CloseAsync();
    }

    [Fact]
    public async Task Person_without_a_workspace_is_told_so()
    {
        var page = await portal.OpenAsync("nestor", "/");
        Assert.Equal("You have no workspace yet", await page.GetByRole(AriaRole.Heading).InnerTextAsync());
        Assert.Equal(403, (await page.GotoAsync(portal.Home))!.Status);
        Assert.Equal(404, (await page.GotoAsync("/nothing"))!.Status);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Revoked_right_ends_on_an_open_page_and_the_back_button_shows_nothing()
    {
        var henrietta = await portal.OpenAsync("henrietta", $"{portal.Home}/support-cases");
        Assert.NotEqual(0, await henrietta.Locator("table.grid tbody tr").CountAsync());
        var path = $"/v1/workspaces/{portal.Workspace}/groups/{Support}";
        var adele = await portal.PersonAsync("adele");
        await portal.SendAsync(HttpMethod.Delete, adele, path);
        try
        {
            await henrietta.GetByRole(AriaRole.Link, new() { Name = "User management", Exact = true }).ClickAsync();
            Assert.Equal("This workspace is not open to you", await henrietta.GetByRole(AriaRole.Heading).InnerTextAsync());
            await henrietta.GoBackAsync();
            Assert.Equal(0, await henrietta.Locator("table").CountAsync());
        }
        finally
        {
            await portal.SendAsync(HttpMethod.Put, adele, path, new JsonObject { ["displayName"] = "Engage Support", ["roles"] = new JsonArray("SupportUser") });
        }

        await henrietta.GotoAsync($"{portal.Home}/support-cases");
        Assert.NotEqual(0, await henrietta.Locator("table.grid tbody tr").CountAsync());
        await henrietta.CloseAsync();
    }

    [Theory]
    [InlineData("settings", "Rename")]
    [InlineData($"groups/{Support}", "Save")]
    [InlineData($"groups/{Support}/remove", "Remove the group")]
    public async Task Form_that_is_sent_after_the_right_was_lost_says_that_nothing_was_saved(string form, string button)
    {
        var megan = await portal.OpenAsync("megan", $"{portal.Home}/{form}");
        var path = $"/v1/workspaces/{portal.Workspace}/groups/{Administrators}";
        var adele = await portal.PersonAsync("adele");
        await portal.SendAsync(HttpMethod.Delete, adele, path);
        try
        {
            var answer = await megan.RunAndWaitForResponseAsync(
                () => megan.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync(), response => response.Request.Method == "POST");
            Assert.Equal(403, answer.Status);
            Assert.Equal("What you sent was not saved.", await megan.GetByRole(AriaRole.Alert).InnerTextAsync());
            Assert.Equal("This workspace is not open to you", await megan.GetByRole(AriaRole.Heading).InnerTextAsync());
        }
        finally
        {
            await portal.SendAsync(HttpMethod.Put, adele, path, new JsonObject { ["displayName"] = "Engage Administrators", ["roles"] = new JsonArray("Administrator") });
        }

        await megan.CloseAsync();
    }

    /// <summary>One page shows a group as it was before somebody else saved or removed it, or that it holds no role.</summary>
    [Theory]
    [InlineData(Support, "SupportUser", "LearningUser", "Its roles are now: Learning User.")]
    [InlineData(Support, "SupportUser", null, "It holds no role now.")]
    [InlineData(NightDesk, null, "LearningUser", "Its roles are now: Learning User.")]
    public async Task Stale_form_of_a_group_undoes_nothing_that_somebody_else_did(string group, string? before, string? meanwhile, string shown)
    {
        var page = await portal.OpenAsync("adele", $"{portal.Home}/groups/{group}");
        var path = $"/v1/workspaces/{portal.Workspace}/groups/{group}";
        var adele = await portal.PersonAsync("adele");
        await SetAsync(meanwhile);
        try
        {
            // A preview shows who would gain what, but not what somebody else did.
            await page.GetByRole(AriaRole.Button, new() { Name = "Show who gains what", Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Checkbox, new() { Name = "Assessment User" }).CheckAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
            Assert.Equal("Somebody else has changed this meanwhile. Check it, and send it again.", await page.GetByRole(AriaRole.Alert).InnerTextAsync());
            Assert.Equal(shown, await page.GetByRole(AriaRole.Status).InnerTextAsync());
            var groups = (await portal.SendAsync(HttpMethod.Get, adele, path[..path.LastIndexOf('/')]))!["value"]!.AsArray();
            Assert.Equal(meanwhile is null ? [] : [meanwhile], groups.Where(g => (string)g!["groupId"]! == group).SelectMany(g => g!["roles"]!.AsArray()).Select(role => (string)role!));

            // Whoever has seen it may replace it.
            await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
            Assert.Equal(0, await page.GetByRole(AriaRole.Alert).CountAsync());
        }
        finally
        {
            await SetAsync(before);
        }

        await page.CloseAsync();

        Task SetAsync(string? role) => role is null
            ? portal.SendAsync(HttpMethod.Delete, adele, path)
            : portal.SendAsync(HttpMethod.Put, adele, path, new JsonObject { ["roles"] = new JsonArray(role) });
    }

    [Theory]
    [InlineData("")]
    [InlineData("?code=x&state=y")]
    [InlineData("?error=access_denied")]
    public async Task Callback_without_a_sign_in_is_not_an_error_of_the_portal(string query)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        using var response = await http.GetAsync(new Uri(portal.Url, $"/signin-oidc{query}"));

        Assert.Equal((HttpStatusCode.Redirect, "/error"), (response.StatusCode, response.Headers.Location!.ToString()));
    }

    [Theory]
    [InlineData("/language", "back=/")]
    [InlineData("/language", "language=de")]
    [InlineData("/switch", "")]
    public async Task Form_without_its_fields_is_a_bad_request(string path, string fields)
    {
        var adele = await portal.OpenAsync("adele", portal.Home);
        var proof = await adele.Locator("input[name='__RequestVerificationToken']").First.InputValueAsync();
        var posted = await adele.APIRequest.PostAsync(path, new() { Headers = [new("Content-Type", "application/x-www-form-urlencoded")], DataString = $"{fields}&__RequestVerificationToken={Uri.EscapeDataString(proof)}", MaxRedirects = 0 });

        Assert.Equal(400, posted.Status);
        await adele.CloseAsync();
    }

    [Fact]
    public async Task Form_of_another_site_changes_nothing()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        using var form = new FormUrlEncodedContent([new("workspace", portal.Workspace)]);
        using var response = await http.PostAsync(new Uri(portal.Url, "/switch"), form);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);

        var adele = await portal.OpenAsync("adele", portal.Home);
        var posted = await adele.APIRequest.PostAsync("/switch", new() { Headers = [new("Content-Type", "application/x-www-form-urlencoded")], DataString = $"workspace={portal.Workspace}", MaxRedirects = 0 });
        Assert.Equal(400, posted.Status);
        await adele.CloseAsync();
    }
}
