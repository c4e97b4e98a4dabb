using System.Text;
using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Tests.Errors;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Sends every kind of caller through every endpoint over HTTP, and compares the responses with a reviewed file. An endpoint
/// that is missing from the table fails the test.
/// </summary>
[Collection(RunningService.Collection)]
public class RoleEndpointTests(RunningService service)
{
    private int calls;

    [Fact]
    public async Task Who_gets_what_from_each_endpoint() =>
        Approved.Matches("tests/WebApi.Tests/Service/role-endpoints.txt", await Table());

    [Fact, Trait("Needs", "OneProcess")]
    public void No_endpoint_is_left_out_of_the_table() =>
        Assert.Empty(Declared().Keys.Except(ValidRequest.All("", "").Select(r => r.Endpoint)));

    [Fact, Trait("Needs", "OneProcess")]
    public void Table_matches_the_declarations_of_the_routes()
    {
        var lines = File.ReadAllLines(Path.Combine(ProblemsTests.Repository(), "tests", "WebApi.Tests", "Service", "role-endpoints.txt"));
        var callers = lines.TakeWhile(line => line.Length > 0).Select(line => line.Split(" = ")[1]).ToArray();
        var rows = lines.Skip(callers.Length + 2).ToDictionary(line => string.Join(' ', line.Split(' ').Take(2)), line => line.Split(' ')[^callers.Length..]);
        var declared = Declared();
        Assert.Equal(declared.Keys.Order(), rows.Keys.Order());
        foreach (var (endpoint, requirement) in declared)
        {
            Assert.Equal(callers.Select(c => $"{endpoint}, {c}: {Expected(requirement, c)}"), callers.Zip(rows[endpoint], (c, s) => $"{endpoint}, {c}: {Told(endpoint, c, s)}"));
        }

        // The body names the workspace, so the route cannot declare it.
        static string Told(string endpoint, string caller, string status) =>
            status[0] == '2' || (endpoint == "PUT /v1/me/current-workspace" && caller == "nobody's member" && status == "404") ? "success" : status;
    }

    [Fact, Trait("Needs", "OneProcess")]
    public void Test_requests_match_the_declarations_of_the_routes()
    {
        var declared = Declared();
        Assert.All(ValidRequest.All("", ""), request => Assert.Equal(
            (declared[request.Endpoint].AppRole, declared[request.Endpoint].Permission), (request.AppRole ?? request.AppRoleBeside, request.Required ?? Permissions.None)));
    }

    private Dictionary<string, AccessRequirement> Declared() => service.Services.GetRequiredService<IEnumerable<EndpointDataSource>>()
        .SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.TrimStart('/') is var path && (path.StartsWith("v1/", StringComparison.Ordinal) || path.StartsWith("access/v1/", StringComparison.Ordinal)))
        .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            .Select(m => (Endpoint: $"{m} /{e.RoutePattern.RawText!.Trim('/')}", Declared: e.Metadata.GetRequiredMetadata<AccessRequirement>())))
        .ToDictionary(e => e.Endpoint, e => e.Declared);

    private static string Expected(AccessRequirement requirement, string caller)
    {
        if (caller == "no token")
        {
            return "401";
        }

        if (caller.EndsWith("application", StringComparison.Ordinal) || (requirement.AppRole is not null && !requirement.TakesPersons))
        {
            return caller == "application" && requirement.AppRole is not null ? "success" : "403";
        }

        if (requirement.Scope == AccessScope.Service)
        {
            return "success";
        }

        if (caller == "nobody's member")
        {
            return requirement.Scope == AccessScope.Workspace ? "404" : "403";
        }

        var held = RoleTable.PermissionsOf(Enum.Parse<Roles>(caller) | Roles.User);
        return (held & requirement.Permission) == requirement.Permission ? "success" : "403";
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

        var width = ValidRequest.All("", "").Max(r => r.Endpoint.Length) + 1;
        text.Append('\n').Append("".PadRight(width)).AppendJoin("   ", callers.Select((_, i) => (char)('a' + i))).Append('\n');
        foreach (var row in ValidRequest.All("", "").Select((r, i) => (r.Endpoint, Index: i)))
        {
            var statuses = new List<int>();
            foreach (var (_, token) in callers)
            {
                var request = ValidRequest.All(workspace, $"{Interlocked.Increment(ref calls)}")[row.Index];
                using var response = await service.Send(request.Method, request.Path, token, request.Body);
                statuses.Add((int)response.StatusCode);
            }

            text.Append(row.Endpoint.PadRight(width)).AppendJoin(' ', statuses).Append('\n');
        }

        return text.ToString();
    }
}
