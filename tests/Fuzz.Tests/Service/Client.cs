using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Fuzz.Contract;
using EngageCenter.Fuzz.Requests;

namespace EngageCenter.Fuzz.Service;

/// <summary>Sends requests as they are, and reads answers as they come.</summary>
internal sealed class Client(Uri service) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    })
    {
        BaseAddress = service,
        // An answer that takes longer is a fault.
        Timeout = TimeSpan.FromSeconds(60),
    };

    public async Task<Answer> Send(FuzzRequest request)
    {
        using var message = request.ToMessage(service);
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? await ReadBegin(response) : await Read(response);
    }

    /// <summary>A request that has to succeed.</summary>
    public async Task<JsonNode> Json(HttpMethod method, string path, string token, JsonNode? body = null)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonBody(body) };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(message);
        var answer = await Read(response);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path} answered {answer.Status} {answer.Text}");
        return answer.Body.Length == 0 ? new JsonObject() : JsonNode.Parse(answer.Body)!;
    }

    /// <summary>The status and the body of a GET, whatever it is.</summary>
    public async Task<Answer> Get(string path, string? token)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(message);
        return await Read(response);
    }

    public void Dispose() => http.Dispose();

    private static StringContent JsonBody(JsonNode body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    // It has no end.
    private static async Task<Answer> ReadBegin(HttpResponseMessage response)
    {
        var begin = new byte[1_024];
        var length = await (await response.Content.ReadAsStreamAsync()).ReadAsync(begin);
        return new((int)response.StatusCode, "text/event-stream", begin[..length], null, Closes: false);
    }

    private static async Task<Answer> Read(HttpResponseMessage response) => new(
        (int)response.StatusCode,
        response.Content.Headers.ContentType?.MediaType,
        await response.Content.ReadAsByteArrayAsync(),
        response.Headers.ETag?.ToString(),
        response.Headers.ConnectionClose == true);
}
