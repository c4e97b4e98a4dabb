using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;

namespace EngageCenter;

/// <summary>What one address has of a node's connections.</summary>
/// <param name="Max">All connections of the node.</param>
/// <param name="AddressShare">The part of them that one address can have open, above 0 and at most 1.</param>
/// <param name="PerSecond">How many one address can open in a second, on average.</param>
/// <param name="AtOnce">How many it can open at once after a while without any.</param>
/// <param name="Proxies">Addresses that speak for many others, and are not limited.</param>
public sealed record ConnectionLimits(int Max, double AddressShare, int PerSecond, int AtOnce, IReadOnlyList<IPNetwork> Proxies);

/// <summary>
/// The connections of each address. One address has a part of those that are open, so that it cannot keep everybody else,
/// and the probes of the platform, from connecting; and it can open only so many in a second, since each costs the node
/// something before anything is known of its caller. A known proxy speaks for many addresses, and is not limited.
/// </summary>
public sealed class AddressConnections : IDisposable
{
    public const string MeterName = "EngageCenter.Connections";

    /// <summary>
    /// Addresses share so many buckets, by a hash that nobody outside of the process knows. So whatever the number of
    /// addresses, their memory is bounded, and one address hardly ever meets the rate of another.
    /// </summary>
    public const int Buckets = 4_096;

    private const string Rate = "rate";
    private const string Share = "share";

    private readonly int max;
    private readonly IReadOnlyList<IPNetwork> proxies;
    private readonly PartitionedRateLimiter<string> openings;
    private readonly Counter<long> refused;

    // An entry for each address with a connection, so no more than there are connections.
    private readonly ConcurrentDictionary<string, int> open = new();

    public AddressConnections(ConnectionLimits limits, IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(meters);
        max = Math.Max(1, (int)(limits.Max * limits.AddressShare));
        proxies = limits.Proxies;
        openings = PartitionedRateLimiter.Create<string, int>(address => RateLimitPartition.GetTokenBucketLimiter(
            BucketOf(address), _ => Bucket(limits.PerSecond, limits.AtOnce)));
        refused = meters.Create(MeterName).CreateCounter<long>(
            "engagecenter.connections.refused", "{connection}", "Connections that were closed unanswered, because their address had too many or opened them too fast.");
        Count(Rate, 0);
        Count(Share, 0);
    }

    internal static int BucketOf(string address) => address.GetHashCode(StringComparison.Ordinal) & (Buckets - 1);

    /// <summary>An address, or of IPv6 its /64 network, which is what one customer of a provider has.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPNetwork(new IPAddress([.. plain.GetAddressBytes()[..8], .. new byte[8]]), 64).ToString()
            : plain.ToString();
    }

    /// <summary>A bucket that is filled steadily, not once a second.</summary>
    /// <param name="waiting">How many permits may be waited for; more are refused at once.</param>
    public static TokenBucketRateLimiterOptions Bucket(int perSecond, int atOnce, int waiting = 0) => new()
    {
        TokenLimit = atOnce,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromTicks(Math.Max(1, TimeSpan.TicksPerSecond / perSecond)),
        QueueLimit = waiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };

    /// <summary>Closes a connection of an address that has all of its part, or opens connections too fast.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is null || proxies.Any(proxy => proxy.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)))
        {
            await next(connection);
            return;
        }

        var key = KeyOf(address);
        using (var opening = openings.AttemptAcquire(key))
        {
            if (!opening.IsAcquired)
            {
                Refuse(connection, Rate);
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
                Refuse(connection, Share);
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
        Count(reason, 1);
        connection.Abort();
    }

    private void Count(string reason, int connections) => refused.Add(connections, new KeyValuePair<string, object?>("reason", reason));

    private void Close(string key)
    {
        if (open.AddOrUpdate(key, 0, (_, count) => count - 1) == 0)
        {
            // Only if it is still none.
            open.TryRemove(KeyValuePair.Create(key, 0));
        }
    }
}
