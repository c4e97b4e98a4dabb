using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost;

/// <summary>
/// The sample organization, set up through the API itself as its automation and its support manager would do it. Once:
/// whatever was set up or changed before stays as it is. The support cases of a workspace come last and in one write,
/// so a workspace without any is one whose set-up was cut short, and is gone through again.
/// </summary>
internal sealed class Sample(HttpClient http, Uri entra, Uri service)
{
    public const string Tenant = "c0000000-0000-4000-8000-000000000000";

    private const string Application = "engage-center-automation";
    private const string Secret = "local-development-only";
    private const string Manager = "adele@contoso.example";

    /// <summary>A file of the samples, as it was built.</summary>
    public static string File(string name) => Path.Combine(AppContext.BaseDirectory, "samples", name);

    /// <returns>Whether the sample organization is there.</returns>
    public static async Task<bool> SetUp(DevelopmentHost host)
    {
        if (!host.WantsSample)
        {
            return false;
        }

        using var http = new HttpClient();
        var isSample = await new Sample(http, host.EntraUrl, host.ServiceUrl).SetUp(host.Time, host.Stopping);
        if (!isSample)
        {
            host.Logger.LogWarning("The directory is not the sample's, so the sample organization is not set up. Set DevHost:Sample=false for a directory of your own");
        }

        return isSample;
    }

    /// <summary>The same in a service that runs elsewhere.</summary>
    /// <returns>Whether the directory is the sample's.</returns>
    public static async Task<bool> SetUp(Uri entra, Uri service)
    {
        using var http = new HttpClient();
        return await new Sample(http, entra, service).SetUp(TimeProvider.System, CancellationToken.None);
    }

    private async Task<bool> SetUp(TimeProvider time, CancellationToken cancel)
    {
        if (await Token(cancel, ("grant_type", "client_credentials"), ("client_id", Application), ("client_secret", Secret), ("scope", "api://engage-center/.default")) is not { } automation
            || await Token(cancel, ("grant_type", "password"), ("username", Manager), ("scope", "api://engage-center/access_as_user")) is not { } manager)
        {
            return false;
        }

        var agreements = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File("contoso-agreements.json"), cancel))!.AsArray();
        var groups = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File("contoso-groups.json"), cancel))!.AsArray();
        foreach (var sample in agreements)
        {
            var id = sample!["agreementId"]!.GetValue<string>();
            var agreement = await Read($"v1/agreements/{id}", automation, cancel)
                ?? await Send(HttpMethod.Put, $"v1/agreements/{id}", automation, sample["agreement"], cancel);
            foreach (var workspace in agreement["workspaces"]!.AsArray())
            {
                var workspaceId = workspace!["workspaceId"]!.GetValue<string>();
                var cases = await Read($"v1/workspaces/{workspaceId}/support-cases?pageSize=1", manager, cancel);
                if (cases?["totalCount"]!.GetValue<long>() == 0)
                {
                    await SetUp(workspaceId, groups, automation, manager, time, cancel);
                }
            }
        }

        return true;
    }

    private async Task SetUp(string workspaceId, JsonArray groups, string automation, string manager, TimeProvider time, CancellationToken cancel)
    {
        foreach (var group in groups)
        {
            var body = new JsonObject { ["displayName"] = group!["displayName"]!.DeepClone(), ["roles"] = group["roles"]!.DeepClone() };
            await Send(HttpMethod.Put, $"v1/workspaces/{workspaceId}/groups/{group["groupId"]}", manager, body, cancel);
        }

        var cases = SampleCases.Invent(workspaceId, time.GetUtcNow());
        await Send(HttpMethod.Post, $"v1/workspaces/{workspaceId}/support-cases", automation, new JsonObject { ["value"] = cases }, cancel);
    }

    private async Task<string?> Token(CancellationToken cancel, params IEnumerable<(string Name, string Value)> form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await http.PostAsync(new Uri(entra, $"{Tenant}/oauth2/v2.0/token"), content, cancel);
        return response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<JsonObject>(cancel))!["access_token"]!.GetValue<string>()
            : null;
    }

    /// <returns>Null where there is none, or none that the caller may see.</returns>
    private async Task<JsonNode?> Read(string path, string token, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Get, path, token);
        using var response = await http.SendAsync(request, cancel);
        return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden
            ? null
            : await Answer(request, response, cancel);
    }

    private async Task<JsonNode> Send(HttpMethod method, string path, string token, JsonNode? body, CancellationToken cancel)
    {
        using var request = Request(method, path, token);
        request.Content = JsonContent.Create(body);
        using var response = await http.SendAsync(request, cancel);
        return await Answer(request, response, cancel);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string token) =>
        new(method, new Uri(service, path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static async Task<JsonNode> Answer(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel) =>
        response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<JsonNode>(JsonSerializerOptions.Web, cancel))!
            : throw new InvalidOperationException(
                $"The sample was not set up: {request.Method} {request.RequestUri} answered {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}");
}
