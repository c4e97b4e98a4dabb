using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Tests that malformed or out-of-range input about learning is refused with the field's name, and that nothing changes.
/// </summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadLearningTests(RunningService service)
{
    private static readonly string[] ids = ["a%20b", "%C3%A4", "a%2Fb", new('a', 65), "a%0A", "a*b", "%20"];

    [Fact]
    public async Task Every_field_of_a_course_is_checked_and_named()
    {
        string[] texts = ["null", "5", "[]", "{}", "true", "\"\"", "\"  \"", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\ud800\""];
        (string Field, string[] Values)[] fields =
        [
            ("title", [.. texts, Long(501)]),
            ("product", [.. texts, Long(101)]),
            ("format", ["null", "0", "\"0\"", "\"video\"", "\"Book\"", "\"\"", "[\"Video\"]", "\"Video \""]),
            ("language", [.. texts, Long(36), "\"english\\u00e9\"", "\"en_US\"", "\"en-\"", "\"e\"", "\"x-private\"", "\"*\"", "\"en,de\""]),
            ("durationMinutes", ["null", "0", "-1", "1.5", "\"90\"", "100001", "9223372036854775808", "1e30", "true", "[]"]),
        ];
        var (path, app) = ($"/v1/learning/courses/{Guid.NewGuid():N}", await service.AppToken());
        var rows = new Rows();
        foreach (var (field, values) in fields)
        {
            foreach (var value in values)
            {
                var body = RunningService.CourseBody((field, "\u0001")).ToJsonString().Replace("\"\\u0001\"", value, StringComparison.Ordinal);
                await rows.Try($"{field} = {(value.Length > 40 ? value[..40] : value)}", async () =>
                {
                    using var response = await service.Send(HttpMethod.Put, path, app, body);
                    var problem = await response.IsProblem(400, "invalid-request", field);
                    Assert.Single(problem["errors"]!.AsObject());
                });
            }
        }

        await rows.Try("all at once", async () =>
        {
            using var response = await service.Send(HttpMethod.Put, "/v1/learning/courses/a%20b", app, "{}", ("If-Match", "nonsense"));
            var problem = await response.IsProblem(400, "invalid-request");
            Assert.Equal(
                ["If-Match", "courseId", "durationMinutes", "format", "language", "product", "title"],
                problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
        });
        rows.AllHold();
        using var missing = await service.Send(HttpMethod.Get, path, await service.Learner());
        await missing.IsProblem(404, "course-not-found");

        static string Long(int length) => $"\"{new string('a', length)}\"";
    }

    [Fact]
    public async Task Progress_is_a_whole_number_from_0_to_100()
    {
        var (learning, token) = await Make();
        var path = $"{learning}/enrollments/{RunningService.Course}";
        var rows = new Rows();
        foreach (var value in (string[])["null", "-1", "101", "12.5", "\"40\"", "1e30", "2147483648", "true", "[]", "{}", "[40]"])
        {
            await rows.Try(value, async () =>
            {
                using var response = await service.Send(HttpMethod.Put, path, token, $$"""{"progressPercent":{{value}}}""");
                await response.IsProblem(400, "invalid-request", "progressPercent");
            });
        }

        foreach (var body in (string[])["{}", """{"ProgressPercent":40}""", """{"progressPercent":40,"progressPercent":50}"""])
        {
            await rows.Try(body, async () =>
            {
                using var response = await service.Send(HttpMethod.Put, path, token, body);
                await response.IsProblem(400, "invalid-request", "progressPercent");
            });
        }

        rows.AllHold();
        using var missing = await service.Send(HttpMethod.Get, path, token);
        await missing.IsProblem(404, "enrollment-not-found");
        foreach (var percent in (int[])[0, 100])
        {
            await service.Json(HttpMethod.Put, path, token, new JsonObject { ["progressPercent"] = percent });
        }
    }

    [Fact]
    public async Task Course_id_is_checked()
    {
        var (learning, token) = await Make();
        var rows = new Rows();
        foreach (var id in ids)
        {
            await Refused(HttpMethod.Put, $"/v1/learning/courses/{id}", await service.AppToken(), RunningService.CourseBody());
            await Refused(HttpMethod.Get, $"/v1/learning/courses/{id}", token);
            await Refused(HttpMethod.Put, $"{learning}/enrollments/{id}", token, new JsonObject { ["progressPercent"] = 1 });
            await Refused(HttpMethod.Get, $"{learning}/enrollments/{id}", token);
        }

        rows.AllHold();

        Task Refused(HttpMethod method, string path, string caller, JsonNode? body = null) => rows.Try($"{method} {path}", async () =>
        {
            using var response = await service.Send(method, path, caller, body);
            await response.IsProblem(400, "invalid-request", "courseId");
        });
    }

    [Fact]
    public async Task Queries_are_checked_and_errors_named()
    {
        var (learning, token) = await Make();
        string[] sizes = ["0", "501", "-1", "abc", "", "1.5", "99999999999", "5&pageSize=5"];
        (string Path, string Name, string[] Wrong)[] rows =
        [
            ("/v1/learning/courses", "format", ["video", "0", "Book", "Video&format=Lab", "%00"]),
            ("/v1/learning/courses", "product", [new('a', 201), "%00", "a&product=b"]),
            ("/v1/learning/courses", "language", ["en_US", "e", "en-", "*", new('a', 36), "%00", "en&language=de", "x-private"]),
            ("/v1/learning/courses", "search", [new('a', 201), "%00", "a&search=b", "%0Aa%0Ab"]),
            ("/v1/learning/courses", "pageSize", sizes),
            ($"{learning}/transcript", "pageSize", sizes),
        ];
        var results = new Rows();
        foreach (var (path, name, wrong) in rows)
        {
            foreach (var value in wrong)
            {
                await Refused(results, $"{path}?{name}={value}", name, token);
            }
        }

        results.AllHold();
    }

    [Fact]
    public async Task Cursor_must_come_from_the_same_list()
    {
        var (learning, token) = await Make();
        string[] lists = ["/v1/learning/courses", $"{learning}/transcript"];
        foreach (var id in (string[])[RunningService.Course, "course-2"])
        {
            await service.Json(HttpMethod.Put, $"/v1/learning/courses/{id}", await service.AppToken(), RunningService.CourseBody());
            await service.Json(HttpMethod.Put, $"{learning}/enrollments/{id}", token, new JsonObject { ["progressPercent"] = 1 });
        }

        var cursors = new Dictionary<string, string> { ["/v1/roles"] = await Cursor("/v1/roles") };
        foreach (var list in lists)
        {
            cursors[list] = await Cursor(list);
        }

        var rows = new Rows();
        foreach (var list in lists)
        {
            foreach (var cursor in (string[])["", "!", "garbage", "AAAA", "%00", "_-_-", "MA", new('A', 3_000), $"{cursors[list]}&cursor={cursors[list]}", cursors[list] + "x"])
            {
                await Refused(rows, $"{list}?cursor={cursor}", "cursor", token);
            }

            foreach (var other in cursors.Keys.Where(k => k != list))
            {
                await Refused(rows, $"{list}?cursor={cursors[other]}", "cursor", token);
            }

            await rows.Try(list, async () => await service.Get($"{list}?cursor={cursors[list]}", token));
        }

        rows.AllHold();

        async Task<string> Cursor(string list) => ((string)(await service.Get($"{list}?pageSize=1", token))["nextLink"]!).Split("cursor=")[1];
    }

    [Fact]
    public async Task Person_without_AccessLearning_is_refused_before_other_errors()
    {
        var token = await service.ManagerToken();
        var rows = new Rows();
        foreach (var path in (string[])["/v1/learning/courses?pageSize=0&cursor=!&format=x", "/v1/learning/courses/a%20b", "/v1/learning/courses/no-such-course"])
        {
            await rows.Try(path, async () =>
            {
                using var response = await service.Send(HttpMethod.Get, path, token);
                Assert.Equal("AccessLearning", (string?)(await response.IsProblem(403, "missing-permission"))["permission"]);
            });
        }

        rows.AllHold();
    }

    private async Task<(string Learning, string Token)> Make() =>
        ($"/v1/workspaces/{await service.Workspace(granted: false)}/learning", await service.TokenOf(Roles.CustomerSuccessAccountManager));

    private async Task Refused(Rows rows, string path, string field, string token) =>
        await rows.Try(path.Length > 160 ? path[..160] : path, async () =>
        {
            using var response = await service.Send(HttpMethod.Get, path, token);
            await response.IsProblem(400, "invalid-request", field);
        });
}
