using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EngageCenter.WebApi.Limits;

/// <summary>What the server itself takes. Each value is chosen, also where it is the server's default.</summary>
internal static class KestrelLimits
{
    // Without TLS, a connection's buffers are those of its socket, which hold 1 MiB of what comes unless told.
    public static void Apply(SocketTransportOptions sockets) =>
        (sockets.MaxReadBufferSize, sockets.MaxWriteBufferSize) = (WebApiOptions.ConnectionBufferBytes, WebApiOptions.ConnectionBufferBytes);

    public static void Apply(KestrelServerOptions kestrel, WebApiOptions options)
    {
        kestrel.AddServerHeader = false;

        var addresses = kestrel.ApplicationServices.GetRequiredService<AddressConnections>();
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            // One request at a time on a connection, which the sizes of a node count with.
            endpoint.Protocols = HttpProtocols.Http1;

            // Before TLS, on a node that ends TLS itself.
            endpoint.Use(addresses.Limit);
        });

        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections;

        // What a connection holds of bytes that nobody has read: the least that holds all headers. Sockets have their own below.
        limits.MaxRequestBufferSize = WebApiOptions.ConnectionBufferBytes;
        limits.MaxResponseBufferSize = WebApiOptions.ConnectionBufferBytes;

        // A token with 200 groups has some 12 KiB.
        limits.MaxRequestHeadersTotalSize = WebApiOptions.ConnectionBufferBytes;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeaderCount = 100;

        // Above the 8 MiB of our own limits: this one ends the connection before the client reads why.
        limits.MaxRequestBodySize = 16 * 1024 * 1024;

        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);

        // On average over a whole body, and anew with each piece of an answer; BodyPace and AnswerPace look at the last seconds.
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new(AnswerPace.MinRate, AnswerPace.Period);
    }
}
