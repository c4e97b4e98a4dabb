using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EngageCenter.DevHost.Tests;

/// <summary>samples/gateway, between callers and a service that knows nothing about rights.</summary>
public sealed class GatewayTests : IAsyncLifetime, IDisposable
{
    private const string Support = "c0000000-0000-4000-8000-000000000206";

    private readonly TempFolder folder = new();
    private readonly HttpClient http = new();
    private readonly ConcurrentQueue<string> passed = [];
    private readonly Uri gatewayUrl = Loopback();
    private WebApplication behind = null!;
    private DevHostProcess host = null!;
    private DevHostClient client = null!;
    private ProgramProcess gateway = null!;
    private string workspace = "";

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        behind = builder.Build();
        behind.Urls.Add("http://127.0.0.1:0");
        behind.MapFallback((HttpContext request) =>
        {
            passed.Enqueue(request.Request.Path);
            return "a report";
        });
        await behind.StartAsync();
        host = await DevHostProcess.Start(new(folder.Path));
        client = host.Client();
        gateway = Start(gatewayUrl, host.Options.Service);
        await Answers(gatewayUrl);
        workspace = (await client.All(await client.Person("adele@contoso.example"), "/v1/me/workspaces"))
            .Single(w => w["name"]!.GetValue<string>() == "Contoso")["workspaceId"]!.GetValue<string>();
    }

    public async Task DisposeAsync()
    {
        await (gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await behind.DisposeAsync();
    }

    public void Dispose()
    {
        client?.Dispose();
        http.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_request_after_a_revocation_is_denied()
    {
        var (adele, henrietta) = (await client.Person("adele@contoso.example"), await client.Person("henrietta@contoso.example"));
        var path = $"/reports/{workspace}/monthly";
        Assert.Equal((HttpStatusCode.OK, "a report"), await Get(henrietta, path));

        using (var revoked = await client.Send(HttpMethod.Delete, adele, $"/v1/workspaces/{workspace}/groups/{Support}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await Get(henrietta, path)).Status);
        await client.Put(adele, $"/v1/workspaces/{workspace}/groups/{Support}", new JsonObject { ["roles"] = new JsonArray("SupportUser") });
        Assert.Equal(HttpStatusCode.OK, (await Get(henrietta, path)).Status);
        Assert.Equal([path, path], passed);
    }

    [Fact]
    public async Task Each_route_asks_for_its_own_permission_in_the_workspace_of_its_path()
    {
        var (henrietta, stranger) = (await client.Person("henrietta@contoso.example"), await client.Person("nestor@contoso.example"));

        Assert.Equal(HttpStatusCode.OK, (await Get(henrietta, $"/reports/{workspace}/monthly")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Get(henrietta, $"/deliveries/{workspace}/monthly")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Get(henrietta, "/reports/00000000000000000000000000000000/monthly")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Get(stranger, $"/reports/{workspace}/monthly")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Get(henrietta, "/elsewhere")).Status);
        Assert.Equal([$"/reports/{workspace}/monthly"], passed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    public async Task Request_without_a_token_is_answered_401(string? token)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await Get(token, $"/reports/{workspace}/monthly")).Status);
        Assert.Empty(passed);
    }

    // The token was not issued by the service's issuer, whatever it says.
    [Fact]
    public async Task Token_that_the_service_refuses_is_refused_by_the_gateway()
    {
        var token = await client.Person("henrietta@contoso.example");

        Assert.Equal(HttpStatusCode.Unauthorized, (await Get($"{token[..^8]}AAAAAAAA", $"/reports/{workspace}/monthly")).Status);
        Assert.Empty(passed);
    }

    [Fact]
    public async Task Gateway_denies_everything_while_the_service_does_not_answer()
    {
        var token = await client.Person("henrietta@contoso.example");
        await host.Stop();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get(token, $"/reports/{workspace}/monthly")).Status);
        Assert.Empty(passed);
    }

    private ProgramProcess Start(Uri url, Uri service) => ProgramProcess.OfDotnet(Path.Combine(AppContext.BaseDirectory, "EngageCenter.Gateway.dll"), GatewayFolder, new Dictionary<string, string>
    {
        ["Urls"] = url.GetLeftPart(UriPartial.Authority),
        ["AuthZen__Url"] = service.ToString(),
        ["ReverseProxy__Clusters__reports__Destinations__one__Address"] = behind.Urls.Single(),
        ["Logging__LogLevel__Default"] = "Warning",
    });

    // The sample's own routes are used.
    private static string GatewayFolder => Path.Combine(Repository.Root, "samples", "gateway");

    private async Task Answers(Uri url) => await Until.True(async () =>
    {
        try
        {
            using var answer = await http.GetAsync(url);
            return true;
        }
        catch (HttpRequestException) when (!gateway.HasEnded)
        {
            return false;
        }
    }, TimeSpan.FromSeconds(60), () => $"The gateway answers. {gateway}");

    private async Task<(HttpStatusCode Status, string Body)> Get(string? token, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gatewayUrl, path));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static Uri Loopback() => new($"http://{IPAddress.Loopback}:{FreePort.Next()}");
}
