using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests that errors in schedules, results and queries are named, and that nothing changes.</summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadAssessmentTests(RunningService service)
{
    private const string Sql = "SqlServer";

    private static readonly string[] texts = ["null", "5", "[]", "\"\"", "\"  \"", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\ud800\""];
    private static readonly string[] ratings = ["null", "0", "6", "-1", "1.5", "\"1\"", "true", "[]", "99999999999"];

    [Fact]
    public async Task Interval_is_a_duration_from_an_hour_to_366_days()
    {
        string[] intervals =
        [
            "5", "true", "[]", "{}", "\"\"", "\"daily\"", "\"P\"", "\"PT\"", "\"P1M\"", "\"P1Y\"", "\"-P1D\"", "\"P-1D\"", "\"PT59M59S\"", "\"P366DT1S\"", "\"P53W\"", "\"P1W1D\"",
            "\"p1d\"", "\"P1.5D\"", "\"PT0S\"", "\"P99999999D\"", "\"P999999D\"", "\"7\"", "\"00:59:59\"", "\"-7.00:00:00\"", "\"366.00:00:01\"", "\"24:00:00\"",
            "\"1:2\"", "\"P1D\",\"interval\":\"P1D\"",
        ];
        await AllRefused(HttpMethod.Put, "/SqlServer", [.. intervals.Select(i => ($"{{\"interval\":{i}}}", "interval"))]);
    }

    [Fact]
    public async Task Every_field_of_a_recommendation_is_checked_and_named()
    {
        var rows = new List<(string Field, string Json)>();
        Add("recommendationId", [.. texts, Long(65)]);
        Add("title", [.. texts, Long(501)]);
        Add("focusArea", ["null", "0", "\"0\"", "\"securityAndCompliance\"", "\"security\"", "\"SECURITY\"", "\"Performance and Scalability\"", "\"Security & Compliance\"", "\"And\"", "\"Security and Scalability\"", "\"Security/Compliance\"", "\"\"", "[]"]);
        Add("businessImpact", ratings);
        Add("probability", ratings);
        Add("effort", ratings);
        Add("affectedObjects", ["-1", "1.5", "\"1\"", "true", "{}", "9223372036854775808", $"[{string.Join(',', Enumerable.Repeat("\"a\"", 101))}]"]);
        var inside = new[] { "null", "5", "[]", "\"\"", "\"  \"", "\"a\\u0000b\"", "\"\\ud800\"", Long(201) };

        var path = await Run();
        await Unchanged(path, async rejected =>
        {
            foreach (var (field, json) in rows.Concat(inside.Select(i => ("affectedObjects", $"[\"fine\",{i}]"))))
            {
                await rejected.Try($"{field} {(json.Length > 60 ? json[..60] : json)}", async () =>
                {
                    var bad = Runs.Recommendation("bad", (field, "\u0001")).ToJsonString().Replace("\"\\u0001\"", json, StringComparison.Ordinal);
                    var at = json.StartsWith("[\"fine\"", StringComparison.Ordinal) ? $"{field}[1]" : field;
                    await Refused(path, $"{{\"status\":\"Completed\",\"recommendations\":[{Runs.Recommendation("good").ToJsonString()},{bad}]}}", $"recommendations[1].{at}");
                });
            }
        });

        void Add(string field, IEnumerable<string> values) => rows.AddRange(values.Select(v => (field, v)));

        static string Long(int length) => $"\"{new string('a', length)}\"";
    }

    [Fact]
    public async Task Results_are_checked_as_a_whole()
    {
        var path = await Run();
        var one = Runs.Recommendation("one").ToJsonString();
        (string Body, string Field)[] rows =
        [
            ("{}", "status"), ("""{"status":null}""", "status"), ("""{"status":"Running"}""", "status"), ("""{"status":"completed"}""", "status"), ("""{"status":1}""", "status"),
            ("""{"status":"Completed"}""", "recommendations"), ("""{"status":"Completed","recommendations":null}""", "recommendations"),
            ("""{"status":"Completed","recommendations":{}}""", "recommendations"), ("""{"status":"Completed","recommendations":"none"}""", "recommendations"),
            ("""{"status":"Completed","recommendations":[5]}""", "recommendations[0]"), ("""{"status":"Completed","recommendations":[null]}""", "recommendations[0]"),
            ($"{{\"status\":\"Completed\",\"recommendations\":[{one},{one}]}}", "recommendations[1].recommendationId"),
            ("""{"status":"Failed","recommendations":[5]}""", "recommendations[0]"),
            ($"{{\"status\":\"Completed\",\"recommendations\":[{string.Join(',', Enumerable.Range(0, 2_001).Select(n => Runs.Recommendation($"{n}").ToJsonString()))}]}}", "recommendations"),
        ];
        await Unchanged(path, async rejected =>
        {
            foreach (var (body, field) in rows)
            {
                await rejected.Try($"{field} {(body.Length > 100 ? body[..100] : body)}", () => Refused(path, body, field));
            }
        });
    }

    [Fact]
    public async Task Unknown_technology_or_run_is_404_before_any_other_error()
    {
        var workspace = await service.WorkspaceFor(nameof(BadAssessmentTests));
        var to = $"/v1/workspaces/{workspace}/assessments";
        var (manager, app) = (await Manager(), await service.AppToken());
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var technology in (string[])["sqlserver", "Oracle", "%20", "a%2Fb", "null", new('a', 300)])
            {
                await NotFound(HttpMethod.Get, $"/{technology}", manager, null, "technology-not-found");
                await NotFound(HttpMethod.Put, $"/{technology}", manager, """{"interval":5}""", "technology-not-found");
                await NotFound(HttpMethod.Delete, $"/{technology}", manager, null, "technology-not-found");
                await NotFound(HttpMethod.Post, $"/{technology}/runs", manager, null, "technology-not-found");
                await NotFound(HttpMethod.Get, $"/{technology}/runs?pageSize=0", manager, null, "technology-not-found");
                await NotFound(HttpMethod.Get, $"/{technology}/runs/x", manager, null, "technology-not-found");
                await NotFound(HttpMethod.Get, $"/{technology}/recommendations?focusArea=x", manager, null, "technology-not-found");
                await NotFound(HttpMethod.Put, $"/{technology}/runs/x/results", app, "{", "technology-not-found");
            }

            foreach (var run in (string[])["x", "ActiveDirectory-2", "activedirectory-1", "SqlServer-1", "ActiveDirectory-01", "1", new('a', 300)])
            {
                await NotFound(HttpMethod.Get, $"/ActiveDirectory/runs/{run}", manager, null, "run-not-found");
                await NotFound(HttpMethod.Put, $"/ActiveDirectory/runs/{run}/results", app, """{"status":"Failed"}""", "run-not-found");
            }
        });
        rows.AllHold();

        Task NotFound(HttpMethod method, string path, string token, string? body, string slug) => rows.Try($"{method} {path}", async () =>
        {
            using var response = await service.Send(method, to + path, token, body);
            await response.IsProblem(404, slug);
        });
    }

    [Fact]
    public async Task Queries_are_checked()
    {
        var workspace = await service.WorkspaceFor(nameof(BadAssessmentTests));
        var to = $"/v1/workspaces/{workspace}/assessments";
        var rows = new Rows();
        foreach (var list in (string[])["", "/ActiveDirectory/runs", "/ActiveDirectory/recommendations"])
        {
            foreach (var (query, field) in ((string, string)[])[("pageSize=0", "pageSize"), ("pageSize=501", "pageSize"), ("cursor=!", "cursor"), ("cursor=AAAA", "cursor"), ("cursor=MA", "cursor"), ("cursor=OTk5", "cursor")])
            {
                await rows.Try($"{list} {query}", async () =>
                {
                    using var response = await service.Send(HttpMethod.Get, $"{to}{list}?{query}", await Manager());
                    await response.IsProblem(400, "invalid-request", field);
                });
            }
        }

        foreach (var area in (string[])["security", "0", "Performance%20and%20Scalability", "SecurityAndCompliance,OperationsAndMonitoring", "SecurityAndCompliance&focusArea=SecurityAndCompliance"])
        {
            await rows.Try(area, async () =>
            {
                using var response = await service.Send(HttpMethod.Get, $"{to}/ActiveDirectory/recommendations?focusArea={area}", await Manager());
                await response.IsProblem(400, "invalid-request", "focusArea");
            });
        }

        rows.AllHold();
        using var image = await service.Send(HttpMethod.Get, $"{to}/ActiveDirectory/recommendations", await Manager(), null, ("Accept", "image/png"));
        await image.IsProblem(406, "not-acceptable");
    }

    [Fact]
    public async Task Cursor_must_come_from_the_same_list()
    {
        var workspace = await service.Workspace();
        foreach (var technology in (string[])[Sql, "Azure"])
        {
            for (var run = 0; run < 3; run++)
            {
                await service.Report(workspace, technology, await service.Run(workspace, technology), Runs.Results());
            }
        }

        await service.PutActivity(workspace, "one");
        await service.PutActivity(workspace, "two");
        await service.Json(
            HttpMethod.Post, $"/v1/workspaces/{workspace}/support-cases", await service.AppToken(), new JsonObject { ["value"] = new JsonArray(Cases.Of("one"), Cases.Of("two")) });
        var to = $"/v1/workspaces/{workspace}";
        string[] lists =
        [
            $"{to}/assessments", $"{to}/assessments/{Sql}/runs", $"{to}/assessments/Azure/runs", $"{to}/assessments/{Sql}/recommendations",
            $"{to}/assessments/Azure/recommendations", $"{to}/activities", $"{to}/support-cases", $"{to}/groups", "/v1/roles",
        ];
        var cursors = new Dictionary<string, string>();
        foreach (var list in lists)
        {
            cursors[list] = ((string)(await service.Get($"{list}?pageSize=1", await Manager()))["nextLink"]!).Split("cursor=")[1];
        }

        var rows = new Rows();
        foreach (var list in lists)
        {
            await rows.Try(list, async () => await service.Get($"{list}?cursor={cursors[list]}", await Manager()));
            foreach (var other in lists.Where(l => l != list))
            {
                await rows.Try($"{list} {other}", async () =>
                {
                    using var response = await service.Send(HttpMethod.Get, $"{list}?cursor={cursors[other]}", await Manager());
                    await response.IsProblem(400, "invalid-request", "cursor");
                });
            }
        }

        rows.AllHold();
    }

    private Task<string> Manager() => service.TokenOf(Roles.CustomerSuccessAccountManager);

    /// <summary>Returns the path for the results of a run in progress.</summary>
    private async Task<string> Run()
    {
        var workspace = await service.Workspace(granted: false);
        return $"/v1/workspaces/{workspace}/assessments/{Sql}/runs/{await service.Run(workspace, Sql)}/results";
    }

    private async Task Refused(string path, string body, string field)
    {
        using var response = await service.Send(HttpMethod.Put, path, await service.AppToken(), body);
        var problem = await response.IsProblem(400, "invalid-request", field);
        Assert.Single(problem["errors"]!.AsObject());
    }

    private async Task Unchanged(string path, Func<Rows, Task> test)
    {
        var rows = new Rows();
        await Snapshot.Unchanged(service, path.Split('/')[3], () => test(rows));
        rows.AllHold();
        using var response = await service.Send(HttpMethod.Put, path, await service.AppToken(), Runs.Results());
        await response.Is(HttpStatusCode.OK);
    }

    private async Task AllRefused(HttpMethod method, string path, params (string Body, string Field)[] bodies)
    {
        var workspace = await service.WorkspaceFor(nameof(BadAssessmentTests));
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var (body, field) in bodies)
            {
                await rows.Try(body, async () =>
                {
                    using var response = await service.Send(method, $"/v1/workspaces/{workspace}/assessments{path}", await Manager(), body);
                    await response.IsProblem(400, "invalid-request", field);
                });
            }
        });
        rows.AllHold();
    }
}
