using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests that malformed or out-of-range input is refused with the field's name, and that nothing changes.</summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadInputTests(RunningService service)
{
    private const string Group = "a0000000-0000-4000-8000-000000000001";

    // Texts that cannot be shown to people, as they appear inside a JSON string.
    private static readonly string[] noText =
    [
        "a\\u0000b", "a\\u0007b", "a\\nb", "a\\tb", "a\\u001bb", "a\\u007fb", "a\\u0085b", "a\\u2028b", "a\\u2029b",
        "a\\ud800b", "a\\udc00b", "\\udc00\\ud800", "\\ud83d",
    ];

    [Fact]
    public async Task Name_has_1_to_100_characters_that_can_be_shown()
    {
        (string? Body, string Field)[] rows =
        [
            ("{}", "name"), ("""{"Name":"a"}""", "name"), ("""{"name":null}""", "name"), ("""{"name":5}""", "name"), ("""{"name":true}""", "name"),
            ("""{"name":[]}""", "name"), ("""{"name":["a"]}""", "name"), ("""{"name":{}}""", "name"), ("""{"name":""}""", "name"),
            ("""{"name":"  \t \u00a0 "}""", "name"), (Name(new('n', 101)), "name"), (Name(new('ä', 101)), "name"),
            (Name(string.Concat(Enumerable.Repeat("\\ud83d\\ude00", 101))), "name"), (Name(new('n', 100_000)), "name"),
            ("""{"name":"a","name":"b"}""", "name"), ("""{"name":"a","\u006eame":"a"}""", "name"),
            .. noText.Select(t => (Name(t), "name")),
        ];
        await AllRefused(HttpMethod.Patch, "", rows);

        static string Name(string name) => $$"""{"name":"{{name}}"}""";
    }

    [Fact]
    public async Task Name_is_trimmed_and_may_be_in_any_script()
    {
        var workspace = await service.Workspace(granted: false);
        var emoji = string.Concat(Enumerable.Repeat("😀", 100));
        foreach (var (name, expected) in new[] { ("  Contoso  ", "Contoso"), (new string('n', 100), new string('n', 100)), (emoji, emoji), ("Ünïcødé 支持 دعم", "Ünïcødé 支持 دعم") })
        {
            var renamed = await service.Json(HttpMethod.Patch, $"/v1/workspaces/{workspace}", await service.ManagerToken(), new JsonObject { ["name"] = name });
            Assert.Equal(expected, (string?)renamed["name"]);
        }
    }

    [Fact]
    public async Task Grant_lists_each_assignable_role_at_most_once()
    {
        (string? Body, string Field)[] rows =
        [
            ("{}", "roles"), ("""{"roles":null}""", "roles"), ("""{"roles":"User"}""", "roles"), ("""{"roles":{}}""", "roles"), ("""{"roles":[]}""", "roles"),
            ("""{"roles":["Superuser"]}""", "roles[0]"), ("""{"roles":["user"]}""", "roles[0]"), ("""{"roles":["USER"]}""", "roles[0]"),
            ("""{"roles":["1"]}""", "roles[0]"), ("""{"roles":[1]}""", "roles[0]"), ("""{"roles":[null]}""", "roles[0]"), ("""{"roles":["None"]}""", "roles[0]"),
            ("""{"roles":["User","User, Administrator"]}""", "roles[1]"), ("""{"roles":["User "]}""", "roles[0]"), ("""{"roles":["\ud800"]}""", "roles[0]"),
            ("""{"roles":["User",["User"]]}""", "roles[1]"), ("""{"roles":["User","Administrator","User"]}""", "roles[2]"),
            ($$"""{"roles":[{{string.Join(',', Enumerable.Repeat("\"User\"", 11))}}]}""", "roles"),
            ("""{"roles":["User"],"roles":["Administrator"]}""", "roles"),
            ("""{"roles":["User"],"displayName":5}""", "displayName"), ("""{"roles":["User"],"displayName":""}""", "displayName"),
            ("""{"roles":["User"],"displayName":"   "}""", "displayName"),
            ($$"""{"roles":["User"],"displayName":"{{new string('n', 257)}}"}""", "displayName"),
            .. noText.Select(t => ($$"""{"roles":["User"],"displayName":"{{t}}"}""", "displayName")),
        ];
        await AllRefused(HttpMethod.Put, $"/groups/{Group}", rows);

        // A preview takes no display name, and allows an empty list of roles.
        await AllRefused(HttpMethod.Post, $"/groups/{Group}/preview", [.. rows.Where(row => row.Field.StartsWith("roles", StringComparison.Ordinal) && row.Body != """{"roles":[]}""")]);
    }

    [Fact]
    public async Task Contract_role_cannot_be_granted_to_a_group()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var role in RoleTable.All.Where(d => d.Assignment == RoleAssignment.Contract).Select(d => d.Role))
            {
                foreach (var roles in (string[])[$"\"{role}\"", $"\"User\",\"{role}\""])
                {
                    foreach (var group in (string[])[Group, $"{TestDirectory.GroupId(Roles.Administrator)}"])
                    {
                        await rows.Try(roles, async () =>
                        {
                            using var response = await service.Send(
                                HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/{group}", await service.ManagerToken(), $$"""{"roles":[{{roles}}]}""");
                            await response.IsProblem(409, "role-not-assignable");
                            using var preview = await service.Send(
                                HttpMethod.Post, $"/v1/workspaces/{workspace}/groups/{group}/preview", await service.ManagerToken(), $$"""{"roles":[{{roles}}]}""");
                            await preview.IsProblem(409, "role-not-assignable");
                        });
                    }
                }
            }
        });
        rows.AllHold();
    }

    [Fact]
    public async Task Group_id_is_a_GUID()
    {
        string[] ids = ["x", "a0000000000040008000000000000001", "{a0000000-0000-4000-8000-000000000001}", "a0000000-0000-4000-8000-00000000000g", "%20", new('a', 300), "a0000000-0000-4000-8000-000000000001%20"];
        foreach (var id in ids)
        {
            await AllRefused(HttpMethod.Put, $"/groups/{id}", ("""{"roles":["User"]}""", "groupId"), ("{}", "groupId"), ("{}", "roles"));
            await AllRefused(HttpMethod.Get, $"/groups/{id}", (null, "groupId"));
            await AllRefused(HttpMethod.Delete, $"/groups/{id}", (null, "groupId"));
            await AllRefused(HttpMethod.Post, $"/groups/{id}/preview", ("""{"roles":["User"]}""", "groupId"));
            await AllRefused(HttpMethod.Get, $"/users/{id}/{TestDirectory.Contoso}", (null, "tenantId"));
            await AllRefused(HttpMethod.Get, $"/users/{TestDirectory.Contoso}/{id}", (null, "userId"));
        }
    }

    [Fact]
    public async Task Permission_check_takes_1_to_50_permissions_and_one_person()
    {
        (string? Body, string Field)[] rows =
        [
            ("{}", "permissions"), ("""{"permissions":null}""", "permissions"), ("""{"permissions":"RenameSpace"}""", "permissions"),
            ("""{"permissions":[]}""", "permissions"), ("""{"permissions":["None"]}""", "permissions[0]"), ("""{"permissions":["renameSpace"]}""", "permissions[0]"),
            ("""{"permissions":["RenameSpace",2]}""", "permissions[1]"), ("""{"permissions":["2"]}""", "permissions[0]"), ("""{"permissions":["Rename Space"]}""", "permissions[0]"),
            ($$"""{"permissions":[{{string.Join(',', Enumerable.Repeat("\"RenameSpace\"", 51))}}]}""", "permissions"),
            (Of("5"), "user"), (Of("[]"), "user"), (Of($"\"{Group}\""), "user"), (Of("{}"), "user.tenantId"), (Of("{}"), "user.userId"),
            (Of($"{{\"tenantId\":\"{Group}\",\"userId\":\"x\"}}"), "user.userId"),
            (Of($"{{\"tenantId\":5,\"userId\":\"{Group}\"}}"), "user.tenantId"),
            (Of($"{{\"tenantId\":\"{Group}\",\"userId\":null}}"), "user.userId"),
            (Of($"{{\"tenantId\":\"{Group}\",\"tenantId\":\"{Group}\",\"userId\":\"{Group}\"}}"), "user.tenantId"),
        ];
        await AllRefused(HttpMethod.Post, "/permissions/check", rows);

        static string Of(string user) => $"{{\"permissions\":[\"RenameSpace\"],\"user\":{user}}}";
    }

    [Fact]
    public async Task Opening_a_workspace_needs_its_id()
    {
        var rows = new Rows();
        var token = await service.ManagerToken();
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var body in (string[])["{}", """{"workspaceId":null}""", """{"workspaceId":5}""", """{"workspaceId":[]}""", """{"workspaceId":""}""", $$"""{"workspaceId":"{{workspace}}","workspaceId":"{{workspace}}"}"""])
            {
                await rows.Try(body, async () =>
                {
                    using var response = await service.Send(HttpMethod.Put, "/v1/me/current-workspace", token, body);
                    await response.IsProblem(400, "invalid-request", "workspaceId");
                });
            }
        });
        rows.AllHold();
    }

    [Fact]
    public async Task Every_body_is_one_JSON_object()
    {
        string[] bodies =
        [
            "[]", "null", "1", "\"text\"", "true", "", "  ", "{", "{}}", "{} x", "{}{}", "{,}", "{\"a\":1,}", "{a:1}", "{'a':1}", "// no\n{}", "{\"a\":01}", "{\"a\":NaN}",
            "{\"a\":\"\\x\"}", "{\"a\":\"\t\"}", string.Concat(Enumerable.Repeat("{\"a\":", 20)) + "1" + new string('}', 20), new string('[', 10_000), "<a/>",
        ];
        await EachWithBody(async (request, rows) =>
        {
            foreach (var body in bodies.Where(b => b.Length > 0 || !request.MayBeWithoutBody))
            {
                await rows.Try($"{request} {(body.Length > 30 ? body[..30] : body)}", async () =>
                {
                    using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request), body);
                    await response.IsProblem(400, "invalid-request", "$");
                });
            }

            if (request.MayBeWithoutBody)
            {
                return;
            }

            await rows.Try($"{request} without a body", async () =>
            {
                using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request));
                await response.IsProblem(400, "invalid-request", "$");
            });
        });
    }

    [Fact]
    public async Task Every_body_must_have_its_media_type()
    {
        string?[] types =
        [
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "text/json", "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1", "application/octet-stream", "application/x-ndjson; charset=utf-16", null,
        ];
        await EachWithBody(async (request, rows) =>
        {
            var body = Encoding.UTF8.GetBytes(request.Body!.ToJsonString());
            foreach (var type in types)
            {
                await rows.Try($"{request} {type}", async () =>
                {
                    using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request), Answers.Raw(body, type));
                    await response.IsProblem(request.WrongType.Status, request.WrongType.Slug);
                });
            }

            await rows.Try($"{request} compressed", async () =>
            {
                using var content = Answers.Raw(body, "application/json");
                content.Headers.ContentEncoding.Add("gzip");
                using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request), content);
                await response.IsProblem(request.WrongType.Status, request.WrongType.Slug);
            });
        });
    }

    [Fact]
    public async Task Body_without_a_type_or_length_is_refused()
    {
        await EachWithBody(async (request, rows) => await rows.Try($"{request}", async () =>
        {
            using var response = await service.Send(
                request.Method, request.Path, await service.TokenFor(request), new Chunked(Encoding.UTF8.GetBytes(request.Body!.ToJsonString()), type: null));
            await response.IsProblem(request.WrongType.Status, request.WrongType.Slug);
        }));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("APPLICATION/JSON; charset=UTF-8")]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("application/merge-patch+json")]
    public async Task JSON_is_accepted_under_these_media_types(string type)
    {
        var workspace = await service.Workspace(granted: false);
        using var response = await service.Send(
            HttpMethod.Patch, $"/v1/workspaces/{workspace}", await service.ManagerToken(), Answers.Raw("\uFEFF{\"name\":\"Named\"}"u8.ToArray(), type));
        await response.Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Body_has_a_maximum_size_with_or_without_a_length()
    {
        await EachWithBody(async (request, rows) =>
        {
            var limit = request.MaxBytes;
            var json = request.Body!.ToJsonString();
            var body = Encoding.UTF8.GetBytes(json + new string(' ', limit + 1 - Encoding.UTF8.GetByteCount(json)));
            await rows.Try($"{request}, with a length", async () =>
            {
                using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request), Answers.Raw(body, "application/json"));
                Assert.Equal(limit, (int)(await response.IsProblem(413, "content-too-large"))["maxBytes"]!);
            });
            await rows.Try($"{request}, chunked", async () =>
            {
                using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request), new Chunked(body, "application/json"));
                await response.IsProblem(413, "content-too-large");
            });
        });

        // One byte less is accepted.
        var workspace = await service.Workspace(granted: false);
        var most = Encoding.UTF8.GetBytes("{\"name\":\"Named\"}".PadRight(1024 * 1024));
        foreach (HttpContent content in (HttpContent[])[Answers.Raw(most, "application/json"), new Chunked(most, "application/json")])
        {
            using var response = await service.Send(HttpMethod.Patch, $"/v1/workspaces/{workspace}", await service.ManagerToken(), content);
            await response.Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Invalid_UTF_8_is_refused_as_a_name()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        byte[][] bodies = [[.. "{\"name\":\"a"u8, 0xFF, .. "\"}"u8], [.. "{\"name\":\"a"u8, 0xC0, 0x80, .. "\"}"u8], [.. "{\"name\":\"a"u8, 0xED, 0xA0, 0x80, .. "\"}"u8]];
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var body in bodies)
            {
                using var response = await service.Send(
                    HttpMethod.Patch, $"/v1/workspaces/{workspace}", await service.ManagerToken(), Answers.Raw(body, "application/json"));
                await response.IsProblem(400, "invalid-request");
            }
        });
    }

    [Fact]
    public async Task All_violated_rules_are_reported_together()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        using var response = await service.Send(
            HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/x?unknown=1", await service.ManagerToken(), """{"roles":["User","User"],"displayName":""}""", ("If-Match", "nonsense"));
        var problem = await response.IsProblem(400, "invalid-request");
        Assert.Equal(["If-Match", "displayName", "groupId", "roles[1]", "unknown"], problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Value_of_a_wrong_type_is_reported_by_path_in_plain_words()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        (string Body, string Field, string Message)[] rows =
        [
            ("""{"roles":["king"]}""", "roles[0]", "Must be one of CustomerSuccessAccountManager, CustomerSupportManager, IncidentManager, User, Administrator, UserAccessAdministrator, AssessmentUser, CustomerContractManager, LearningUser, SupportUser."),
            ("""{"roles":{}}""", "roles", "Must be an array."),
            ("""{"roles":[null]}""", "roles[0]", "Must be a string."),
            ("""{"displayName":5}""", "displayName", "Must be a string."),
            ("""{"displayName":"\ud800"}""", "displayName", "Must be valid Unicode text."),
            ("""{"displayName":"a","displayName":"b"}""", "displayName", "Must not be repeated."),
            ("[]", "$", "Must be a JSON object."),
            ("null", "$", "Must be a JSON object."),
            ("{\n\"roles\":}", "$", "Must be valid JSON of at most 16 levels; the error is at line 2, byte 9."),
        ];
        foreach (var (body, field, message) in rows)
        {
            using var response = await service.Send(HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/{Group}", await service.ManagerToken(), body);
            var problem = await response.IsProblem(400, "invalid-request", field);
            Assert.Equal(message, (string?)problem["errors"]![field]![0]);
        }
    }

    [Fact]
    public async Task Response_lists_only_some_of_very_many_errors()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        var unknown = string.Join('&', Enumerable.Range(0, 500).Select(n => $"f{n}"));
        using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}/groups?{unknown}", await service.ManagerToken());
        Assert.Equal(100, (await response.IsProblem(400, "invalid-request"))["errors"]!.AsObject().Count);
    }

    [Fact]
    public async Task Unknown_address_is_a_problem_for_everybody()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        foreach (var token in (string?[])[null, await service.ManagerToken(), await service.AppToken()])
        {
            foreach (var path in (string[])["/v1", "/v1/nothing", "/v2/roles", "/v1/roles/x", $"/v1/workspaces/{workspace}/nothing", "/v1/workspaces", "/v1/agreements", "/v1/me/home/x", "/problems/nothing"])
            {
                using var response = await service.Send(HttpMethod.Get, path, token);
                await response.IsProblem(404, "not-found");
            }
        }
    }

    [Fact]
    public async Task Unsupported_method_is_a_problem_that_lists_the_supported_methods()
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        var rows = new Rows();
        foreach (var path in ValidRequest.All(workspace, "0").GroupBy(r => r.Endpoint.Split(' ')[1]))
        {
            var taken = path.Select(r => r.Method.Method).Order(StringComparer.Ordinal).ToList();
            foreach (var method in ((string[])["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"]).Except(taken))
            {
                await rows.Try($"{method} {path.Key}", async () =>
                {
                    using var response = await service.Send(new(method), path.First().Path, await service.ManagerToken());
                    await response.IsProblem(405, "method-not-allowed");
                    Assert.Superset(taken.ToHashSet(), response.Content.Headers.Allow.ToHashSet());
                    Assert.DoesNotContain(method, response.Content.Headers.Allow);
                });
            }
        }

        rows.AllHold();
    }

    private async Task EachWithBody(Func<ValidRequest, Rows, Task> test)
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        var rows = new Rows();
        // A person's first request adds them to the list of people.
        await service.Get($"/v1/workspaces/{workspace}", await service.TokenOf(Roles.CustomerSuccessAccountManager));
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.Body is not null))
            {
                await test(request, rows);
            }

            rows.AllHold();
        });
    }

    /// <summary>
    /// Asserts that a person's endpoint in a workspace refuses each body, names the field, and changes nothing.
    /// </summary>
    private async Task AllRefused(HttpMethod method, string path, params (string? Body, string Field)[] bodies)
    {
        var workspace = await service.WorkspaceFor(nameof(BadInputTests));
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var (body, field) in bodies)
            {
                await rows.Try($"{method} {path} {(body?.Length > 100 ? body[..100] : body)}", async () =>
                {
                    using var response = await service.Send(method, $"/v1/workspaces/{workspace}{path}", await service.ManagerToken(), body);
                    await response.IsProblem(400, "invalid-request", field);
                });
            }

            rows.AllHold();
        });
    }

    /// <summary>A body whose length is not announced.</summary>
    private sealed class Chunked : HttpContent
    {
        private readonly byte[] bytes;

        public Chunked(byte[] bytes, string? type)
        {
            this.bytes = bytes;
            Headers.ContentType = type is null ? null : System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
