using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Service;

namespace EngageCenter.LoadTests;

/// <summary>
/// People with valid tokens who are not members of any workspace, like everybody with a work account. Each sends one request, from
/// a tenant that no agreement names, with as many groups as a token can have. Every fifth token is garbage.
/// </summary>
internal sealed class StrangerTraffic(Uri service, HttpClient http, Tokens tokens, string workspace, StrangersOptions options)
{
    /// <summary>Tokens that are prepared before the measurement, because signing them takes longer than refusing them.</summary>
    private const int MaxPrepared = 3_000;

    private static readonly TimeSpan pace = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<string> prepared = new();

    public Scenario Scenario => new("strangers", random => new("stranger", () => Come(random.Next(5))));

    public void Prepare()
    {
        for (var n = prepared.Count; n < Math.Min(options.Strangers, MaxPrepared); n++)
        {
            prepared.Enqueue(NewToken());
        }
    }

    /// <summary>Sends bodies byte by byte until cancelled. If the service closes a connection, a new one is opened.</summary>
    public Task SendSlowly(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, options.SlowBodies).Select(_ => SendOneSlowly(stop)));

    private async Task Come(int what)
    {
        var garbage = what == 0;
        using var request = what switch
        {
            1 => new HttpRequestMessage(HttpMethod.Get, "/v1/me/workspaces"),
            2 => new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{workspace}"),
            3 => new HttpRequestMessage(HttpMethod.Put, "/v1/me/current-workspace")
            {
                Content = new StringContent(new JsonObject { ["workspaceId"] = workspace }.ToJsonString(), Encoding.UTF8, "application/json"),
            },
            _ => new HttpRequestMessage(HttpMethod.Get, "/v1/me"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", garbage ? $"{Guid.NewGuid():N}.{Guid.NewGuid():N}.{Guid.NewGuid():N}"
            : prepared.TryDequeue(out var token) ? token : NewToken());
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        if ((int)response.StatusCode is not (200 or 401 or 403 or 404 or 429 or 503)
            || body.Contains(workspace, StringComparison.Ordinal)
            || (garbage && response.IsSuccessStatusCode))
        {
            throw new WrongAnswerException($"{request.Method} {request.RequestUri} answered a stranger {(int)response.StatusCode} {body}");
        }
    }

    private string NewToken() => tokens.Person(
        Guid.NewGuid(), Guid.NewGuid(), "Stranger", [.. Enumerable.Range(0, options.Groups).Select(_ => Guid.NewGuid())]);

    private async Task SendOneSlowly(CancellationToken stop)
    {
        var header = Encoding.ASCII.GetBytes(
            $"PUT /v1/me/current-workspace HTTP/1.1\r\nHost: {service.Authority}\r\nAuthorization: Bearer {NewToken()}\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var connection = new TcpClient();
                await connection.ConnectAsync(service.Host, service.Port, stop);
                var stream = connection.GetStream();
                await stream.WriteAsync(header, stop);
                while (true)
                {
                    await stream.WriteAsync("{"u8.ToArray(), stop);

                    // This client is meant to be slow, by the clock of the service that it troubles. The end of the run cancels the wait.
                    await Task.Delay(pace, TimeProvider.System, stop);
                }
            }
            catch (Exception ended) when (ended is IOException or SocketException)
            {
                // The service has closed the connection. A new one is opened at the pace of the bytes. The end of the run cancels the
                // wait, which the loop then sees, so a cancelled wait is not an error here.
                await Task.Delay(pace, TimeProvider.System, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
