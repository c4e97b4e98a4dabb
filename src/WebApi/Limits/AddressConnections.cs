using System.Collections.Concurrent;
using System.Net;
using EngageCenter.WebApi.Hosting;
using Microsoft.AspNetCore.Connections;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// The connections of each address. One address has a part of them, so that it cannot keep everybody else, and the probes
/// of the platform, from connecting. A proxy of <see cref="WebApiOptions.KnownProxies"/> speaks for many addresses, and is
/// not limited.
/// </summary>
internal sealed class AddressConnections(int max, IReadOnlyList<IPNetwork> proxies)
{
    // An entry for each address with a connection, so no more than there are connections.
    private readonly ConcurrentDictionary<string, int> open = new();

    public static AddressConnections Of(WebApiOptions options) => new(
        Math.Max(1, (int)(options.MaxConnections * options.AddressShare)), [.. options.KnownProxies.Select(Surroundings.Network)]);

    /// <summary>Closes a connection of an address that has all of its part.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is null || proxies.Any(proxy => proxy.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)))
        {
            await next(connection);
            return;
        }

        var key = FailedTokens.KeyOf(address);
        try
        {
            if (open.AddOrUpdate(key, 1, (_, count) => count + 1) <= max)
            {
                await next(connection);
            }
            else
            {
                connection.Abort();
            }
        }
        finally
        {
            Close(key);
        }
    };

    private void Close(string key)
    {
        if (open.AddOrUpdate(key, 0, (_, count) => count - 1) == 0)
        {
            // Only if it is still none.
            open.TryRemove(KeyValuePair.Create(key, 0));
        }
    }
}
