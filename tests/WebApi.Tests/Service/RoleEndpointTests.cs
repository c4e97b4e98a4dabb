using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Every caller through every endpoint, over HTTP. What the service answers is written down in a file that is
/// reviewed; an endpoint that the table does not drive fails the test.
/// </summary>
public class RoleEndpointTests(RunningService service) : IClassFixture<RunningService>
{
    private int calls;

    [Fact]
    public async Task Who_gets_what_from_each_endpoint() =>
        Approved.Matches("tests/WebApi.Tests/Service/role-endpoints.txt", await Table());

    [Fact]
    public void No_endpoint_is_left_out_of_the_table()
    {
        var endpoints = service.Services.GetRequiredService<IEnumerable<EndpointDataSource>>()
            .SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.TrimStart('/').StartsWith("v1/", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}"));

        Assert.Empty(endpoints.Except(Requests("", "").Select(r => r.Endpoint)));
    }

    private async Task<string> Table()
    {
        var workspace = await service.Workspace();
        var callers = new List<(string Name, string? Token)>();
        foreach (var definition in RoleTable.All)
        {
            callers.Add(($"{definition.Role}", await service.TokenOf(definition.Role)));
        }

        callers.Add(("nobody's member", await service.Token(TestDirectory.Outsider)));
        callers.Add(("application", await service.AppToken()));
        callers.Add(("powerless application", await service.AppToken(TestDirectory.Powerless)));
        callers.Add(("no token", null));

        var text = new StringBuilder();
        for (var i = 0; i < callers.Count; i++)
        {
            text.Append($"{(char)('a' + i)} = {callers[i].Name}\n");
        }

        var width = Requests("", "").Max(r => r.Endpoint.Length) + 1;
        text.Append('\n').Append("".PadRight(width)).AppendJoin("   ", callers.Select((_, i) => (char)('a' + i))).Append('\n');
        foreach (var row in Requests("", "").Select((r, i) => (r.Endpoint, Index: i)))
        {
            var statuses = new List<int>();
            foreach (var (_, token) in callers)
            {
                var request = Requests(workspace, $"{Interlocked.Increment(ref calls)}")[row.Index];
                using var response = await service.Send(request.Method, request.Path, token, request.Body);
                statuses.Add((int)response.StatusCode);
            }

            text.Append(row.Endpoint.PadRight(width)).AppendJoin(' ', statuses).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A valid request to each endpoint; <paramref name="unique"/> keeps those that create from meeting what is there.</summary>
    private static List<(string Endpoint, HttpMethod Method, string Path, JsonNode? Body)> Requests(string workspace, string unique)
    {
        const string at = "/v1/workspaces/{id}";
        var to = $"/v1/workspaces/{workspace}";
        var group = TestDirectory.SpareGroup(unique.Length == 0 ? 0 : 1_000 + int.Parse(unique, System.Globalization.CultureInfo.InvariantCulture));
        return
        [
            ("GET /v1/roles", HttpMethod.Get, "/v1/roles", null),
            ("PUT /v1/agreements/{agreementId}", HttpMethod.Put, $"/v1/agreements/table-{unique}", RunningService.Agreement()),
            ("GET /v1/agreements/{agreementId}", HttpMethod.Get, "/v1/agreements/agreement-1", null),
            ("GET /v1/me", HttpMethod.Get, "/v1/me", null),
            ("GET /v1/me/workspaces", HttpMethod.Get, "/v1/me/workspaces", null),
            ("PUT /v1/me/current-workspace", HttpMethod.Put, "/v1/me/current-workspace", new JsonObject { ["workspaceId"] = workspace }),
            ("GET /v1/me/home", HttpMethod.Get, "/v1/me/home", null),
            ($"GET {at}", HttpMethod.Get, to, null),
            ($"PATCH {at}", HttpMethod.Patch, to, new JsonObject { ["name"] = $"Contoso {unique}" }),
            ($"GET {at}/home", HttpMethod.Get, $"{to}/home", null),
            ($"GET {at}/permissions", HttpMethod.Get, $"{to}/permissions", null),
            ($"POST {at}/permissions/check", HttpMethod.Post, $"{to}/permissions/check", new JsonObject { ["permissions"] = new JsonArray("RenameSpace") }),
            ($"GET {at}/users", HttpMethod.Get, $"{to}/users", null),
            ($"GET {at}/groups", HttpMethod.Get, $"{to}/groups", null),
            ($"GET {at}/groups/{{groupId}}", HttpMethod.Get, $"{to}/groups/{TestDirectory.GroupId(Roles.User)}", null),
            ($"PUT {at}/groups/{{groupId}}", HttpMethod.Put, $"{to}/groups/{group}", new JsonObject { ["roles"] = new JsonArray("User") }),
            ($"DELETE {at}/groups/{{groupId}}", HttpMethod.Delete, $"{to}/groups/{group}", null),
            ($"GET {at}/audit-events", HttpMethod.Get, $"{to}/audit-events", null),
            ($"POST {at}/support-cases", HttpMethod.Post, $"{to}/support-cases", new JsonObject { ["value"] = new JsonArray() }),
            ($"GET {at}/support-cases", HttpMethod.Get, $"{to}/support-cases", null),
            ($"GET {at}/support-insights", HttpMethod.Get, $"{to}/support-insights", null),
        ];
    }
}
