using System.Net;
using System.Net.Sockets;

namespace EngageCenter;

internal static class FreePort
{
    // Below the range that systems take the ports of outgoing connections from, so that nobody gets one by chance
    // while the process that listened there is down.
    private const int First = 20_000;
    private const int End = 32_000;

    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, End);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }
}
