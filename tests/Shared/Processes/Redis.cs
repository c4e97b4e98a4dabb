using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EngageCenter;

/// <summary>A Redis server for a test. It keeps its data on disk and ends with the test.</summary>
internal sealed class Redis : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(20);

    private readonly string folder;
    private readonly Place place;
    private readonly int port = FreePort.Next();
    private ProgramProcess process;

    private Redis(string folder, Place place)
    {
        (this.folder, this.place) = (folder, place);
        process = Launch();
    }

    public string ConnectionString => $"{place.Address}:{Port}";

    private string Port => port.ToString(CultureInfo.InvariantCulture);

    public static async Task<Redis> Start(string folder, Place place)
    {
        var redis = new Redis(folder, place);
        try
        {
            await redis.Ready();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends SIGKILL; from then on connections are refused.</summary>
    public Task Kill() => process.Kill();

    /// <summary>Starts another process with the data of the killed one, on the same port.</summary>
    public async Task Relaunch()
    {
        await process.DisposeAsync();
        process = Launch();
        await Ready();
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private ProgramProcess Launch()
    {
        try
        {
            // Data must survive: with a lost membership there could be two clusters, and a lost reminder would never tick.
            return ProgramProcess.Of(
                place, "redis-server", folder,
                "--port", Port, "--bind", place.Address.ToString(), "--protected-mode", "no",
                "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always");
        }
        catch (Win32Exception absent)
        {
            throw new InvalidOperationException("These tests need redis-server: run 'eng/needs redis'.", absent);
        }
    }

    private Task Ready() => Until.True(Answers, StartBound, $"Redis answers. {process}");

    private async Task<bool> Answers()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(place.Address, port);
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
