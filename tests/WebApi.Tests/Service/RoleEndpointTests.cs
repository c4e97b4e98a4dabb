using System.Text;
using EngageCenter.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Every caller through every endpoint, over HTTP. What the service answers is written down in a file that is
/// reviewed; an endpoint that the table does not drive fails the test.
/// </summary>
[Collection(RunningService.Collection)]
public class RoleEndpointTests(RunningService service)
{
    private int calls;

    [Fact]
    public async Task Who_gets_what_from_each_endpoint() =>
        Approved.Matches("tests/WebApi.Tests/Service/role-endpoints.txt", await Table());

    [Fact, Trait("Needs", "OneProcess")]
    public void No_endpoint_is_left_out_of_the_table()
    {
        var endpoints = service.Services.GetRequiredService<IEnumerable<EndpointDataSource>>()
            .SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.TrimStart('/').StartsWith("v1/", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}"));

        Assert.Empty(endpoints.Except(ValidRequest.All("", "").Select(r => r.Endpoint)));
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
