using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HdrHistogram;

namespace EngageCenter.Door;

/// <summary>
/// One connection of a client. The client shares the cores with the server, so it does as little as possible: it sends prepared
/// bytes, and reads only the status and the length of an answer.
/// </summary>
internal sealed class Connection : IDisposable
{
    private const long LongestMicroseconds = 60_000_000;

    private readonly Socket socket;
    private readonly byte[] buffer = new byte[256 * 1024];
    private int filled;

    private Connection(Socket socket) => this.socket = socket;

    /// <summary>The duration of each request in µs since the last reset.</summary>
    public LongHistogram Latencies { get; } = NewHistogram();

    public static LongHistogram NewHistogram() => new(LongestMicroseconds, 3);

    public static async Task<Connection> OpenAsync(IPEndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        return new(socket);
    }

    /// <summary>Sends one request after the other until it is stopped.</summary>
    /// <returns>How many were answered with 200, and how many with another status.</returns>
    public async Task<(long Answered, long Refused)> DriveAsync(Contestant contestant, int start, CancellationToken stop)
    {
        var (answered, refused) = (0L, 0L);
        for (var i = start; !stop.IsCancellationRequested; i++)
        {
            var began = Stopwatch.GetTimestamp();
            if (await AskAsync(contestant.Requests[i % contestant.Requests.Length]))
            {
                answered++;
                Latencies.RecordValue(Math.Min((long)Stopwatch.GetElapsedTime(began).TotalMicroseconds, LongestMicroseconds));
            }
            else
            {
                refused++;
            }
        }

        return (answered, refused);
    }

    /// <summary>The last answer, if it fits into the buffer.</summary>
    public string Answer => Encoding.UTF8.GetString(buffer, 0, filled);

    /// <returns>Whether the answer was 200.</returns>
    /// <exception cref="InvalidOperationException">The connection has ended.</exception>
    public async ValueTask<bool> AskAsync(byte[] request)
    {
        await socket.SendAsync(request);
        filled = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (read == 0)
            {
                throw new InvalidOperationException("The server closed the connection.");
            }

            filled += read;
            if (IsWhole(buffer.AsSpan(0, filled)))
            {
                return buffer.AsSpan(9, 3).SequenceEqual("200"u8);
            }
        }
    }

    public void Dispose() => socket.Dispose();

    // An answer ends by its length or with the last chunk. No chunk of JSON without line breaks looks like the last chunk.
    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var headers = answer.IndexOf("\r\n\r\n"u8);
        if (headers < 0)
        {
            return false;
        }

        var length = answer[..headers].IndexOf("Content-Length: "u8);
        if (length < 0)
        {
            return answer.EndsWith("\r\n0\r\n\r\n"u8);
        }

        var digits = answer[(length + "Content-Length: ".Length)..headers];
        var end = digits.IndexOf((byte)'\r');
        return answer.Length - headers - 4 == int.Parse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
