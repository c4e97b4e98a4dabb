using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost.Tests;

/// <summary>People in more than 200 groups, whom the development host looks up in LocalEntra's directory.</summary>
public sealed class DirectoryTests : IAsyncLifetime, IDisposable
{
    private const string Johanna = "johanna@contoso.example";
    private readonly TempFolder folder = new();
    private DevHostProcess host = null!;
    private DevHostClient client = null!;

    public async Task InitializeAsync()
    {
        host = await DevHostProcess.Start(new(folder.Path));
        client = host.Client();
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Johanna_gets_in_by_one_of_300_groups_and_the_directory_is_asked_once_for_each_sign_in()
    {
        var token = await client.Person(Johanna);
        var workspace = (string)(await client.Get(token, "/v1/me/workspaces"))["value"]![0]!["workspaceId"]!;

        Assert.Equal(["AccessLearning", "ViewEntraGroups", "ViewUserRoles"], await Permissions(token, workspace));
        Assert.Equal(HttpStatusCode.Forbidden, await client.Status($"/v1/workspaces/{workspace}/support-cases", token));
        Assert.Equal(HttpStatusCode.NotFound, await client.Status($"/v1/workspaces/{Guid.NewGuid():N}", token));
        Assert.Equal(1, await Asked());
    }

    [Fact]
    public async Task Without_an_answer_of_the_directory_she_is_told_that_her_rights_cannot_be_confirmed()
    {
        await Faults(new { kind = "Refuse", status = 503, path = "getMemberGroups" });
        var token = await client.Person(Johanna);

        using var refused = await client.Send(HttpMethod.Get, token, "/v1/me/workspaces");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("/problems/access-unconfirmed", (string)(await refused.Content.ReadFromJsonAsync<JsonNode>())!["type"]!);
        Assert.Equal(HttpStatusCode.OK, await client.Status("/v1/me", token));
        Assert.Equal(1, await Asked());
    }

    private async Task<IEnumerable<string>> Permissions(string token, string workspace) =>
        (await client.Get(token, $"/v1/workspaces/{workspace}/permissions"))["permissions"]!.AsArray().Select(p => (string)p!).Order(StringComparer.Ordinal);

    private async Task<int> Asked() =>
        (int)(await client.Http.GetFromJsonAsync<JsonNode>(new Uri(host.Options.Entra, "graph/faults")))!["requests"]!;

    private async Task Faults(params object[] faults)
    {
        using var response = await client.Http.PutAsJsonAsync(new Uri(host.Options.Entra, "graph/faults"), new { faults });
        response.EnsureSuccessStatusCode();
    }
}
