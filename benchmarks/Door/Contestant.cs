using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace EngageCenter.Door;

/// <summary>A server that is measured.</summary>
/// <param name="Requests">Complete requests with headers. Each connection sends them one after the other and then starts again.</param>
/// <param name="Expected">A text that every answer to the first round of requests contains.</param>
/// <param name="Processes">The processes whose processor time counts, by kind.</param>
internal sealed record Contestant(
    string Name, IPEndPoint Address, ImmutableArray<byte[]> Requests, string Expected, ImmutableArray<(string Kind, ImmutableArray<int> Ids)> Processes)
{
    public static byte[] Get(string path, string? token = null) => Request("GET", path, token, null);

    public static byte[] Post(string path, string body, string? token = null) => Request("POST", path, token, body);

    /// <summary>Returns the processor time of each kind of process so far, over all cores.</summary>
    public TimeSpan[] ProcessorTimes() => [.. Processes.Select(kind => kind.Ids.Aggregate(TimeSpan.Zero, (sum, id) =>
    {
        using var process = Process.GetProcessById(id);
        return sum + process.TotalProcessorTime;
    }))];

    private static byte[] Request(string method, string path, string? token, string? body)
    {
        var request = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        if (token is not null)
        {
            request.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {token}\r\n");
        }

        if (body is not null)
        {
            request.Append(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        }

        return Encoding.UTF8.GetBytes(request.Append("\r\n").Append(body).ToString());
    }
}
