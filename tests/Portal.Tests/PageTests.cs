using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>The purpose of each page, in a browser without scripts.</summary>
[Collection(nameof(PortalService))]
public sealed class PageTests(PortalService portal)
{
    [Fact]
    public async Task Customer_activity_shows_bought_and_delivered_hours_and_can_be_filtered()
    {
        var proof = await portal.SendAsync(HttpMethod.Get, await portal.PersonAsync("isaiah"), $"/v1/workspaces/{portal.Workspace}/proof-of-execution");
        var page = await portal.OpenAsync("isaiah", $"{portal.Home}/customer-activity");
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Proof of execution" });
        Assert.Equal(proof!["lines"]!.AsArray().Select(l => l!["name"]!.GetValue<string>()), await table.Locator("tbody th bdi").AllInnerTextsAsync());
        Assert.Equal($"{proof["totals"]!["hoursPurchased"]!.GetValue<double>():#,0.#}", await table.Locator("tfoot td").First.InnerTextAsync());

        var grid = page.GetByRole(AriaRole.Region, new() { Name = "Activities" }).Locator("tbody tr");
        var all = await grid.CountAsync();
        await page.GetByText("+ Add filter").ClickAsync();
        await page.Locator("select[name=status]").SelectOptionAsync("Delivered");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).First.ClickAsync();
        Assert.InRange(await grid.CountAsync(), 1, all - 1);
        Assert.Contains("status=Delivered", page.Url, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Link, new() { Name = "Status: Delivered" }).ClickAsync();
        Assert.Equal(all, await grid.CountAsync());
        await page.CloseAsync();
    }

    [Theory]
    [InlineData("isaiah", "support-cases", "caseId")]
    [InlineData("isaiah", "customer-activity", "activityId")]
    [InlineData("diego", "assessments/EntraId/recommendations", "recommendationId")]
    public async Task List_is_downloaded_as_CSV_only_by_its_readers(string person, string list, string column)
    {
        var page = await portal.OpenAsync(person, portal.Home);
        var csv = await page.APIRequest.GetAsync($"{portal.Home}/{list}.csv");
        Assert.Equal("text/csv; charset=utf-8", csv.Headers["content-type"]);
        Assert.StartsWith(column, Encoding.UTF8.GetString(await csv.BodyAsync()).TrimStart('\uFEFF'), StringComparison.Ordinal);
        await page.CloseAsync();

        var other = await portal.OpenAsync("alex", portal.Home);
        var refused = await other.APIRequest.GetAsync($"{portal.Home}/{list}.csv");
        Assert.Equal(403, refused.Status);
        Assert.StartsWith("text/html", refused.Headers["content-type"], StringComparison.Ordinal);
        await other.CloseAsync();
    }

    [Fact]
    public async Task A_CSV_has_what_its_page_shows()
    {
        var page = await portal.OpenAsync("isaiah", $"{portal.Home}/support-cases?status=Closed&severity=A");
        var href = await page.GetByRole(AriaRole.Link, new() { Name = "Download as CSV" }).GetAttributeAsync("href");
        var csv = await (await page.APIRequest.GetAsync(href!)).TextAsync();
        foreach (var shown in await page.Locator("table.grid tbody th").AllInnerTextsAsync())
        {
            Assert.Contains(shown, csv, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("InProgress", csv, StringComparison.Ordinal);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Hidden_columns_stay_hidden()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await page.GotoAsync($"{portal.Home}/users?search=a");
        await page.Locator(".gear summary").ClickAsync();
        await page.GetByLabel("Email").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).Last.ClickAsync();
        Assert.EndsWith("/users?search=a", page.Url, StringComparison.Ordinal);
        Assert.Equal(["Name", "Roles", "Status", "Last sign-in"], await page.Locator("table.grid thead th").AllInnerTextsAsync());
        await page.GotoAsync($"{portal.Home}/users");
        Assert.DoesNotContain("Email", await page.Locator("table.grid thead th").AllInnerTextsAsync());
        await page.GotoAsync($"{portal.Home}/groups");
        Assert.Equal("Name", await page.Locator("table.grid thead th").First.InnerTextAsync());
    }

    [Fact]
    public async Task Manager_schedules_an_assessment_starts_a_run_and_sees_ranked_recommendations()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "miriam");
        await page.GotoAsync($"{portal.Home}/assessments");
        await page.GetByRole(AriaRole.Link, new() { Name = "SQL Server" }).First.ClickAsync();
        var at = new Uri(page.Url).AbsolutePath;
        var technology = at.Split('/')[^1];
        await page.GetByLabel("Run it").SelectOptionAsync("30");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the schedule" }).ClickAsync();
        Assert.Equal("The schedule is set.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        Assert.Contains("Every 30 days", await page.Locator(".figures").InnerTextAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        Assert.Equal("A run has started.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        Assert.Equal(1, await page.GetByRole(AriaRole.Alert).CountAsync());

        var automation = await portal.AutomationAsync();
        var run = (await portal.SendAsync(HttpMethod.Get, automation, $"/v1/workspaces/{portal.Workspace}/assessment-runs"))!["value"]!.AsArray()
            .Single(r => r!["technology"]!.GetValue<string>() == technology)!["runId"]!.GetValue<string>();
        static JsonObject Recommendation(string id, string area, int impact) => new()
        {
            ["recommendationId"] = id,
            ["focusArea"] = area,
            ["title"] = $"Do {id}",
            ["businessImpact"] = impact,
            ["probability"] = 2,
            ["effort"] = 1,
            ["affectedObjects"] = 3,
        };
        await portal.SendAsync(HttpMethod.Put, automation, $"/v1/workspaces/{portal.Workspace}/assessments/{technology}/runs/{run}/results", new JsonObject
        {
            ["status"] = "Completed",
            ["recommendations"] = new JsonArray(Recommendation("low", "OperationsAndMonitoring", 1), Recommendation("high", "SecurityAndCompliance", 5)),
        });
        await page.GotoAsync(at);
        var ranked = page.GetByRole(AriaRole.Region, new() { Name = "Recommendations" }).Locator("tbody th");
        Assert.Equal(["Do high", "Do low"], await ranked.AllInnerTextsAsync());
        Assert.Equal("3", (await page.GetByRole(AriaRole.Region, new() { Name = "Recommendations" }).Locator("tbody tr").First.Locator("td").AllInnerTextsAsync())[^1]);
        await page.GotoAsync($"{at}?focusArea=OperationsAndMonitoring");
        Assert.Equal(["Do low"], await ranked.AllInnerTextsAsync());

        await page.GetByRole(AriaRole.Button, new() { Name = "End the schedule" }).ClickAsync();
        Assert.DoesNotContain("Every 30 days", await page.Locator(".figures").InnerTextAsync(), StringComparison.Ordinal);
        Assert.NotEqual(0, await page.GetByRole(AriaRole.Region, new() { Name = "Runs" }).Locator("tbody tr").CountAsync());
    }

    [Fact]
    public async Task Reader_of_assessments_cannot_change_a_schedule()
    {
        var page = await portal.OpenAsync("diego", $"{portal.Home}/assessments/EntraId");
        Assert.Equal(1, await page.GetByRole(AriaRole.Button, new() { Name = "Run now" }).CountAsync());
        Assert.Equal(0, await page.GetByRole(AriaRole.Button, new() { Name = "Set the schedule" }).CountAsync());
        await page.CloseAsync();
    }

    [Fact]
    public async Task Course_is_found_started_and_completed()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "lee");
        await page.GotoAsync($"{portal.Home}/learning");
        var enrol = page.GetByRole(AriaRole.Button, new() { Name = "Enrol " }).First;
        var title = (await enrol.Locator("bdi").TextContentAsync())!;
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Searchbox).FillAsync(title);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = $"Enrol {title}" }).ClickAsync();
        Assert.Equal("Your progress is saved.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        foreach (var percent in (int[])[25, 50, 75, 100])
        {
            await page.GetByRole(AriaRole.Button, new() { Name = $"Continue to {percent} % {title}" }).ClickAsync();
        }

        var row = page.GetByRole(AriaRole.Region, new() { Name = "Your courses" }).Locator("tr", new() { HasText = title });
        Assert.Contains("100 %", await row.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await row.GetByRole(AriaRole.Button).CountAsync());
        Assert.NotEqual(0, await page.Locator("svg.chart rect").CountAsync());
        Assert.NotEqual(0, await page.GetByRole(AriaRole.Region, new() { Name = "By month" }).Locator("tbody tr").CountAsync());
    }

    [Fact]
    public async Task Rename_in_settings_is_in_the_audit_trail_with_before_and_after()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        var other = (await portal.WorkspacesAsync("adele")).First(w => w["workspaceId"]!.GetValue<string>() != portal.Workspace);
        var (id, was) = (other["workspaceId"]!.GetValue<string>(), other["name"]!.GetValue<string>());
        await page.GotoAsync($"/w/{id}/settings");
        Assert.Contains("Agreement", await page.Locator(".facts").First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Connected", await page.Locator(".facts").Last.InnerTextAsync(), StringComparison.Ordinal);
        foreach (var name in (string[])["2026-01-02", was])
        {
            await page.GetByLabel("Name").FillAsync(name);
            await page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();
            Assert.Equal("The workspace has its new name.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
            Assert.Equal(name, await page.Locator(".top .now").InnerTextAsync());
        }

        await page.GotoAsync($"/w/{id}/audit");
        var newest = await page.Locator("table.grid tbody tr").First.Locator("th, td").AllInnerTextsAsync();
        Assert.Equal(["Adele Vance", "Workspace renamed"], newest.Skip(1).Take(2));
        Assert.Contains("2026-01-02", newest[^2], StringComparison.Ordinal);
        Assert.DoesNotContain("00:00", newest[^2], StringComparison.Ordinal);
        Assert.Contains(was, newest[^1], StringComparison.Ordinal);
    }
}
