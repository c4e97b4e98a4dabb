using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests the course catalogue, the enrolments of people, and the consumption of their workspace.</summary>
[Collection(RunningService.Collection)]
public class LearningTests(RunningService service)
{
    [Fact]
    public async Task Learner_finds_starts_and_completes_a_course()
    {
        var (workspace, course) = (await service.Workspace(), await NewCourse(("title", "Kubernetes, hands on"), ("format", "Lab"), ("product", "AKS")));
        var (token, learning) = (await service.TokenOf(Roles.LearningUser), $"/v1/workspaces/{workspace}/learning");
        var path = $"{learning}/enrollments/{course}";
        var found = await service.Get($"/v1/learning/courses?format=Lab&search={course}", token);
        Assert.Equal([course], found.Values("courseId"));
        using (var none = await service.Send(HttpMethod.Get, path, token))
        {
            await none.IsProblem(404, "enrollment-not-found");
        }

        using var started = await service.Send(HttpMethod.Put, path, token, """{"progressPercent":0}""");
        var first = await started.Is(HttpStatusCode.Created);
        Assert.Equal((path, "\"1\""), (started.Headers.Location?.ToString(), started.Headers.ETag?.Tag));
        Assert.Equal(
            ["courseId", "title", "format", "product", "language", "durationMinutes", "progressPercent", "startedAt", "updatedAt"],
            first.AsObject().Select(m => m.Key));
        foreach (var (name, value) in found["value"]![0]!.AsObject())
        {
            Assert.True(JsonNode.DeepEquals(value, first[name]), name);
        }

        var moved = await Report(path, token, 60);
        Assert.Equal((60, (string?)first["startedAt"]), ((int)moved["progressPercent"]!, (string?)moved["startedAt"]));
        Assert.False(moved.AsObject().ContainsKey("completedAt"));
        Assert.True(JsonNode.DeepEquals(moved, await Report(path, token, 20)));
        Assert.True(JsonNode.DeepEquals(moved, await Report(path, token, 60)));

        var completed = await Report(path, token, 100);
        Assert.NotNull(completed["completedAt"]);
        Assert.True(JsonNode.DeepEquals(completed, await Report(path, token, 0)));
        Assert.True(JsonNode.DeepEquals(completed, await service.Get(path, token)));
        Assert.True(JsonNode.DeepEquals(completed, Assert.Single((await service.Get($"{learning}/transcript", token))["value"]!.AsArray())));

        var consumption = await service.Get($"{learning}/consumption", token);
        Assert.Equal(workspace, (string?)consumption["workspaceId"]);
        Assert.Equal("""{"started":1,"completed":1}""", consumption["totals"]!.ToJsonString());
        Assert.Equal("""[{"product":"AKS","started":1,"completed":1}]""", consumption["byProduct"]!.ToJsonString());
        var months = consumption["byMonth"]!.AsArray();
        Assert.Equal(((string)first["startedAt"]!)[..7], (string?)months[0]!["month"]);
        Assert.Equal(((string)completed["completedAt"]!)[..7], (string?)months[^1]!["month"]);
        Assert.Equal((1, 1), (months.Sum(m => (int)m!["started"]!), months.Sum(m => (int)m!["completed"]!)));
    }

    [Fact]
    public async Task Course_is_replaced_as_a_whole_and_repetition_changes_nothing()
    {
        var (path, app) = ($"/v1/learning/courses/A.b_c~d-{Guid.NewGuid():N}", await service.AppToken());
        using var created = await service.Send(HttpMethod.Put, path, app, """{"title":" Ünïcødé 支持 ","format":"Webcast","product":"Azure","language":"PT-br","durationMinutes":1,"unknown":1}""");
        var answer = await created.Is(HttpStatusCode.Created);
        Assert.Equal((path, "\"1\""), (created.Headers.Location?.ToString(), created.Headers.ETag?.Tag));
        var expected = new JsonObject
        {
            ["courseId"] = path.Split('/')[^1],
            ["title"] = "Ünïcødé 支持",
            ["format"] = "Webcast",
            ["product"] = "Azure",
            ["language"] = "pt-BR",
            ["durationMinutes"] = 1,
        };
        Assert.True(JsonNode.DeepEquals(expected, answer), answer.ToJsonString());
        Assert.True(JsonNode.DeepEquals(expected, await service.Get(path, await service.Learner())));

        using var again = await service.Send(HttpMethod.Put, path, app, """{"title":"Ünïcødé 支持","format":"Webcast","product":"Azure","language":"pt-BR","durationMinutes":1}""");
        Assert.True(JsonNode.DeepEquals(expected, await again.Is(HttpStatusCode.OK)));
        Assert.Equal(("\"1\"", null), (again.Headers.ETag?.Tag, again.Headers.Location));
    }

    [Fact]
    public async Task Longest_texts_are_accepted_in_every_script()
    {
        var (title, product) = (string.Concat(Enumerable.Repeat("😀", 500)), string.Concat(Enumerable.Repeat("😀", 100)));
        var id = new string('x', 32) + Guid.NewGuid().ToString("N");
        await service.Json(HttpMethod.Put, $"/v1/learning/courses/{id}", await service.AppToken(), RunningService.CourseBody(("title", title), ("product", product), ("durationMinutes", 100_000)));
        var workspace = await service.Workspace(granted: false);
        var enrollment = await Report($"/v1/workspaces/{workspace}/learning/enrollments/{id}", await service.TokenOf(Roles.CustomerSuccessAccountManager), 1);
        Assert.Equal((title, product), ((string?)enrollment["title"], (string?)enrollment["product"]));
    }

    [Fact]
    public async Task Started_course_stays_as_it_was()
    {
        var (workspace, course) = (await service.Workspace(), await NewCourse());
        var (token, learning) = (await service.TokenOf(Roles.LearningUser), $"/v1/workspaces/{workspace}/learning");
        var before = await Report($"{learning}/enrollments/{course}", token, 10);
        await service.Json(HttpMethod.Put, $"/v1/learning/courses/{course}", await service.AppToken(), RunningService.CourseBody(("title", "Changed"), ("product", "Other")));

        var after = await Report($"{learning}/enrollments/{course}", token, 100);
        Assert.Equal((string?)before["title"], (string?)after["title"]);
        Assert.Equal("Azure", (string?)(await service.Get($"{learning}/consumption", token))["byProduct"]!.AsArray().Single()!["product"]);
    }

    [Fact]
    public async Task Catalogue_is_ordered_by_id_and_filters_combine()
    {
        var prefix = Guid.NewGuid().ToString("N");
        (string Id, string Title, string Format, string Product, string Language)[] courses =
        [
            ("b", "Networking", "Video", "Azure", "en"), ("a", "Änderungen", "Lab", "Azure", "de"), ("C", "networking again", "Video", "Windows", "pt-BR"), ("B", "Other", "Video", "azure", "en"),
        ];
        foreach (var (id, title, format, product, language) in courses)
        {
            await service.Json(HttpMethod.Put, $"/v1/learning/courses/{prefix}-{id}", await service.AppToken(),
                RunningService.CourseBody(("title", $"{title} {prefix}"), ("format", format), ("product", product), ("language", language)));
        }

        (string Query, string Expected)[] rows =
        [
            ("", "BCab"), ("&format=Video", "BCb"), ("&format=Workshop", ""), ("&product=Azure", "ab"), ("&product=azure", "B"), ("&product=Az", ""),
            ("&language=en", "Bb"), ("&language=EN", "Bb"), ("&language=pt-br", "C"), ("&language=pt", ""), ("&format=Video&product=Azure&language=en", "b"),
        ];
        var token = await service.Learner();
        foreach (var (query, expected) in rows)
        {
            var list = await service.Get($"/v1/learning/courses?search={prefix.ToUpperInvariant()}{query}", token);
            Assert.Equal(expected, string.Concat(list.Values("courseId").Select(id => id[^1])));
            Assert.Equal(expected.Length, (int)list["totalCount"]!);
        }

        Assert.Equal([$"{prefix}-C", $"{prefix}-b"], (await service.Get($"/v1/learning/courses?search={Uri.EscapeDataString("NETWORKING")}&pageSize=500", token)).Values("courseId").Where(id => id.StartsWith(prefix, StringComparison.Ordinal)));
        Assert.Equal([$"{prefix}-a"], (await service.Get($"/v1/learning/courses?search={Uri.EscapeDataString("äNDERUNGEN " + prefix)}", token)).Values("courseId"));
    }

    [Fact]
    public async Task Unknown_course_cannot_be_read_or_started()
    {
        var (workspace, token) = (await service.Workspace(), await service.TokenOf(Roles.LearningUser));
        var none = Guid.NewGuid().ToString("N");
        using var read = await service.Send(HttpMethod.Get, $"/v1/learning/courses/{none}", token);
        await read.IsProblem(404, "course-not-found");
        var path = $"/v1/workspaces/{workspace}/learning/enrollments/{none}";
        using var started = await service.Send(HttpMethod.Put, path, token, """{"progressPercent":1}""");
        await started.IsProblem(404, "course-not-found");
        using var enrolled = await service.Send(HttpMethod.Get, path, token);
        await enrolled.IsProblem(404, "enrollment-not-found");
    }

    [Fact]
    public async Task Each_person_has_a_transcript_and_the_workspace_has_their_sum()
    {
        var (first, second, course) = (await service.Workspace(), await service.Workspace(), await NewCourse());
        string[] tokens = [await service.TokenOf(Roles.LearningUser), await service.TokenOf(Roles.CustomerSuccessAccountManager)];
        await Report($"/v1/workspaces/{first}/learning/enrollments/{course}", tokens[0], 100);
        await Report($"/v1/workspaces/{first}/learning/enrollments/{course}", tokens[1], 30);
        await Report($"/v1/workspaces/{second}/learning/enrollments/{course}", tokens[1], 70);

        Assert.Equal(["100 30", " 70"], [await Progress(first), await Progress(second)]);
        foreach (var token in tokens)
        {
            Assert.Equal("""{"started":2,"completed":1}""", (await service.Get($"/v1/workspaces/{first}/learning/consumption", token))["totals"]!.ToJsonString());
            Assert.Equal("""{"started":1,"completed":0}""", (await service.Get($"/v1/workspaces/{second}/learning/consumption", token))["totals"]!.ToJsonString());
        }

        async Task<string> Progress(string workspace) => string.Join(' ', await Task.WhenAll(tokens.Select(async token =>
            string.Join(',', (await service.Get($"/v1/workspaces/{workspace}/learning/transcript", token))["value"]!.AsArray().Select(e => $"{e!["progressPercent"]}")))));
    }

    [Fact]
    public async Task Workspace_without_enrolments_has_no_months()
    {
        var workspace = await service.Workspace(granted: false);
        var consumption = (await service.Get($"/v1/workspaces/{workspace}/learning/consumption", await service.TokenOf(Roles.CustomerSuccessAccountManager))).AsObject();
        consumption.Remove("generatedAt");
        Assert.Equal($$"""{"workspaceId":"{{workspace}}","totals":{"started":0,"completed":0},"byMonth":[],"byProduct":[]}""", consumption.ToJsonString());
    }

    [Fact]
    public async Task Person_who_lost_AccessLearning_sees_no_course_from_the_next_request_on()
    {
        var (first, second) = (await service.Workspace(granted: false), await service.Workspace(granted: false));
        var (person, team) = (service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        string[] paths = ["/v1/learning/courses", $"/v1/learning/courses/{RunningService.Course}"];
        await Refused();
        for (var round = 0; round < 3; round++)
        {
            await service.Grant(first, team, Roles.LearningUser);
            await service.Grant(second, team, Roles.LearningUser);
            await Allowed();
            await service.Revoke(first, team);
            await Allowed();
            await service.Grant(second, team, Roles.Administrator);
            await Refused();
        }

        async Task Allowed()
        {
            foreach (var path in paths)
            {
                await service.Get(path, token);
            }
        }

        async Task Refused()
        {
            foreach (var path in paths)
            {
                using var response = await service.Send(HttpMethod.Get, path, token);
                Assert.Equal("AccessLearning", (string?)(await response.IsProblem(403, "missing-permission"))["permission"]);
            }
        }
    }

    [Fact]
    public async Task Person_whose_access_returns_finds_their_enrolments()
    {
        var (workspace, course, person, team) = (await service.Workspace(granted: false), await NewCourse(), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        var path = $"/v1/workspaces/{workspace}/learning/enrollments/{course}";
        await service.Grant(workspace, team, Roles.LearningUser);
        await Report(path, token, 40);

        await service.Revoke(workspace, team);
        using (var refused = await service.Send(HttpMethod.Put, path, token, """{"progressPercent":90}"""))
        {
            await refused.IsProblem(404, "workspace-not-found");
        }

        await service.Grant(workspace, team, Roles.LearningUser);
        Assert.Equal(40, (int)(await service.Get(path, token))["progressPercent"]!);
    }

    [Fact]
    public async Task Greatest_of_many_concurrent_reports_stays()
    {
        var (workspace, course) = (await service.Workspace(granted: false), await NewCourse());
        var (path, token) = ($"/v1/workspaces/{workspace}/learning/enrollments/{course}", await service.TokenOf(Roles.CustomerSuccessAccountManager));
        var statuses = await Task.WhenAll(Enumerable.Range(0, 60).Select(async n =>
        {
            using var response = await service.Send(HttpMethod.Put, path, token, string.Create(CultureInfo.InvariantCulture, $$"""{"progressPercent":{{n * 37 % 60}}}"""));
            return response.StatusCode;
        }));

        Assert.Single(statuses, s => s == HttpStatusCode.Created);
        Assert.Equal(59, statuses.Count(s => s == HttpStatusCode.OK));
        Assert.Equal(59, (int)(await service.Get(path, token))["progressPercent"]!);
    }

    [Fact]
    public async Task If_Match_never_matches_a_missing_resource()
    {
        var workspace = await service.Workspace(granted: false);
        (string Path, string Token, JsonObject Body)[] rows =
        [
            ($"/v1/learning/courses/{Guid.NewGuid():N}", await service.AppToken(), RunningService.CourseBody()),
            ($"/v1/workspaces/{workspace}/learning/enrollments/{RunningService.Course}", await service.TokenOf(Roles.CustomerSuccessAccountManager), new() { ["progressPercent"] = 1 }),
        ];
        foreach (var (path, token, body) in rows)
        {
            foreach (var condition in (string[])["*", "\"1\"", "\"0\", \"1\""])
            {
                using var response = await service.Send(HttpMethod.Put, path, token, body.DeepClone(), ("If-Match", condition));
                await response.IsProblem(412, "precondition-failed");
            }
        }
    }

    private async Task<string> NewCourse(params (string Name, JsonNode? Value)[] changes)
    {
        var id = Guid.NewGuid().ToString("N");
        await service.Json(HttpMethod.Put, $"/v1/learning/courses/{id}", await service.AppToken(), RunningService.CourseBody(changes));
        return id;
    }

    private async Task<JsonNode> Report(string path, string token, int percent) =>
        await service.Json(HttpMethod.Put, path, token, new JsonObject { ["progressPercent"] = percent });
}
