using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EngageCenter.WebApi.Limits;

/// <summary>Sets the server's own limits. Each value is chosen, even if it equals the server's default.</summary>
internal static class KestrelLimits
{
    // Without TLS, a connection's buffers are those of its socket, which hold 1 MiB of received data by default.
    public static void Apply(SocketTransportOptions sockets) =>
        (sockets.MaxReadBufferSize, sockets.MaxWriteBufferSize) = (WebApiOptions.ConnectionBufferBytes, WebApiOptions.ConnectionBufferBytes);

    public static void Apply(KestrelServerOptions kestrel, WebApiOptions options)
    {
        kestrel.AddServerHeader = false;

        var addresses = kestrel.ApplicationServices.GetRequiredService<AddressConnections>();
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            // One request at a time on a connection; the sizing of a node relies on it.
            endpoint.Protocols = HttpProtocols.Http1;

            // Runs before TLS on a node that terminates TLS itself.
            endpoint.Use(addresses.Limit);
        });

        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections;

        // Unread bytes that a connection may buffer: the least that holds all headers. Sockets have their own limit above.
        limits.MaxRequestBufferSize = WebApiOptions.ConnectionBufferBytes;
        limits.MaxResponseBufferSize = WebApiOptions.ConnectionBufferBytes;

        // A token with 200 groups has about 12 KiB.
        limits.MaxRequestHeadersTotalSize = WebApiOptions.ConnectionBufferBytes;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeaderCount = 100;

        // Greater than our own limit of 8 MiB, because this one closes the connection before the client can read the reason.
        limits.MaxRequestBodySize = 16 * 1024 * 1024;

        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);

        // These are averages over a whole body, or over one write of a response. BodyPace and AnswerPace check the last
        // seconds.
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new(AnswerPace.MinRate, AnswerPace.Period);
    }
}
