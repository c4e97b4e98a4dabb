using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Assessments;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Follows an account manager: technologies are configured, run on demand, and their recommendations read.
/// </summary>
[Collection(RunningService.Collection)]
public class AssessmentTests(RunningService service)
{
    private const string Sql = "SqlServer";

    [Fact]
    public async Task Every_technology_is_listed_and_none_is_configured_at_first()
    {
        var (path, token) = await Make();
        var list = await service.Get(path, token);
        Assert.Equal(TechnologyTable.All.Select(t => t.Id), list.Values("technology"));
        Assert.Equal(TechnologyTable.All.Select(t => t.DisplayName), list.Values("displayName"));
        Assert.Equal((TechnologyTable.All.Length, false), ((int)list["totalCount"]!, list.AsObject().ContainsKey("nextLink")));
        Assert.All(list["value"]!.AsArray(), a => Assert.Equal(
            "displayName status=NotConfigured technology", $"displayName status={a!["status"]} {string.Join(' ', a.AsObject().Select(m => m.Key).Except(["displayName", "status"]))}"));
    }

    [Theory]
    [InlineData(null, "P7D")]
    [InlineData("{}", "P7D")]
    [InlineData("""{"interval":null}""", "P7D")]
    [InlineData("""{"interval":"PT1H"}""", "PT1H")]
    [InlineData("""{"interval":"P366D"}""", "P366D")]
    [InlineData("""{"interval":"P2W"}""", "P14D")]
    [InlineData("""{"interval":"P1DT12H30M"}""", "P1DT12H30M")]
    [InlineData("""{"interval":"PT36H"}""", "P1DT12H")]
    [InlineData("""{"interval":"7.00:00:00"}""", "P7D")]
    [InlineData("""{"interval":"12:00:00"}""", "PT12H")]
    public async Task First_run_is_due_one_hour_after_configuration(string? body, string interval)
    {
        var (path, token) = await Make();
        var before = TimeProvider.System.GetUtcNow();
        using var response = await service.Send(HttpMethod.Put, $"{path}/{Sql}", token, body);
        var created = await response.Is(HttpStatusCode.Created);
        Assert.Equal($"{path}/{Sql}", response.Headers.Location?.ToString());
        Assert.Equal((Sql, "Scheduled", interval), ((string)created["technology"]!, (string)created["status"]!, (string)created["interval"]!));
        var next = DateTimeOffset.Parse((string)created["nextRunAt"]!, CultureInfo.InvariantCulture);
        Assert.InRange(next, before.AddHours(1), TimeProvider.System.GetUtcNow().AddHours(1));

        // Repeating the request changes nothing.
        using var again = await service.Send(HttpMethod.Put, $"{path}/{Sql}", token, body);
        Assert.True(JsonNode.DeepEquals(created, await again.Is(HttpStatusCode.OK)));
        Assert.Equal(response.Headers.ETag, again.Headers.ETag);
        Assert.True(JsonNode.DeepEquals(created, await service.Get($"{path}/{Sql}", token)));
        Assert.True(JsonNode.DeepEquals(created, (await service.Get(path, token))["value"]!.AsArray().Single(a => (string)a!["technology"]! == Sql)));
    }

    [Fact]
    public async Task Schedule_can_end_and_start_again()
    {
        var (path, token) = await Make();
        var first = await service.Json(HttpMethod.Put, $"{path}/{Sql}", token, """{"interval":"P1D"}""");
        var changed = await service.Json(HttpMethod.Put, $"{path}/{Sql}", token, """{"interval":"P2D"}""");
        Assert.Equal(("P2D", (string)first["nextRunAt"]!), ((string)changed["interval"]!, (string)changed["nextRunAt"]!));
        for (var i = 0; i < 2; i++)
        {
            using var gone = await service.Send(HttpMethod.Delete, $"{path}/{Sql}", token);
            await gone.Is(HttpStatusCode.NoContent);
        }

        var none = (await service.Get($"{path}/{Sql}", token)).AsObject();
        Assert.Equal(("NotConfigured", false, false), ((string)none["status"]!, none.ContainsKey("interval"), none.ContainsKey("nextRunAt")));
        using var anew = await service.Send(HttpMethod.Put, $"{path}/{Sql}", token);
        await anew.Is(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Run_goes_from_its_start_to_its_recommendations()
    {
        var (path, token) = await Make();
        var user = await service.TokenOf(Roles.AssessmentUser);
        using var response = await service.Send(HttpMethod.Post, $"{path}/{Sql}/runs", user);
        var started = await response.Is(HttpStatusCode.Accepted);
        var (id, location) = ((string)started["runId"]!, response.Headers.Location!.ToString());
        Assert.Equal($"{path}/{Sql}/runs/{id}", location);
        Assert.Equal(("Running", "OnDemand", Sql), ((string)started["status"]!, (string)started["trigger"]!, (string)started["technology"]!));
        Assert.Equal(
            TimeSpan.FromHours(24),
            DateTimeOffset.Parse((string)started["resultsDueAt"]!, CultureInfo.InvariantCulture) - DateTimeOffset.Parse((string)started["startedAt"]!, CultureInfo.InvariantCulture));
        Assert.True(JsonNode.DeepEquals(started, await service.Get(location, user)));
        Assert.True(JsonNode.DeepEquals(started, (await service.Get($"{path}/{Sql}", user))["lastRun"]));
        Assert.Equal("Running", (string)(await service.Get($"{path}/{Sql}", user))["status"]!);

        using var second = await service.Send(HttpMethod.Post, $"{path}/{Sql}/runs", token);
        Assert.Equal(id, (string)(await second.IsProblem(409, "run-in-progress"))["runId"]!);
        var waiting = Assert.Single((await UnderWay(path))["value"]!.AsArray());
        Assert.Equal(["resultsDueAt", "runId", "startedAt", "technology", "trigger"], waiting!.AsObject().Select(m => m.Key).Order(StringComparer.Ordinal));

        var workspace = path.Split('/')[3];
        var ended = await service.Report(workspace, Sql, id, Runs.Results());
        Assert.Equal(("Completed", 2), ((string)ended["status"]!, (int)ended["recommendationCount"]!));
        Assert.True(JsonNode.DeepEquals(ended, await service.Report(workspace, Sql, id, Runs.Results())));
        using var other = await service.Send(HttpMethod.Put, $"{location}/results", await service.AppToken(), """{"status":"Failed"}""");
        await other.IsProblem(409, "run-ended");
        Assert.Equal(("Completed", 0), ((string)(await service.Get($"{path}/{Sql}", user))["status"]!, (int)(await UnderWay(path))["totalCount"]!));

        // A failed run leaves the recommendations as they were, even if it reported some.
        var next = await service.Run(workspace, Sql);
        var failed = await service.Report(workspace, Sql, next, new() { ["status"] = "Failed", ["recommendations"] = new JsonArray(Runs.Recommendation("half")) });
        Assert.True(JsonNode.DeepEquals(failed, await service.Report(workspace, Sql, next, new() { ["status"] = "Failed" })));
        Assert.Equal(("Failed", "Reported", false), ((string)failed["status"]!, (string)failed["failureReason"]!, failed.AsObject().ContainsKey("recommendationCount")));
        var runs = await service.Get($"{path}/{Sql}/runs", user);
        Assert.Equal([(string)failed["runId"]!, id], runs.Values("runId"));
        Assert.Equal(["AD-17", "AD-42"], (await service.Get($"{path}/{Sql}/recommendations", user)).Values("recommendationId"));
    }

    [Fact]
    public async Task Recommendations_are_ranked_filtered_and_returned_as_reported()
    {
        var (path, token) = await Make();
        var workspace = path.Split('/')[3];
        Assert.Equal(0, (int)(await service.Get($"{path}/{Sql}/recommendations", token))["totalCount"]!);
        await service.Report(workspace, Sql, await service.Run(workspace, Sql), Runs.Completed(
            Runs.Recommendation("b", ("businessImpact", 2), ("effort", 3)),
            Runs.Recommendation("a", ("probability", 4), ("effort", 2), ("affectedObjects", 0)),
            Runs.Recommendation("B", ("businessImpact", 4), ("effort", 2), ("affectedObjects", new JsonArray())),
            Runs.Recommendation("c", ("businessImpact", 5), ("probability", 5), ("focusArea", "PerformanceAndScalability"), ("title", "=1+1"), ("affectedObjects", new JsonArray("Ünïcødé", "two"))),
            Runs.Recommendation("d", ("effort", 5), ("affectedObjects", null))));

        var all = await service.Get($"{path}/{Sql}/recommendations", token);
        Assert.Equal(["c", "B", "a", "b", "d"], all.Values("recommendationId"));
        Assert.Equal([25, 2, 2, 2.0 / 3, 0.2], all["value"]!.AsArray().Select(r => (double)r!["score"]!));
        Assert.Equal(["""["Ünïcødé","two"]""", "[]", "0", "null", "null"], all["value"]!.AsArray().Select(r => r!["affectedObjects"]?.ToJsonString(unescaped) ?? "null"));

        Assert.Equal(["c"], (await service.Get($"{path}/{Sql}/recommendations?focusArea=PerformanceAndScalability", token)).Values("recommendationId"));

        var paged = new List<string>();
        for (var next = $"{path}/{Sql}/recommendations?pageSize=2&focusArea=SecurityAndCompliance"; next is not null;)
        {
            var page = await service.Get(next, token);
            Assert.Equal(4, (int)page["totalCount"]!);
            paged.AddRange(page.Values("recommendationId"));
            next = (string?)page["nextLink"];
        }

        Assert.Equal(["B", "a", "b", "d"], paged);

        using var csv = await service.Send(HttpMethod.Get, $"{path}/{Sql}/recommendations", token, null, ("Accept", "text/csv"));
        Assert.Equal(
            """
            recommendationId,focusArea,title,businessImpact,probability,effort,score,affectedObjects
            c,PerformanceAndScalability,"'=1+1",5,5,1,25,Ünïcødé; two
            B,SecurityAndCompliance,Do something,4,1,2,2,
            a,SecurityAndCompliance,Do something,1,4,2,2,0
            b,SecurityAndCompliance,Do something,2,1,3,0.6666666666666666,
            d,SecurityAndCompliance,Do something,1,1,5,0.2,

            """.ReplaceLineEndings("\r\n"), await csv.Content.ReadAsStringAsync());
        Assert.Equal($"attachment; filename=\"recommendations-{workspace}.csv\"", csv.Content.Headers.ContentDisposition?.ToString());
    }

    [Fact]
    public async Task Maximum_of_recommendations_is_accepted_paged_and_exported()
    {
        var (path, token) = await Make();
        var workspace = path.Split('/')[3];
        var title = new string('t', Recommendation.MaxTitleLength);
        await service.Report(workspace, Sql, await service.Run(workspace, Sql), Runs.Completed([.. Enumerable.Range(0, Recommendation.MaxPerRun)
            .Select(n => Runs.Recommendation($"{n}", ("title", title), ("businessImpact", 1 + (n % 5)), ("effort", 1 + (n % 3))))]));

        var met = new List<string>();
        for (var next = $"{path}/{Sql}/recommendations?pageSize=500"; next is not null;)
        {
            var page = await service.Get(next, token);
            met.AddRange(page.Values("recommendationId"));
            next = (string?)page["nextLink"];
        }

        Assert.Equal(Recommendation.MaxPerRun, met.Distinct().Count());
        using var csv = await service.Send(HttpMethod.Get, $"{path}/{Sql}/recommendations", token, null, ("Accept", "text/csv"));
        Assert.Equal(met, (await csv.Content.ReadAsStringAsync()).Split("\r\n")[1..^1].Select(line => line.Split(',')[0]));
    }

    [Fact, Trait("Needs", "OneProcess")]
    public async Task Unstored_change_is_not_acknowledged_and_can_be_repeated()
    {
        var (path, token) = await Make();
        var workspace = path.Split('/')[3];
        var app = await service.AppToken();
        await Unavailable("assessments", HttpMethod.Put, $"{path}/{Sql}", token);
        Assert.Equal("NotConfigured", (string)(await service.Get($"{path}/{Sql}", token))["status"]!);
        await service.Json(HttpMethod.Put, $"{path}/{Sql}", token);
        await Unavailable("assessments", HttpMethod.Post, $"{path}/{Sql}/runs", token);
        Assert.Equal(0, (int)(await UnderWay(path))["totalCount"]!);

        var id = await service.Run(workspace, Sql);
        foreach (var row in (string[])["recommendations-SqlServer-0", "assessments"])
        {
            await Unavailable(row, HttpMethod.Put, $"{path}/{Sql}/runs/{id}/results", app, Runs.Results());
            Assert.Equal("Running", (string)(await service.Get($"{path}/{Sql}/runs/{id}", token))["status"]!);
            Assert.Equal(0, (int)(await service.Get($"{path}/{Sql}/recommendations", token))["totalCount"]!);
        }

        await service.Report(workspace, Sql, id, Runs.Results());
        await Unavailable("assessments", HttpMethod.Delete, $"{path}/{Sql}", token);
        Assert.Equal("P7D", (string)(await service.Get($"{path}/{Sql}", token))["interval"]!);
        Assert.Equal(2, (int)(await service.Get($"{path}/{Sql}/recommendations", token))["totalCount"]!);
    }

    private static readonly System.Text.Json.JsonSerializerOptions unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the assessments path of a new workspace, and the token of its account manager.</summary>
    private async Task<(string Path, string Token)> Make()
    {
        var workspace = await service.Workspace(granted: false);
        await service.Grant(workspace, TestDirectory.GroupId(Roles.AssessmentUser), Roles.AssessmentUser);
        return ($"/v1/workspaces/{workspace}/assessments", await service.TokenOf(Roles.CustomerSuccessAccountManager));
    }

    private async Task<JsonNode> UnderWay(string path) => await service.Get(path.Replace("/assessments", "/assessment-runs", StringComparison.Ordinal), await service.AppToken());

    private async Task Unavailable(string row, HttpMethod method, string path, string token, JsonNode? body = null)
    {
        service.Storage.FailsToWrite = name => name == row;
        try
        {
            using var response = await service.Send(method, path, token, body);
            await response.IsProblem(503, "service-unavailable");
        }
        finally
        {
            service.Storage.FailsToWrite = _ => false;
        }
    }
}
