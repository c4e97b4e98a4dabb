using System.Threading.RateLimiting;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Holds the limits that the callers of this node share: active requests, scans, large pages, items, bodies in transfer,
/// memory for bodies, exports, and streams.
/// </summary>
internal sealed class NodeLimits : IDisposable
{
    /// <summary>The size of one unit of <see cref="Memory"/>, in bytes.</summary>
    public const int Unit = 16 * 1024;

    /// <summary>How long a request waits for its slot or for memory before it reads more of its body.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public NodeLimits(WebApiOptions options)
    {
        Requests = Of(options.MaxRequests);
        Bodies = Of(options.MaxBodies);
        Scans = Of(options.MaxRequests, mostOfCaller: options.CallerScans);
        LargePages = Of(options.MaxRequests, mostOfCaller: options.CallerScans);
        (Items, ItemsAtOnce) = (PageLimit.ItemsOf(options.RateLimit), options.RateLimit.ItemsAtOnce);
        Exports = Of(options.MaxExports, mostOfCaller: WebApiOptions.MaxExportsOfCaller);
        Streams = Of(Math.Min(options.MaxStreams, Math.Max(1, options.MaxConnections / 2)), mostOfCaller: WebApiOptions.MaxStreamsOfCaller);

        // However small its share, a caller can send one body of the largest kind, and a stranger one of the largest a
        // person may send.
        Memory = Of(checked((int)(options.MaxBodyMemory / Unit)), WebApiOptions.LargestBodyMemory / Unit, WebApiOptions.LargestPersonsBodyMemory / Unit);

        Shares Of(int total, int least = 1, int leastOfStrangers = 1, int mostOfCaller = int.MaxValue)
        {
            return new(
                total,
                Math.Min(mostOfCaller, Part(options.CallerShare, least)),
                Part(options.TenantShare, least),
                Part(options.StrangersShare, leastOfStrangers));

            int Part(double share, int atLeast) => Math.Max(atLeast, (int)(total * share));
        }
    }

    /// <summary>Requests that are being processed.</summary>
    public Shares Requests { get; }

    /// <summary>Requests that go through many items; see <see cref="ScanLimit"/>.</summary>
    public Shares Scans { get; }

    /// <summary>Pages of more than <see cref="PageLimit.LargePage"/> items.</summary>
    public Shares LargePages { get; }

    /// <summary>Items of pages per second.</summary>
    public PartitionedRateLimiter<Claimant> Items { get; }

    /// <summary>The maximum number of <see cref="Items"/> that can be taken at once.</summary>
    public int ItemsAtOnce { get; }

    /// <summary>Bodies that are still arriving from the client.</summary>
    public Shares Bodies { get; }

    /// <summary>Memory for bodies, in units of <see cref="Unit"/>.</summary>
    public Shares Memory { get; }

    /// <summary>Lists that are being exported as CSV, and audit trails as lines.</summary>
    public Shares Exports { get; }

    /// <summary>Audit trails that are being followed.</summary>
    public Shares Streams { get; }

    public void Dispose()
    {
        Exports.Dispose();
        Streams.Dispose();
        Items.Dispose();
        LargePages.Dispose();
        Requests.Dispose();
        Scans.Dispose();
        Bodies.Dispose();
        Memory.Dispose();
    }
}
