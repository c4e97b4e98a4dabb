using System.Net;
using System.Net.Sockets;

namespace EngageCenter.DevHost.Tests;

public sealed class FreePortTests
{
    [Fact]
    public void Reserved_port_can_be_listened_on_repeatedly()
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
    public void Reserved_port_refuses_connections_without_a_listener()
    {
        var port = FreePort.Next();
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => new TcpClient(IPAddress.Loopback.ToString(), port)).SocketErrorCode);
    }

    [Fact]
    public void Reserved_port_has_only_one_listener()
    {
        var port = FreePort.Next();
        using var first = new TcpListener(IPAddress.Loopback, port);
        first.Start();
        using var second = new TcpListener(IPAddress.Loopback, port);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(second.Start).SocketErrorCode);
    }

    [Fact]
    public void Port_is_reserved_once_and_no_outgoing_connection_gets_it()
    {
        using var ports = FreePort.Reserve(100);
        for (var port = ports.First; port < ports.First + 100; port++)
        {
            // Binds like the reservation, and like a connection that asks for the port: without SO_REUSEADDR.
            using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
            Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => other.Bind(new IPEndPoint(IPAddress.Loopback, port))).SocketErrorCode);
        }

        Assert.Equal(100, Enumerable.Range(0, 100).Select(_ => FreePort.Next()).Distinct().Count());
    }

    [Fact]
    public void Disposed_port_can_be_reserved_again()
    {
        // Reserves more ports in total than there are.
        for (var i = 0; i < 200; i++)
        {
            using var ports = FreePort.Reserve(100);
        }
    }
}
