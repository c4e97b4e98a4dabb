using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EngageCenter;

/// <summary>A request over its own connection, whose body is sent as slowly as a test wants.</summary>
internal sealed class SlowRequest : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly TcpClient connection = new();
    private NetworkStream stream = null!;

    private SlowRequest()
    {
    }

    /// <param name="announced">The length of the body in the request's header; null for a body in chunks, which the test writes.</param>
    /// <param name="sent">The part of the body that is sent with the headers.</param>
    public static async Task<SlowRequest> Start(
        Uri server, string method, string path, string token, long? announced, string sent, string mediaType = "application/json")
    {
        var request = new SlowRequest();
        await request.connection.ConnectAsync(server.Host, server.Port);
        request.stream = request.connection.GetStream();
        await request.Send(string.Create(
            CultureInfo.InvariantCulture,
            $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: {mediaType}\r\n{(announced is { } length ? $"Content-Length: {length}" : "Transfer-Encoding: chunked")}\r\nConnection: close\r\n\r\n{sent}"));
        return request;
    }

    /// <summary>Sends more of the body.</summary>
    public async Task Send(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Returns the answer's status and its text; null if the server closed the connection without one. After the answer the server
    /// may keep the connection open for some seconds, for the rest of a body that it has refused.
    /// </summary>
    public async Task<(int Status, string Text)?> Answer()
    {
        using var bound = new CancellationTokenSource(Bound);
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; !IsWhole($"{text}") && (read = await stream.ReadAsync(buffer, bound.Token)) > 0;)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (IOException) when (text.Length > 0)
        {
            // The server closes a connection whose body it does not read completely. The answer came before that.
        }

        return text.Length == 0 ? null : (int.Parse(text.ToString(9, 3), CultureInfo.InvariantCulture), text.ToString());
    }

    public void Dispose() => connection.Dispose();

    private static bool IsWhole(string answer)
    {
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var (headers, body) = (answer[..end], answer[(end + 4)..]);
        const string announced = "\r\nContent-Length: ";
        var length = headers.IndexOf(announced, StringComparison.OrdinalIgnoreCase);
        return length < 0
            ? body.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
            : Encoding.UTF8.GetByteCount(body) >= int.Parse(headers[(length + announced.Length)..].Split('\r')[0], CultureInfo.InvariantCulture);
    }
}
