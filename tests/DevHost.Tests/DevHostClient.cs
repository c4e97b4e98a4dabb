using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost.Tests;

/// <summary>Gets tokens from a DevHost and calls its API with them. Works across restarts on the same addresses.</summary>
internal sealed class DevHostClient(DevHostOptions options) : IDisposable
{
    public const string Contoso = "c0000000-0000-4000-8000-000000000000";
    public const string Microsoft = "d0000000-0000-4000-8000-000000000000";

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromMinutes(10) };

    public HttpClient Http => http;

    public Uri Address(string path) => new(options.Service, path);

    public Task<string> Person(string userPrincipalName, string tenant = Contoso) => Token(
        tenant, ("grant_type", "password"), ("username", userPrincipalName), ("password", "any"), ("scope", "api://engage-center/access_as_user"));

    public Task<string> Automation(string tenant = Contoso) => Token(
        tenant, ("grant_type", "client_credentials"), ("client_id", "engage-center-automation"), ("client_secret", "local-development-only"),
        ("scope", "api://engage-center/.default"));

    public async Task<JsonNode> Get(string token, string path) => await Ok(await Send(HttpMethod.Get, token, path));

    public async Task<JsonNode> Put(string token, string path, JsonNode body) => await Ok(await Send(HttpMethod.Put, token, path, body));

    public async Task<JsonNode> Patch(string token, string path, JsonNode body) => await Ok(await Send(HttpMethod.Patch, token, path, body));

    public async Task<JsonNode> Post(string token, string path, JsonNode body) => await Ok(await Send(HttpMethod.Post, token, path, body));

    /// <summary>Returns the items of all pages.</summary>
    public async Task<List<JsonNode>> All(string token, string path)
    {
        List<JsonNode> all = [];
        for (var next = path; next is not null;)
        {
            var page = await Get(token, next);
            all.AddRange(page["value"]!.AsArray().Select(item => item!));
            next = page["nextLink"]?.GetValue<string>();
        }

        return all;
    }

    public async Task<HttpStatusCode> Status(string path, string? token = null)
    {
        using var response = await Send(HttpMethod.Get, token, path);
        return response.StatusCode;
    }

    public Task<HttpResponseMessage> Send(HttpMethod method, string? token, string path, JsonNode? body = null) =>
        SendContent(method, token, path, body is null ? null : JsonContent(body));

    public async Task<HttpResponseMessage> SendContent(HttpMethod method, string? token, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, Address(path)) { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await http.SendAsync(request);
    }

    /// <summary>Requests a list as CSV, to be read while it arrives.</summary>
    public async Task<HttpResponseMessage> Export(string token, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.ParseAdd("text/csv");
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    public void Dispose() => http.Dispose();

    private async Task<string> Token(string tenant, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        var answer = await Ok(await http.PostAsync(new Uri(options.Entra, $"{tenant}/oauth2/v2.0/token"), content));
        return answer["access_token"]!.GetValue<string>();
    }

    private static StringContent JsonContent(JsonNode body) => new(body.ToJsonString(), MediaTypeHeaderValue.Parse("application/json"));

    private static async Task<JsonNode> Ok(HttpResponseMessage response)
    {
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri}: {(int)response.StatusCode} {body}");
            return JsonSerializer.Deserialize<JsonNode>(body)!;
        }
    }
}
