using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EngageCenter;

/// <summary>
/// Ports of the loopback for what a test starts. On Linux each stays reserved until the test process ends: the system
/// gives it to no outgoing connection, no other test process gets it, and whoever it is meant for can listen on it,
/// end, and listen again.
/// </summary>
internal static class FreePort
{
    // Below the range that systems usually take the ports of outgoing connections from.
    private const int First = 20_000;
    private const int End = 32_000;
    private const int MaxAttempts = 1_000;

    private static readonly ConcurrentBag<Socket> reserved = [];

    public static int Next() => Next(1);

    /// <returns>The first of as many successive ports.</returns>
    public static int Next(int count)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var first = Random.Shared.Next(First, End - count);
            if (Reserve(first, count))
            {
                return first;
            }
        }

        throw new InvalidOperationException($"No {count} free ports from {First} to {End} were found in {MaxAttempts} attempts.");
    }

    private static bool Reserve(int first, int count)
    {
        List<Socket> sockets = [];
        try
        {
            for (var port = first; port < first + count; port++)
            {
                sockets.Add(Reserve(port));
            }
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            sockets.ForEach(s => s.Dispose());
            return false;
        }

        sockets.ForEach(OperatingSystem.IsLinux() ? reserved.Add : s => s.Dispose());
        return true;
    }

    // Bound without SO_REUSEADDR, so that a port that anybody else has is refused; .NET sets it on what is known to be
    // TCP, hence no protocol. Set afterwards it lets a listener have the port too, since this socket does not listen.
    private static Socket Reserve(int port)
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
