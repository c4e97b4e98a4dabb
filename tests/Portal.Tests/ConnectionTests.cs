using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EngageCenter.Portal.Tests;

/// <summary>How many connections one address can have to a node, before anything is known about the person.</summary>
[Collection(nameof(PortalService))]
public sealed class ConnectionTests(PortalService portal)
{
    private const int AtOnce = 10;
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Connections_per_second_are_limited_for_each_address()
    {
        await using var node = await PortalNode.StartAsync(portal, "Development", null, ("Portal:ConnectionsPerSecond", "1"), ("Portal:ConnectionsAtOnce", $"{AtOnce}"));
        var started = TimeProvider.System.GetTimestamp();
        var served = 0;
        for (var n = 0; n < 60; n++)
        {
            served += await IsServedAsync(node.Url, "127.0.0.2") ? 1 : 0;
        }

        Assert.InRange(served, AtOnce, AtOnce + (int)TimeProvider.System.GetElapsedTime(started).TotalSeconds + 1);
        Assert.True(await IsServedAsync(node.Url, "127.0.0.3"));
        await Until.True(() => IsServedAsync(node.Url, "127.0.0.2"), bound, "127.0.0.2 is served again");
    }

    [Fact]
    public async Task Connections_of_a_known_proxy_are_not_limited()
    {
        await using var node = await PortalNode.StartAsync(
            portal, "Development", null, ("Portal:ConnectionsPerSecond", "1"), ("Portal:ConnectionsAtOnce", "1"), ("Portal:KnownProxies:0", "127.0.0.2"));
        for (var n = 0; n < 30; n++)
        {
            Assert.True(await IsServedAsync(node.Url, "127.0.0.2"));
        }
    }

    private static async Task<bool> IsServedAsync(Uri node, string from)
    {
        using var stop = new CancellationTokenSource(bound);
        try
        {
            using var connection = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0));
            await connection.ConnectAsync(node.Host, node.Port, stop.Token);
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"), stop.Token);
            var answer = new byte[1024];
            var read = await connection.GetStream().ReadAsync(answer, stop.Token);
            return Encoding.ASCII.GetString(answer, 0, read).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return false;
        }
    }
}
