using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Tests failed writes to storage: the caller is told to try again, nobody sees what was not stored, and trying again works.
/// </summary>
[Collection(RunningService.Collection), Trait("Needs", "OneProcess")]
public class StorageFaultTests(RunningService service)
{
    [Fact]
    public async Task Unstored_name_is_shown_to_nobody()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}";
        var before = await Read(path);

        await Unavailable("workspace", HttpMethod.Patch, path, await service.ManagerToken(), """{"name":"Never stored"}""");
        Assert.Equal(before, await Read(path));
        Assert.DoesNotContain("WorkspaceRenamed", (await Manager($"{path}/audit-events")).Values("action"));

        await service.Json(HttpMethod.Patch, path, await service.ManagerToken(), """{"name":"Never stored"}""");
        Assert.Equal("Never stored", (string?)(await Manager(path))["name"]);
        Assert.Equal("WorkspaceRenamed", (await Manager($"{path}/audit-events")).Values("action").First());
    }

    [Theory]
    [InlineData("workspace")]
    [InlineData("group")]
    public async Task Unstored_grant_gives_no_access(string row)
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        var (path, body) = ($"/v1/workspaces/{workspace}/groups/{team}", """{"roles":["Administrator"]}""");

        await Unavailable(row, HttpMethod.Put, path, await service.ManagerToken(), body);
        using (var refused = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token))
        {
            await refused.IsProblem(404, "workspace-not-found");
        }

        Assert.Empty((await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
        Assert.Empty((await Manager($"/v1/workspaces/{workspace}/groups")).Values("groupId"));

        using var created = await service.Send(HttpMethod.Put, path, await service.ManagerToken(), body);
        await created.Is(HttpStatusCode.Created);
        await service.Get($"/v1/workspaces/{workspace}", token);
        Assert.Equal([workspace], (await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
    }

    [Fact]
    public async Task Unstored_revocation_is_not_acknowledged()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        await service.Grant(workspace, team, Roles.SupportUser);
        var token = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", token);
        var path = $"/v1/workspaces/{workspace}/groups/{team}";

        await Unavailable("workspace", HttpMethod.Delete, path, await service.ManagerToken());
        await service.Get($"/v1/workspaces/{workspace}", token);
        Assert.Equal([$"{team}"], (await Manager($"/v1/workspaces/{workspace}/groups")).Values("groupId"));

        await service.Json(HttpMethod.Delete, path, await service.ManagerToken());
        using var refused = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
        await refused.IsProblem(404, "workspace-not-found");
    }

    [Fact]
    public async Task Revocation_is_acknowledged_and_holds_even_if_the_list_of_the_group_cannot_be_stored()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        await service.Grant(workspace, team, Roles.SupportUser);
        var token = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", token);
        var path = $"/v1/workspaces/{workspace}/groups/{team}";

        service.Storage.FailsToWrite = name => name == "group";
        try
        {
            await service.Json(HttpMethod.Delete, path, await service.ManagerToken());
            using var refused = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
            await refused.IsProblem(404, "workspace-not-found");
        }
        finally
        {
            service.Storage.FailsToWrite = _ => false;
        }

        Assert.Empty((await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
        await service.Json(HttpMethod.Delete, path, await service.ManagerToken());
    }

    [Theory]
    [InlineData("agreement")]
    [InlineData("workspace")]
    [InlineData("user")]
    public async Task Agreement_changes_completely_or_is_finished_by_the_next_call(string row)
    {
        var app = await service.AppToken();
        var path = $"/v1/agreements/{service.NewAgreementId()}";
        var put = await service.Json(HttpMethod.Put, path, app, RunningService.Agreement());
        var workspace = (string)put["workspaces"]![0]!["workspaceId"]!;

        // The Incident Manager is removed, and somebody new is added.
        var person = service.NewPerson();
        var changed = RunningService.Agreement("Changed");
        var contacts = changed["contacts"]!.AsArray();
        contacts.RemoveAt(2);
        var added = RunningService.Contact(Roles.CustomerSuccessAccountManager, TestDirectory.Contoso);
        added["userId"] = TestDirectory.UserId(person).ToString();
        contacts.Add(added);
        var (before, after) = (await service.TokenOf(Roles.IncidentManager), await service.NewerToken(person));
        if (row != "user")
        {
            await service.Get("/v1/me", after);
        }

        await service.Get($"/v1/workspaces/{workspace}", before);
        await Unavailable(row, HttpMethod.Put, path, app, changed.DeepClone());

        // Whatever was stored, the agreement and its workspace agree now.
        var name = (string?)(await service.Get(path, app))["name"];
        var isChanged = name == "Changed";
        Assert.Equal(isChanged ? HttpStatusCode.NotFound : HttpStatusCode.OK, await Status(workspace, before));
        Assert.Equal(isChanged ? HttpStatusCode.OK : HttpStatusCode.NotFound, await Status(workspace, after));

        var repeated = await service.Json(HttpMethod.Put, path, app, changed.DeepClone());
        Assert.Equal([workspace], repeated["workspaces"]!.AsArray().Select(w => (string)w!["workspaceId"]!));
        Assert.Equal(HttpStatusCode.NotFound, await Status(workspace, before));
        Assert.Equal(HttpStatusCode.OK, await Status(workspace, after));
        Assert.Equal([workspace], (await service.Get("/v1/me/workspaces", after)).Values("workspaceId"));
    }

    [Theory]
    [InlineData("agreement")]
    [InlineData("workspace")]
    [InlineData("user")]
    public async Task New_agreement_creates_one_set_of_workspaces_for_any_number_of_attempts(string row)
    {
        var app = await service.AppToken();
        var path = $"/v1/agreements/{service.NewAgreementId()}";
        var person = service.NewPerson();
        var agreement = Workload(person, packages: 5);

        // One of the workspaces is not created, and the others are.
        var writes = 0;
        await Unavailable(name => name == row && Interlocked.Increment(ref writes) == (row == "workspace" ? 3 : 1), HttpMethod.Put, path, app, agreement.DeepClone());
        var created = await service.Json(HttpMethod.Put, path, app, agreement.DeepClone());

        var workspaces = created["workspaces"]!.AsArray().Select(w => (string)w!["workspaceId"]!).ToList();
        Assert.Equal(5, workspaces.Distinct().Count());
        var mine = (await service.Get("/v1/me/workspaces", await service.NewerToken(person))).Values("workspaceId");
        Assert.Equal(workspaces.Order(), mine.Order());
    }

    [Fact]
    public async Task Failed_opening_leaves_the_workspace_unopened()
    {
        var person = service.NewPerson();
        var app = await service.AppToken();
        var created = await service.Json(HttpMethod.Put, $"/v1/agreements/{service.NewAgreementId()}", app, Workload(person, packages: 2));
        var workspaces = created["workspaces"]!.AsArray().Select(w => (string)w!["workspaceId"]!).ToList();
        var token = await service.NewerToken(person);
        await service.Json(HttpMethod.Put, "/v1/me/current-workspace", token, new JsonObject { ["workspaceId"] = workspaces[0] });
        var before = (await service.Get("/v1/me/workspaces", token)).ToJsonString();

        var other = new JsonObject { ["workspaceId"] = workspaces[1] };
        await Unavailable("user", HttpMethod.Put, "/v1/me/current-workspace", token, other.DeepClone());
        Assert.Equal(before, (await service.Get("/v1/me/workspaces", token)).ToJsonString());
        Assert.Equal(workspaces[0], (string?)(await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);

        await service.Json(HttpMethod.Put, "/v1/me/current-workspace", token, other.DeepClone());
        Assert.Equal(workspaces[1], (string?)(await service.Get("/v1/me", token))["lastAccessedWorkspaceId"]);
    }

    [Fact]
    public async Task Token_that_cannot_be_stored_decides_nothing()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        await service.Grant(workspace, team, Roles.Administrator);
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.NeedsDecision))
        {
            var token = await service.NewerToken(person);
            await rows.Try($"{request}", () => Unavailable("user", request.Method, request.Path, token, request.Body?.DeepClone()));
        }

        rows.AllHold();
        await service.Get($"/v1/workspaces/{workspace}", await service.NewerToken(person));
    }

    [Fact]
    public async Task Unstored_cases_are_absent_and_can_be_sent_again()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/support-cases";
        var app = await service.AppToken();
        var body = new JsonObject { ["value"] = new JsonArray(Cases.Of("one"), Cases.Of("two"), new JsonObject()) };

        var problem = await Unavailable(IsCases, HttpMethod.Post, path, app, body.DeepClone());
        Assert.Equal(0, (int)problem["applied"]!);
        Assert.Equal(1, (int)problem["rejectedCount"]!);
        Assert.Equal(0, (int)(await Manager(path))["totalCount"]!);

        Assert.Equal(2, (int)(await service.Json(HttpMethod.Post, path, app, body.DeepClone()))["applied"]!);
        Assert.Equal(2, (int)(await Manager(path))["totalCount"]!);
    }

    [Fact]
    public async Task Lines_stored_before_a_fault_stay_and_all_can_be_sent_again()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/support-cases";
        var app = await service.AppToken();
        string[] lines = [.. Enumerable.Range(0, 2_500).Select(n => Cases.Of($"case-{n}").ToJsonString())];

        // A batch has 1,000 lines: the second batch fails.
        var writes = 0;
        var problem = await Unavailable(
            name => IsCases(name) && Interlocked.Increment(ref writes) == 2, HttpMethod.Post, path, app, Answers.Ndjson(lines));
        Assert.Equal(1_000, (int)problem["applied"]!);
        Assert.Equal(1_000, (int)(await Manager(path))["totalCount"]!);

        var again = await service.Json(HttpMethod.Post, path, app, Answers.Ndjson(lines));
        Assert.Equal([1_500, 1_000, 0], ((string[])["applied", "ignored", "rejectedCount"]).Select(n => (int)again[n]!));
        Assert.Equal(2_500, (int)(await Manager(path))["totalCount"]!);
        var insights = await Manager($"/v1/workspaces/{workspace}/support-insights?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z");
        Assert.Equal(2_500, (int)insights["totals"]!["opened"]!);
    }

    [Fact]
    public async Task Unstored_activity_is_shown_to_nobody_and_does_not_count()
    {
        var (workspace, app) = (await service.Workspace(), await service.AppToken());
        var to = $"/v1/workspaces/{workspace}";
        var path = $"{to}/activities/{Activities.Onboarding}";
        var before = (await Read(path), await Read($"{to}/activities"), (await Manager($"{to}/proof-of-execution"))["totals"]!.ToJsonString());

        await Unavailable(IsActivities, HttpMethod.Put, path, app, Activities.Of(("hoursDelivered", 1)));
        await Unavailable(IsActivities, HttpMethod.Put, $"{to}/activities/never-stored", app, Activities.Of());
        Assert.Equal(before, (await Read(path), await Read($"{to}/activities"), (await Manager($"{to}/proof-of-execution"))["totals"]!.ToJsonString()));
        using (var missing = await service.Send(HttpMethod.Get, $"{to}/activities/never-stored", await service.ManagerToken()))
        {
            await missing.IsProblem(404, "activity-not-found");
        }

        await service.PutActivity(workspace, Activities.Onboarding, ("hoursDelivered", 1));
        using var created = await service.Send(HttpMethod.Put, $"{to}/activities/never-stored", app, Activities.Of());
        await created.Is(HttpStatusCode.Created);
        Assert.Equal(13.5m, (decimal)(await Manager($"{to}/proof-of-execution"))["totals"]!["hoursDelivered"]!);
    }

    [Fact]
    public async Task Unstored_course_is_absent_and_can_be_put_again()
    {
        var (path, app, learner) = ($"/v1/learning/courses/{Guid.NewGuid():N}", await service.AppToken(), await service.Learner());
        await Unavailable(row => row.StartsWith("courses-", StringComparison.Ordinal), HttpMethod.Put, path, app, RunningService.CourseBody());
        using (var missing = await service.Send(HttpMethod.Get, path, learner))
        {
            await missing.IsProblem(404, "course-not-found");
        }

        using var created = await service.Send(HttpMethod.Put, path, app, RunningService.CourseBody());
        await created.Is(HttpStatusCode.Created);
        await service.Get(path, learner);
    }

    [Fact]
    public async Task Unstored_progress_is_absent_and_can_be_reported_again()
    {
        var workspace = await service.Workspace(granted: false);
        var (learning, token) = ($"/v1/workspaces/{workspace}/learning", await service.TokenOf(Roles.CustomerSuccessAccountManager));
        var path = $"{learning}/enrollments/{RunningService.Course}";
        foreach (var (percent, before) in ((int, int?)[])[(10, null), (100, 10)])
        {
            var body = new JsonObject { ["progressPercent"] = percent };
            await Unavailable(row => row.StartsWith("enrollments-", StringComparison.Ordinal), HttpMethod.Put, path, token, body.DeepClone());
            var kept = (await service.Get($"{learning}/transcript", token))["value"]!.AsArray();
            Assert.Equal(before, (int?)kept.SingleOrDefault()?["progressPercent"]);
            Assert.Equal((before is null ? 0 : 1, 0), await Consumed());
            await service.Json(HttpMethod.Put, path, token, body);
            Assert.Equal((1, percent / 100), await Consumed());
        }

        async Task<(int, int)> Consumed()
        {
            var totals = (await service.Get($"{learning}/consumption", token))["totals"]!;
            return ((int)totals["started"]!, (int)totals["completed"]!);
        }
    }

    [Fact]
    public async Task Unwritable_list_of_people_does_not_block_access()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        await service.Grant(workspace, team, Roles.Administrator);
        var token = await service.NewerToken(person);
        service.Storage.FailsToWrite = name => name.StartsWith("people-", StringComparison.Ordinal);
        try
        {
            await service.Get($"/v1/workspaces/{workspace}", token);
        }
        finally
        {
            service.Storage.FailsToWrite = _ => false;
        }

        // The list receives the person with the next question.
        await service.Get("/v1/me", token);
        var people = await Manager($"/v1/workspaces/{workspace}/users?status=Active");
        Assert.Contains($"{TestDirectory.UserId(person)}", people.Values("userId"));
    }

    [Fact]
    public async Task Unreadable_state_is_unavailable_and_neither_a_fault_nor_absent()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        await service.Grant(workspace, team, Roles.Administrator, Roles.SupportUser);
        var token = await service.NewerToken(person);
        var app = await service.AppToken();
        var (cases, activities) = ($"/v1/workspaces/{workspace}/support-cases", $"/v1/workspaces/{workspace}/activities");
        var (learning, learner) = ($"/v1/workspaces/{workspace}/learning", await service.TokenOf(Roles.CustomerSuccessAccountManager));
        var rows = new Rows();
        service.Storage.FailsToRead = _ => true;
        try
        {
            await Refused(HttpMethod.Get, "/v1/me", token);
            await Refused(HttpMethod.Get, "/v1/me/workspaces", token);
            await Refused(HttpMethod.Get, "/v1/me/home", token);
            await Refused(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
            await Refused(HttpMethod.Put, "/v1/me/current-workspace", token, new JsonObject { ["workspaceId"] = workspace });
            await Refused(HttpMethod.Get, "/v1/workspaces/0123456789abcdef0123456789abcdef", await service.ManagerToken());
            await Refused(HttpMethod.Get, cases, await service.ManagerToken());
            await Refused(HttpMethod.Get, $"/v1/workspaces/{workspace}/support-insights", await service.ManagerToken());
            await rows.Try("home", async () =>
            {
                var home = await Manager($"/v1/workspaces/{workspace}/home");
                Assert.Equal(["supportInsights", "customerActivity"], home["leftOut"]!.AsArray().Select(g => (string)g!["part"]!));
            });
            await Refused(HttpMethod.Get, activities, await service.ManagerToken());
            await Refused(HttpMethod.Get, $"{activities}/one", await service.ManagerToken());
            await Refused(HttpMethod.Get, $"/v1/workspaces/{workspace}/proof-of-execution", await service.ManagerToken());
            await Refused(HttpMethod.Put, $"{activities}/one", app, Activities.Of());
            await Refused(HttpMethod.Get, $"{learning}/transcript", learner);
            await Refused(HttpMethod.Get, $"{learning}/consumption", learner);
            await Refused(HttpMethod.Get, $"{learning}/enrollments/{RunningService.Course}", learner);
            await Refused(HttpMethod.Put, $"{learning}/enrollments/{RunningService.Course}", learner, new JsonObject { ["progressPercent"] = 10 });
            await Refused(HttpMethod.Post, cases, app, new JsonObject { ["value"] = new JsonArray(Cases.Of("one")) });
            await Refused(HttpMethod.Post, cases, app, Answers.Ndjson(Cases.Of("one").ToJsonString()));
            await Refused(HttpMethod.Get, "/v1/agreements/never-asked-for", app);
            await Refused(HttpMethod.Put, "/v1/agreements/never-asked-for", app, RunningService.Agreement());
        }
        finally
        {
            service.Storage.FailsToRead = _ => false;
        }

        rows.AllHold();
        await service.Get($"/v1/workspaces/{workspace}", token);
        Assert.Equal(0, (int)(await Manager(cases))["totalCount"]!);
        Assert.Equal(0, (int)(await Manager(activities))["totalCount"]!);
        using var missing = await service.Send(HttpMethod.Get, "/v1/agreements/never-asked-for", app);
        await missing.IsProblem(404, "agreement-not-found");

        Task Refused(HttpMethod method, string path, string caller, object? body = null) => rows.Try($"{method} {path}", async () =>
        {
            using var response = await service.Send(method, path, caller, body);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.ServiceUnavailable, $"{(int)response.StatusCode} {text}");
            await response.IsProblem(503, text.Contains("access-unconfirmed", StringComparison.Ordinal) ? "access-unconfirmed" : "service-unavailable");
        });
    }

    private static bool IsActivities(string row) => row.StartsWith("activities-", StringComparison.Ordinal);

    // A row with cases, not one that says where they begin or end.
    private static bool IsCases(string row) => row.StartsWith("cases-", StringComparison.Ordinal) && char.IsAsciiDigit(row[^1]);

    private static JsonObject Workload(string person, int packages)
    {
        var agreement = RunningService.Agreement("Workloads");
        agreement["agreementType"] = "Workload";
        agreement["packages"] = new JsonArray([.. Enumerable.Range(0, packages).Select(n => RunningService.Package(string.Create(CultureInfo.InvariantCulture, $"package-{n:000}")))]);
        var contact = RunningService.Contact(Roles.CustomerSupportManager, TestDirectory.Contoso);
        contact["userId"] = TestDirectory.UserId(person).ToString();
        agreement["contacts"] = new JsonArray(contact);
        return agreement;
    }

    private Task<JsonObject> Unavailable(string row, HttpMethod method, string path, string token, object? body = null) =>
        Unavailable(name => name == row, method, path, token, body);

    /// <summary>Sends a request while some writes fail, and repairs storage afterwards.</summary>
    private async Task<JsonObject> Unavailable(Func<string, bool> fails, HttpMethod method, string path, string token, object? body = null)
    {
        service.Storage.FailsToWrite = fails;
        try
        {
            using var response = await service.Send(method, path, token, body);
            return await response.IsProblem(503, "service-unavailable");
        }
        finally
        {
            service.Storage.FailsToWrite = _ => false;
        }
    }

    private async Task<JsonNode> Manager(string path) => await service.Get(path, await service.ManagerToken());

    private async Task<(string? Tag, string Body)> Read(string path)
    {
        using var response = await service.Send(HttpMethod.Get, path, await service.ManagerToken());
        return (response.Headers.ETag?.Tag, await response.Content.ReadAsStringAsync());
    }

    private async Task<HttpStatusCode> Status(string workspace, string token)
    {
        using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
        return response.StatusCode;
    }
}
