using System.Net;
using System.Net.Sockets;

namespace EngageCenter.DevHost.Tests;

public sealed class FreePortTests
{
    [Fact]
    public void It_is_listened_on_again_and_again()
    {
        var port = FreePort.Next();
        for (var start = 0; start < 3; start++)
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            using var client = new TcpClient(IPAddress.Loopback.ToString(), port);
            Assert.True(client.Connected);
        }
    }

    [Fact]
    public void Nobody_is_answered_while_nobody_listens()
    {
        var port = FreePort.Next();
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => new TcpClient(IPAddress.Loopback.ToString(), port)).SocketErrorCode);
    }

    [Fact]
    public void Only_one_listens()
    {
        var port = FreePort.Next();
        using var first = new TcpListener(IPAddress.Loopback, port);
        first.Start();
        using var second = new TcpListener(IPAddress.Loopback, port);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(second.Start).SocketErrorCode);
    }

    [Fact]
    public void Each_is_reserved_once_and_no_outgoing_connection_gets_it()
    {
        using var ports = FreePort.Reserve(100);
        for (var port = ports.First; port < ports.First + 100; port++)
        {
            // Bound as what reserves is, and as a connection is that asks for the port: without SO_REUSEADDR.
            using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
            Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => other.Bind(new IPEndPoint(IPAddress.Loopback, port))).SocketErrorCode);
        }

        Assert.Equal(100, Enumerable.Range(0, 100).Select(_ => FreePort.Next()).Distinct().Count());
    }

    [Fact]
    public void What_is_disposed_of_is_free_again()
    {
        // Together more than there are.
        for (var i = 0; i < 200; i++)
        {
            using var ports = FreePort.Reserve(100);
        }
    }
}
