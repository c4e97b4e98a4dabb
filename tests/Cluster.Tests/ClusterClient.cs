using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>The answer of a web node. It has no status if none came in time.</summary>
internal sealed record Answer(HttpStatusCode? Status, JsonNode? Body, string? ETag)
{
    public override string ToString() => $"{(int?)Status} {Body?.ToJsonString()}";
}

/// <summary>Gets tokens and calls web nodes with them, with short time-outs.</summary>
internal sealed class ClusterClient(RunningCluster cluster) : IDisposable
{
    // Longer than a change may have to wait for authority and lease together.
    private static readonly TimeSpan Patience = 2 * (RunningCluster.Lease + RunningCluster.Authority);
    private static readonly TimeSpan SetUpBound = TimeSpan.FromSeconds(90);

    private readonly HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = Patience }) { Timeout = Timeout.InfiniteTimeSpan };

    public Task<string> Person(string userPrincipalName) => Token(
        ("grant_type", "password"), ("username", userPrincipalName), ("password", "any"), ("scope", "api://engage-center/access_as_user"));

    public Task<string> Automation() => Token(
        ("grant_type", "client_credentials"), ("client_id", Organization.Application), ("client_secret", Organization.Secret),
        ("scope", "api://engage-center/.default"));

    public async Task<Answer> Send(
        Node node, HttpMethod method, string token, string path, JsonNode? body = null, string? ifMatch = null, string? traceParent = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(node.Url, path))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
            Content = body is null ? null : new StringContent(body.ToJsonString(), MediaTypeHeaderValue.Parse("application/json")),
        };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        if (traceParent is not null)
        {
            request.Headers.Add("traceparent", traceParent);
        }

        using var bound = new CancellationTokenSource(Patience);
        try
        {
            using var response = await http.SendAsync(request, bound.Token);
            var text = await response.Content.ReadAsStringAsync(bound.Token);
            return new(response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), response.Headers.ETag?.Tag);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new(null, null, null);
        }
    }

    /// <summary>Repeats a request until it succeeds.</summary>
    public async Task<Answer> Insist(HttpMethod method, string token, string path, JsonNode? body = null)
    {
        Answer? answer = null;
        var turn = 0;
        try
        {
            await Until.True(
                async () => (answer = await Send(cluster.Web[turn++ % cluster.Web.Count], method, token, path, body)).Status is HttpStatusCode.OK or HttpStatusCode.Created,
                SetUpBound, $"{method} {path} succeeds");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; the last answer is {answer}", late);
        }

        return answer!;
    }

    /// <summary>Returns the items of all pages.</summary>
    public async Task<List<JsonNode>> All(string token, string path)
    {
        List<JsonNode> all = [];
        for (var next = path; next is not null;)
        {
            var page = (await Insist(HttpMethod.Get, token, next)).Body!;
            all.AddRange(page["value"]!.AsArray().Select(item => item!));
            next = page["nextLink"]?.GetValue<string>() is { } link ? new Uri(cluster.Web[0].Url, link).PathAndQuery : null;
        }

        return all;
    }

    public void Dispose() => http.Dispose();

    private async Task<string> Token(params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await http.PostAsync(new Uri(cluster.Entra.Url, $"{Organization.Tenant}/oauth2/v2.0/token"), content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!["access_token"]!.GetValue<string>();
    }
}
