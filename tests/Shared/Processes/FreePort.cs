using System.Net;
using System.Net.Sockets;

namespace EngageCenter;

/// <summary>
/// Successive ports of the loopback for what a test starts. On Linux they are reserved: the system gives them to no outgoing
/// connection, no other test process gets them, and whoever they are meant for can listen on them, end, and listen again.
/// </summary>
internal sealed class FreePort : IDisposable
{
    // Below the range that systems usually take the ports of outgoing connections from.
    private const int Least = 20_000;
    private const int End = 32_000;
    private const int MaxAttempts = 1_000;

    // Those that nobody disposes of: kept from the collector.
    private static readonly HashSet<FreePort> untilTheEnd = [];

    private readonly List<Socket> sockets = [];

    private FreePort(int first) => First = first;

    public int First { get; }

    /// <summary>One port, reserved until the test process ends.</summary>
    public static int Next()
    {
        var port = Reserve(1);
        lock (untilTheEnd)
        {
            untilTheEnd.Add(port);
        }

        return port.First;
    }

    /// <summary>So many ports, reserved until they are disposed of.</summary>
    public static FreePort Reserve(int count)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var ports = new FreePort(Random.Shared.Next(Least, End - count));
            if (ports.TryReserve(count))
            {
                return ports;
            }
        }

        throw new InvalidOperationException($"No {count} free ports from {Least} to {End} were found in {MaxAttempts} attempts.");
    }

    public void Dispose() => sockets.ForEach(s => s.Dispose());

    private bool TryReserve(int count)
    {
        try
        {
            for (var port = First; port < First + count; port++)
            {
                sockets.Add(Bind(port));
            }
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            Dispose();
            return false;
        }

        // Elsewhere nobody else could listen beside them.
        if (!OperatingSystem.IsLinux())
        {
            Dispose();
        }

        return true;
    }

    // Bound without SO_REUSEADDR, so that a port that anybody else has is refused; .NET sets it on what is known to be
    // TCP, hence no protocol. Set afterwards it lets a listener have the port too, since this socket does not listen.
    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
