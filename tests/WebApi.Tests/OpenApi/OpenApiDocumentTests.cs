using System.Text.Json;

namespace EngageCenter.WebApi.Tests.OpenApi;

public sealed class OpenApiDocumentTests : IAsyncLifetime
{
    private RunningWebApi api = null!;
    private JsonElement document;

    public async Task InitializeAsync()
    {
        api = await RunningWebApi.StartAsync();
        document = (await api.SendAsync("GET", "/openapi/v1.json")).Json;
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public void Every_endpoint_of_the_contract_exists()
    {
        string[] expected =
        [
            "GET /v1/roles", "PUT /v1/agreements/{agreementId}", "GET /v1/agreements/{agreementId}",
            "GET /v1/me", "GET /v1/me/workspaces", "GET /v1/me/switcher", "GET /v1/me/current-workspace", "PUT /v1/me/current-workspace", "GET /v1/me/home",
            "GET /v1/workspaces/{id}", "PATCH /v1/workspaces/{id}", "GET /v1/workspaces/{id}/home",
            "GET /v1/workspaces/{id}/permissions", "POST /v1/workspaces/{id}/permissions/check",
            "GET /v1/workspaces/{id}/users", "GET /v1/workspaces/{id}/groups", "GET /v1/workspaces/{id}/groups/{groupId}",
            "GET /v1/workspaces/{id}/users/{tenantId}/{userId}", "GET /v1/workspaces/{id}/directory", "GET /v1/workspaces/{id}/directory/groups", "POST /v1/workspaces/{id}/groups/{groupId}/preview",
            "PUT /v1/workspaces/{id}/groups/{groupId}", "DELETE /v1/workspaces/{id}/groups/{groupId}", "GET /v1/workspaces/{id}/audit-events",
            "POST /v1/workspaces/{id}/support-cases", "GET /v1/workspaces/{id}/support-cases", "GET /v1/workspaces/{id}/support-insights",
        ];

        Assert.Empty(expected.Except(Operations().Select(o => o.Name)));
    }

    [Fact]
    public void Every_endpoint_describes_purpose_callers_and_refusals()
    {
        foreach (var (name, operation) in Operations().Where(o => o.Name.Contains("/v1/", StringComparison.Ordinal)))
        {
            Assert.True(operation.GetProperty("summary").GetString()!.Length > 0, name);
            Assert.True(operation.GetProperty("description").GetString()!.Length > 0, name);
            Assert.True(operation.GetProperty("security").GetArrayLength() > 0, name);
            foreach (var status in new[] { "401", "403", "429", "503" })
            {
                Assert.True(operation.GetProperty("responses").TryGetProperty(status, out _), $"{name} {status}");
            }
        }
    }

    [Fact]
    public void Every_body_has_an_example()
    {
        // Starting a run needs no body.
        foreach (var (name, operation) in Operations().Where(o => o.Name.StartsWith('P') && !o.Name.EndsWith("/runs", StringComparison.Ordinal)))
        {
            Assert.True(operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _), name);
        }
    }

    [Fact]
    public async Task Reference_page_loads_nothing_from_other_hosts()
    {
        var page = await api.SendAsync("GET", "/scalar/");

        Assert.Equal(200, page.Status);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page.Body);
    }

    private IEnumerable<(string Name, JsonElement Operation)> Operations() =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value);
}
