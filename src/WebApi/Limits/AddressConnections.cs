using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.RateLimiting;
using EngageCenter.WebApi.Hosting;
using Microsoft.AspNetCore.Connections;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// The connections of each address. One address has a part of those that are open, so that it cannot keep everybody else,
/// and the probes of the platform, from connecting; and it can open only so many in a second, since each costs the node
/// something before anything is known of its caller. A proxy of <see cref="WebApiOptions.KnownProxies"/> speaks for many
/// addresses, and is not limited.
/// </summary>
internal sealed class AddressConnections : IDisposable
{
    public const string MeterName = "EngageCenter.Connections";

    /// <summary>
    /// Addresses share so many buckets, by a hash that nobody outside of the process knows. So whatever the number of
    /// addresses, their memory is bounded, and one address hardly ever meets the rate of another.
    /// </summary>
    public const int Buckets = 4_096;

    private readonly int max;
    private readonly IReadOnlyList<IPNetwork> proxies;
    private readonly PartitionedRateLimiter<string> openings;
    private readonly Counter<long> refused;

    // An entry for each address with a connection, so no more than there are connections.
    private readonly ConcurrentDictionary<string, int> open = new();

    public AddressConnections(WebApiOptions options, IMeterFactory meters)
    {
        max = Math.Max(1, (int)(options.MaxConnections * options.AddressShare));
        proxies = [.. options.KnownProxies.Select(Surroundings.Network)];
        openings = PartitionedRateLimiter.Create<string, int>(address => RateLimitPartition.GetTokenBucketLimiter(
            BucketOf(address), _ => RateLimits.Bucket(options.RateLimit.ConnectionsPerSecond, options.RateLimit.ConnectionsAtOnce)));
        refused = meters.Create(MeterName).CreateCounter<long>(
            "engagecenter.connections.refused", "{connection}", "Connections that were closed unanswered, because their address had too many or opened them too fast.");
    }

    public static int BucketOf(string address) => address.GetHashCode(StringComparison.Ordinal) & (Buckets - 1);

    /// <summary>Closes a connection of an address that has all of its part, or opens connections too fast.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is null || proxies.Any(proxy => proxy.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)))
        {
            await next(connection);
            return;
        }

        var key = FailedTokens.KeyOf(address);
        using (var opening = openings.AttemptAcquire(key))
        {
            if (!opening.IsAcquired)
            {
                Refuse(connection, "rate");
                return;
            }
        }

        try
        {
            if (open.AddOrUpdate(key, 1, (_, count) => count + 1) <= max)
            {
                await next(connection);
            }
            else
            {
                Refuse(connection, "share");
            }
        }
        finally
        {
            Close(key);
        }
    };

    public void Dispose() => openings.Dispose();

    // Nothing is written to the log: whoever likes can open many.
    private void Refuse(ConnectionContext connection, string reason)
    {
        refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
        connection.Abort();
    }

    private void Close(string key)
    {
        if (open.AddOrUpdate(key, 0, (_, count) => count - 1) == 0)
        {
            // Only if it is still none.
            open.TryRemove(KeyValuePair.Create(key, 0));
        }
    }
}
