using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests that an outsider cannot tell an existing workspace from one that does not exist.</summary>
[Collection(RunningService.Collection)]
public class IsolationTests(RunningService service)
{
    private const string Unknown = "0123456789abcdef0123456789abcdef";

    // Texts that are not valid workspace ids, as they appear in a path.
    private static readonly string[] malformed =
    [
        "x", "0123456789abcdef0123456789abcde", "0123456789ABCDEF0123456789ABCDEF", "01234567-89ab-cdef-0123-456789abcdef",
        "0123456789abcdef0123456789abcdeg", "a%2Fb", "%C3%A4", "%20", "*", "null", new string('a', 400),
    ];

    [Fact]
    public async Task Members_of_another_workspace_are_outsiders_with_any_role()
    {
        var (own, foreign) = (await service.Workspace(), await FabrikamsWorkspace());
        var rows = new Rows();
        foreach (var role in RoleTable.All.Select(d => d.Role))
        {
            var token = await service.TokenOf(role);
            await service.Get($"/v1/workspaces/{own}", token);
            var unknown = await Ask(Unknown, token, _ => { });
            await Same(rows, $"{role}, foreign", unknown, await Ask(foreign, token, _ => { }));
            foreach (var id in role == Roles.Administrator ? malformed : malformed[..1])
            {
                await Same(rows, $"{role}, {id}", unknown, await Ask(id, token, _ => { }));
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Outsider_learns_nothing_by_sending_invalid_requests()
    {
        var foreign = await FabrikamsWorkspace();
        var token = await service.TokenOf(Roles.CustomerSupportManager);
        Action<HttpRequestMessage>[] nonsense =
        [
            r => r.Content = new StringContent("{"),
            r => r.Content = new StringContent("<a/>", System.Text.Encoding.UTF8, "application/xml"),
            r => r.Content = new ByteArrayContent([]),
            r => r.RequestUri = new Uri(r.RequestUri + "?pageSize=0&cursor=!&role=king&from=never&to=x&status=1", UriKind.Relative),
            r => r.Headers.TryAddWithoutValidation("If-Match", "nonsense"),
            r => r.Headers.TryAddWithoutValidation("If-Match", "\"0\""),
            r => r.Headers.TryAddWithoutValidation("If-None-Match", "*"),
            r => r.Headers.TryAddWithoutValidation("Accept", "image/png"),
            r => r.Headers.TryAddWithoutValidation("Accept", "text/csv"),
        ];
        var rows = new Rows();
        var unknown = await Ask(Unknown, token, _ => { });
        foreach (var change in nonsense)
        {
            foreach (var id in (string[])[foreign, Unknown, malformed[0]])
            {
                await Same(rows, $"{Array.IndexOf(nonsense, change)}, {id}", unknown, await Ask(id, token, change));
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Outsider_cannot_open_a_workspace_or_find_it_in_a_list()
    {
        var foreign = await FabrikamsWorkspace();
        var token = await service.TokenOf(Roles.CustomerSupportManager);
        var bodies = new HashSet<string>();
        foreach (var id in (string[])[foreign, Unknown, "x", "0123456789ABCDEF0123456789ABCDEF"])
        {
            using var response = await service.Send(HttpMethod.Put, "/v1/me/current-workspace", token, new JsonObject { ["workspaceId"] = id });
            var problem = await response.IsProblem(404, "workspace-not-found");
            problem.Remove("traceId");
            bodies.Add(problem.ToJsonString());
        }

        Assert.Single(bodies);
        Assert.DoesNotContain(foreign, (await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
    }

    [Fact]
    public async Task Groups_with_the_same_id_in_two_tenants_are_different_groups()
    {
        var namesake = TestDirectory.GroupId(Roles.Administrator);
        var (contosos, fabrikams) = (await service.Workspace(), await FabrikamsWorkspace());
        var insider = await service.Token(TestDirectory.Outsider, TestDirectory.Fabrikam);
        await service.Json(HttpMethod.Put, $"/v1/workspaces/{fabrikams}/groups/{namesake}", insider, new JsonObject { ["roles"] = new JsonArray("Administrator") });

        // Each person is in the group with that id in their own tenant, and it counts only there.
        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.OK], [await Status(contosos, insider), await Status(fabrikams, insider)]);
        var administrator = await service.TokenOf(Roles.Administrator);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound], [await Status(contosos, administrator), await Status(fabrikams, administrator)]);
        Assert.DoesNotContain(fabrikams, (await service.Get("/v1/me/workspaces", administrator)).Values("workspaceId"));
    }

    [Fact]
    public async Task Application_gets_the_same_404_for_every_unknown_workspace_id()
    {
        var token = await service.AppToken();
        var bodies = new HashSet<string>();
        foreach (var id in (string[])[Unknown, .. malformed])
        {
            foreach (var request in ValidRequest.All("%", "0").Where(r => r.IsInWorkspace && r.IsApplications))
            {
                foreach (var body in (string?[])[request.Body?.ToJsonString(), "{"])
                {
                    using var response = await service.Send(request.Method, request.Path.Replace("%", id, StringComparison.Ordinal), token, body);
                    var problem = await response.IsProblem(404, "workspace-not-found");
                    problem.Remove("traceId");
                    bodies.Add(problem.ToJsonString());
                }
            }
        }

        Assert.Single(bodies);
    }

    // An agreement of Fabrikam whose only contact is in Fabrikam's own tenant.
    private async Task<string> FabrikamsWorkspace()
    {
        var agreement = RunningService.Agreement("Fabrikam Support");
        agreement["organization"]!["tenantId"] = TestDirectory.Fabrikam;
        var contact = RunningService.Contact(Roles.CustomerSupportManager, TestDirectory.Fabrikam);
        contact["userId"] = TestDirectory.UserId(TestDirectory.Outsider).ToString();
        agreement["contacts"] = new JsonArray(contact);
        var answer = await service.Json(HttpMethod.Put, $"/v1/agreements/{service.NewAgreementId()}", await service.AppToken(), agreement);
        return (string)answer["workspaces"]![0]!["workspaceId"]!;
    }

    private async Task<HttpStatusCode> Status(string workspace, string token)
    {
        using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
        return response.StatusCode;
    }

    /// <summary>
    /// Returns the response of every endpoint for persons in a workspace, without the parts that differ for each request.
    /// </summary>
    private async Task<List<(string Endpoint, string Answer)>> Ask(string workspace, string token, Action<HttpRequestMessage> change)
    {
        var answers = new List<(string, string)>();
        foreach (var valid in ValidRequest.All(workspace, "0").Where(r => r.IsInWorkspace && !r.IsApplications))
        {
            using var request = new HttpRequestMessage(valid.Method, valid.Path);
            request.Headers.Authorization = new("Bearer", token);
            request.Content = valid.Body is { } body ? System.Net.Http.Json.JsonContent.Create(body) : null;
            change(request);
            using var response = await service.Http.SendAsync(request);
            var problem = await response.IsProblem(404, "workspace-not-found");
            problem.Remove("traceId");
            var headers = response.Headers.Concat(response.Content.Headers)
                .Where(h => h.Key != "Date")
                .OrderBy(h => h.Key, StringComparer.Ordinal)
                .Select(h => $"{h.Key}: {string.Join(',', h.Value)}");
            answers.Add((valid.Endpoint, $"{string.Join('\n', headers)}\n{problem.ToJsonString()}"));
        }

        return answers;
    }

    private static Task Same(Rows rows, string row, List<(string, string)> expected, List<(string, string)> actual) =>
        rows.Try(row, () =>
        {
            Assert.Equal(expected, actual);
            return Task.CompletedTask;
        });
}
