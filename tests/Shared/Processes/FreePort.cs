using System.Net;
using System.Net.Sockets;

namespace EngageCenter;

/// <summary>
/// Consecutive loopback ports for programs that a test starts. On Linux they are reserved: neither outgoing connections nor other
/// test processes get them, and the program can listen on them, end, and listen again.
/// </summary>
internal sealed class FreePort : IDisposable
{
    // Below the range from which systems usually take ports for outgoing connections.
    private const int Least = 20_000;
    private const int End = 32_000;
    private const int MaxAttempts = 1_000;

    // Reservations that are never disposed, kept alive for the collector.
    private static readonly HashSet<FreePort> untilTheEnd = [];

    private readonly List<Socket> sockets = [];

    private FreePort(int first) => First = first;

    public int First { get; }

    /// <summary>Reserves one port until the test process ends.</summary>
    public static int Next()
    {
        var port = Reserve(1);
        lock (untilTheEnd)
        {
            untilTheEnd.Add(port);
        }

        return port.First;
    }

    /// <summary>Reserves ports until they are disposed.</summary>
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

        // On other systems a program could not listen on a reserved port.
        if (!OperatingSystem.IsLinux())
        {
            Dispose();
        }

        return true;
    }

    // Bound without SO_REUSEADDR, so that a port in use is refused. .NET sets that option on TCP sockets, so no protocol is given.
    // It is set afterwards: then a listener can share the port, because this socket does not listen.
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
