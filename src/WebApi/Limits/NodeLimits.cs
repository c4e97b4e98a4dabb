namespace EngageCenter.WebApi.Limits;

/// <summary>What the callers of this node share: requests at work, those of them that scan, bodies on their way, and the memory of bodies.</summary>
internal sealed class NodeLimits : IDisposable
{
    /// <summary>Bytes of one unit of <see cref="Memory"/>.</summary>
    public const int Unit = 16 * 1024;

    /// <summary>How long a request waits for its slot, or for memory, before it goes on to read its body.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public NodeLimits(WebApiOptions options)
    {
        Requests = Of(options.MaxRequests, 1);
        Bodies = Of(options.MaxBodies, 1);
        Scans = Of(options.MaxRequests, 1, options.CallerScans);

        // Whatever the shares, one caller can send one body of the largest kind.
        Memory = Of(checked((int)(options.MaxBodyMemory / Unit)), WebApiOptions.LargestBodyMemory / Unit);

        Shares Of(int total, int least, int mostOfCaller = int.MaxValue)
        {
            return new(total, Math.Min(mostOfCaller, Part(options.CallerShare)), Part(options.TenantShare));

            int Part(double share) => Math.Max(least, (int)(total * share));
        }
    }

    /// <summary>Requests that the service works for.</summary>
    public Shares Requests { get; }

    /// <summary>Requests that go through many items, see <see cref="ScanLimit"/>.</summary>
    public Shares Scans { get; }

    /// <summary>Bodies of which more is awaited from the client.</summary>
    public Shares Bodies { get; }

    /// <summary>In units of <see cref="Unit"/>.</summary>
    public Shares Memory { get; }

    public void Dispose()
    {
        Requests.Dispose();
        Scans.Dispose();
        Bodies.Dispose();
        Memory.Dispose();
    }
}
