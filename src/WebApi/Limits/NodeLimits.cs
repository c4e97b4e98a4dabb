namespace EngageCenter.WebApi.Limits;

/// <summary>What the callers of this node share: requests at work, bodies on their way, and the memory of bodies.</summary>
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

        // Whatever the shares, one caller can send one body of the largest kind.
        Memory = Of(checked((int)(options.MaxBodyMemory / Unit)), WebApiOptions.LargestBodyMemory / Unit);

        Shares Of(int total, int least)
        {
            return new(total, Part(options.CallerShare), Part(options.TenantShare));

            int Part(double share) => Math.Max(least, (int)(total * share));
        }
    }

    /// <summary>Requests that the service works for.</summary>
    public Shares Requests { get; }

    /// <summary>Bodies of which more is awaited from the client.</summary>
    public Shares Bodies { get; }

    /// <summary>In units of <see cref="Unit"/>.</summary>
    public Shares Memory { get; }

    public void Dispose()
    {
        Requests.Dispose();
        Bodies.Dispose();
        Memory.Dispose();
    }
}
