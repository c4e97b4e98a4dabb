using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EngageCenter.Cluster.Tests;

/// <summary>A Redis server of the test's own: on loopback, in memory only, and ended with the test.</summary>
internal sealed class Redis : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(20);

    private readonly ProgramProcess process;
    private readonly int port;

    private Redis(ProgramProcess process, int port) => (this.process, this.port) = (process, port);

    public string ConnectionString => $"{IPAddress.Loopback}:{port}";

    public static async Task<Redis> Start(string folder)
    {
        var port = FreePort.Next();
        var redis = new Redis(Launch(folder, port), port);
        try
        {
            await Until.True(redis.Answers, StartBound, "Redis answers");
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private static ProgramProcess Launch(string folder, int port)
    {
        try
        {
            return ProgramProcess.Of(
                "redis-server", folder,
                "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", IPAddress.Loopback.ToString(), "--save", "", "--appendonly", "no");
        }
        catch (Win32Exception absent)
        {
            throw new InvalidOperationException("The tests of a cluster need redis-server: install Debian's package redis-server, or another Redis of at least 6.2.", absent);
        }
    }

    private async Task<bool> Answers()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("PING\r\n"));
            var answer = new byte[5];
            return await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false) == answer.Length
                && Encoding.ASCII.GetString(answer) == "+PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
