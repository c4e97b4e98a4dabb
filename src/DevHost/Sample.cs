using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost;

/// <summary>
/// The sample organization, set up through the API itself as its automation and its support manager would do it. Once:
/// whatever was set up or changed before stays as it is.
/// </summary>
internal sealed class Sample(HttpClient http, Uri entra, Uri service)
{
    public const string Tenant = "c0000000-0000-4000-8000-000000000000";

    private const string Application = "engage-center-automation";
    private const string Secret = "local-development-only";
    private const string Manager = "adele@contoso.example";

    /// <summary>A file of the samples, as it was built.</summary>
    public static string File(string name) => Path.Combine(AppContext.BaseDirectory, "samples", name);

    public static async Task SetUp(DevelopmentHost host)
    {
        if (!host.Configuration.GetValue("DevHost:Sample", true))
        {
            return;
        }

        using var http = new HttpClient();
        await new Sample(http, host.EntraUrl, host.ServiceUrl).SetUp(host.Time, host.Logger, host.Stopping);
    }

    private async Task SetUp(TimeProvider time, ILogger logger, CancellationToken cancel)
    {
        if (await Token(cancel, ("grant_type", "client_credentials"), ("client_id", Application), ("client_secret", Secret), ("scope", "api://engage-center/.default")) is not { } automation
            || await Token(cancel, ("grant_type", "password"), ("username", Manager), ("scope", "api://engage-center/access_as_user")) is not { } manager)
        {
            logger.LogWarning("The directory is not the sample's, so the sample organization is not set up. Set DevHost:Sample=false for a directory of your own");
            return;
        }

        var agreements = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File("contoso-agreements.json"), cancel))!.AsArray();
        var groups = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File("contoso-groups.json"), cancel))!.AsArray();
        foreach (var sample in agreements)
        {
            var id = sample!["agreementId"]!.GetValue<string>();
            if (await Send(HttpMethod.Get, $"v1/agreements/{id}", automation, null, cancel) is not null)
            {
                continue;
            }

            var agreement = (await Send(HttpMethod.Put, $"v1/agreements/{id}", automation, sample["agreement"], cancel))!;
            foreach (var workspace in agreement["workspaces"]!.AsArray())
            {
                await SetUp(workspace!["workspaceId"]!.GetValue<string>(), groups, automation, manager, time, cancel);
            }
        }
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

    private async Task<JsonNode?> Send(HttpMethod method, string path, string token, JsonNode? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(service, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        using var response = await http.SendAsync(request, cancel);
        if (method == HttpMethod.Get && response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"The sample was not set up: {method} {path} answered {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}");
        }

        return await response.Content.ReadFromJsonAsync<JsonNode>(JsonSerializerOptions.Web, cancel);
    }
}
