using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests the conventions that all responses share.</summary>
[Collection(RunningService.Collection)]
public partial class ConventionTests(RunningService service)
{
    [Fact]
    public async Task List_has_items_a_total_and_an_optional_next_link()
    {
        var workspace = await Filled();
        var rows = new Rows();
        foreach (var path in (string[])["/v1/roles", "/v1/me/workspaces", .. ((string[])["users", "groups", "audit-events", "support-cases", "activities"]).Select(l => $"/v1/workspaces/{workspace}/{l}")])
        {
            await rows.Try(path, async () =>
            {
                var list = (await service.Get(path, await service.ManagerToken())).AsObject();
                Assert.Empty(list.Select(m => m.Key).Except(["value", "nextLink", "totalCount"]));
                Assert.NotEmpty(list["value"]!.AsArray());
                Assert.Equal(JsonValueKind.Number, list["totalCount"]!.GetValueKind());
                if (path != "/v1/me/workspaces")
                {
                    var first = (await service.Get($"{path}?pageSize=1", await service.ManagerToken())).AsObject();
                    Assert.Single(first["value"]!.AsArray());
                    Assert.Equal((int)list["totalCount"]!, (int)first["totalCount"]!);
                    Assert.StartsWith(path, (string)first["nextLink"]!, StringComparison.Ordinal);
                }
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Names_are_camelCase_instants_are_UTC_and_enumerations_are_words()
    {
        var workspace = await Filled();
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.Method == HttpMethod.Get && r.IsJson))
        {
            await rows.Try($"{request}", async () =>
            {
                using var response = await service.Send(request.Method, request.Path, await service.TokenFor(request));
                var body = await response.Is(HttpStatusCode.OK);
                Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
                Assert.Contains("nosniff", response.Headers.GetValues("X-Content-Type-Options"));
                Walk(body, "");
            });
        }

        rows.AllHold();

        static void Walk(JsonNode? node, string name)
        {
            switch (node)
            {
                case JsonObject members:
                    foreach (var (member, value) in members)
                    {
                        Assert.Matches(CamelCase(), member);
                        Walk(value, member);
                    }

                    break;
                case JsonArray items:
                    foreach (var item in items)
                    {
                        Walk(item, name);
                    }

                    break;
                case JsonValue value when name is "from" or "to" or "asOf" || name.EndsWith("At", StringComparison.Ordinal):
                    Assert.Matches(Instant(), (string)value!);
                    break;
                case JsonValue value when name is "role" or "roles" or "permission" or "permissions" or "status" or "source" or "origin" or "assignment"
                    or "agreementType" or "userType" or "kind" or "action" or "capabilities" or "trigger" or "focusArea" or "failureReason" or "format":
                    Assert.Matches(PascalCase(), (string)value!);
                    break;
                case JsonValue value when name is "severity":
                    Assert.Contains((string)value!, (string[])["1", "A", "B", "C"]);
                    break;
                default:
                    break;
            }
        }
    }

    [Theory]
    [InlineData("2026-07-01T10:30:00+02:00", "2026-07-01T08:30:00Z")]
    [InlineData("2026-07-01t08:30:00z", "2026-07-01T08:30:00Z")]
    [InlineData("2026-07-01T08:30:00.5Z", "2026-07-01T08:30:00.5")]
    [InlineData("2026-07-01T08:30:00.123456789Z", "2026-07-01T08:30:00.1234567")]
    public async Task Instant_with_any_offset_is_returned_in_UTC(string sent, string begins)
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/support-cases";
        await service.Json(HttpMethod.Post, path, await service.AppToken(), new JsonObject { ["value"] = new JsonArray(Cases.Of("one", ("createdAt", sent))) });
        var stored = (string)(await service.Get(path, await service.ManagerToken()))["value"]![0]!["createdAt"]!;
        Assert.StartsWith(begins.TrimEnd('Z'), stored, StringComparison.Ordinal);
        Assert.Matches(Instant(), stored);
    }

    [Fact]
    public async Task Stored_agreement_equals_the_request()
    {
        var app = await service.AppToken();
        var path = $"/v1/agreements/{service.NewAgreementId()}";
        var sent = RunningService.Agreement("Ünïcødé <&> \"quoted\" 😀");
        sent["contacts"]![0]!["phone"] = "+1 (555) 0100";
        sent["contacts"]![0]!["isPrimary"] = true;
        sent["packages"]![0]!["hoursPurchased"] = 12.5;
        sent["billingReaders"] = new JsonArray(
            new JsonObject { ["billingAccountId"] = "account", ["tenantId"] = TestDirectory.Contoso, ["userId"] = TestDirectory.Contoso },
            new JsonObject { ["billingAccountId"] = "account", ["billingProfileId"] = "profile", ["tenantId"] = TestDirectory.Contoso, ["groupId"] = TestDirectory.Contoso });
        using var created = await service.Send(HttpMethod.Put, path, app, sent.DeepClone());
        var answer = await created.Is(HttpStatusCode.Created);
        Assert.Equal(path, created.Headers.Location?.ToString());

        var read = (await service.Get(path, app)).AsObject();
        Assert.True(JsonNode.DeepEquals(answer, read));
        // The only contact of a role is primary by default.
        foreach (var contact in sent["contacts"]!.AsArray().Skip(1))
        {
            contact!["isPrimary"] = true;
        }

        foreach (var (name, value) in sent)
        {
            Assert.True(JsonNode.DeepEquals(value, read[name]), $"{name}: {value} became {read[name]}");
        }

        Assert.Equal(["agreementId", "status", "workspaces"], read.Select(m => m.Key).Except(sent.Select(m => m.Key)).Order());
        Assert.Equal("Active", (string?)read["status"]);
    }

    [Fact]
    public async Task Unknown_fields_are_ignored()
    {
        var workspace = await service.Workspace(granted: false);
        var renamed = await service.Json(
            HttpMethod.Patch, $"/v1/workspaces/{workspace}", await service.ManagerToken(), """{"name":"Named","unknown":{"deep":[1]}}""");
        Assert.Equal("Named", (string?)renamed["name"]);
    }

    [Fact]
    public async Task Unknown_parameters_are_refused_by_name_on_every_endpoint()
    {
        var workspace = await Filled();
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var request in ValidRequest.All(workspace, "60"))
            {
                await rows.Try($"{request}", async () =>
                {
                    using var response = await service.Send(request.Method, $"{request.Path}{(request.Path.Contains('?') ? '&' : '?')}unknown=1&unknown=2&other", await service.TokenFor(request), request.Body?.DeepClone());
                    var problem = await response.IsProblem(400, "invalid-request", "unknown");
                    Assert.Equal(["other", "unknown"], problem["errors"]!.AsObject().Select(e => e.Key).Order());
                });
            }

            rows.AllHold();
        });
    }

    [Fact]
    public async Task GUID_is_the_same_in_upper_and_lower_case()
    {
        var workspace = await service.Workspace(granted: false);
        var group = TestDirectory.SpareGroup(3);
        await service.Grant(workspace, group, Roles.User);
        var path = $"/v1/workspaces/{workspace}/groups/{group.ToString().ToUpperInvariant()}";
        Assert.Equal($"{group}", (string?)(await service.Get(path, await service.ManagerToken()))["groupId"]);
        await service.Json(HttpMethod.Put, path, await service.ManagerToken(), """{"roles":["SupportUser"]}""");
        Assert.Single((await service.Get($"/v1/workspaces/{workspace}/groups", await service.ManagerToken())).Values("groupId"));
    }

    [Fact]
    public async Task HEAD_answers_like_GET_without_a_body_and_OPTIONS_and_other_methods_are_405()
    {
        var workspace = await Filled();
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var request in ValidRequest.All(workspace, "0"))
            {
                var token = await service.TokenFor(request);
                await rows.Try($"OPTIONS {request.Path}", async () =>
                {
                    using var options = await service.Send(HttpMethod.Options, request.Path, token);
                    await options.Is(HttpStatusCode.MethodNotAllowed);
                    Assert.Contains(request.Method.Method, options.Content.Headers.Allow);
                    Assert.Equal(options.Content.Headers.Allow.Contains("GET"), options.Content.Headers.Allow.Contains("HEAD"));
                });
                await rows.Try($"HEAD {request.Path}", async () =>
                {
                    using var head = await service.Send(HttpMethod.Head, request.Path, token);
                    using var get = await service.Send(HttpMethod.Get, request.Path, token);
                    Assert.Equal(get.StatusCode, head.StatusCode);
                    Assert.Empty(await head.Content.ReadAsByteArrayAsync());
                    Assert.Equal(get.Headers.ETag, head.Headers.ETag);
                    Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
                    Assert.Equal(get.Content.Headers.Allow, head.Content.Headers.Allow);
                });
            }
        });
        rows.AllHold();
    }

    [Fact]
    public async Task Type_of_a_problem_is_an_address_that_explains_it()
    {
        using var response = await service.Send(HttpMethod.Get, "/v1/workspaces/x", await service.ManagerToken());
        var problem = await response.IsProblem(404, "workspace-not-found");
        using var meaning = await service.Send(HttpMethod.Get, (string)problem["type"]!, null);
        Assert.Equal((string?)problem["title"], (string?)(await meaning.Is(HttpStatusCode.OK))["title"]);
    }

    [Fact]
    public async Task Service_is_live_and_ready()
    {
        foreach (var path in (string[])["/health/live", "/health/ready"])
        {
            using var response = await service.Send(HttpMethod.Get, path, null);
            await response.Is(HttpStatusCode.OK);
        }
    }

    private async Task<string> Filled()
    {
        var workspace = await service.WorkspaceFor(nameof(ConventionTests));
        foreach (var definition in RoleTable.All)
        {
            await service.Get($"/v1/workspaces/{workspace}", await service.TokenOf(definition.Role));
        }

        await service.Json(HttpMethod.Post, $"/v1/workspaces/{workspace}/support-cases", await service.AppToken(), new JsonObject
        {
            ["value"] = new JsonArray(
                Cases.Of("one", ("slaMet", true), ("status", "Closed"), ("firstResponseAt", "2026-07-01T09:00:00Z"), ("resolvedAt", "2026-07-02T09:00:00Z"), ("closedAt", "2026-07-02T09:00:00Z")),
                Cases.Of("two", ("severity", "1"))),
        });
        await service.PutActivity(workspace, "another");
        await service.Enroll(workspace, Roles.CustomerSuccessAccountManager);
        await service.Json(HttpMethod.Put, "/v1/me/current-workspace", await service.ManagerToken(), new JsonObject { ["workspaceId"] = workspace });
        return workspace;
    }

    [GeneratedRegex("^[a-z][A-Za-z0-9]*$")]
    private static partial Regex CamelCase();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*$")]
    private static partial Regex PascalCase();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?Z$")]
    private static partial Regex Instant();
}
