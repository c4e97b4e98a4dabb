using EngageCenter.Access;

namespace EngageCenter.Paging;

/// <summary>
/// Runs what goes through many items of a list outside of its grain's turn, so that everybody else's calls of that grain go
/// on meanwhile. One for each silo: at most half of the processors scan at the same time, the others wait, oldest first.
/// </summary>
internal sealed class Scans : IDisposable
{
    /// <summary>Scans that wait for their place on a silo; more are refused.</summary>
    public const int MaxWaiting = 1_000;

    /// <summary>Scans at the same time.</summary>
    public static readonly int Places = Math.Max(1, Environment.ProcessorCount / 2);

    private static readonly TimeSpan retryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim places = new(Places);
    private int waiting;

    /// <param name="begin">
    /// Runs in the grain's turn, when there is a place. What it returns runs on another thread, and may use only what never
    /// changes.
    /// </param>
    /// <param name="cancellation">
    /// Ends the waiting. What runs has it as well, and looks at it: a scan keeps its place until it has ended.
    /// </param>
    /// <exception cref="TryLaterException"><see cref="MaxWaiting"/> others wait.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<T> Run<T>(Func<Func<T>> begin, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            throw new TryLaterException(retryAfter);
        }

        try
        {
            await places.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }

        var scan = Begin(begin);
        return await Task.Run(() =>
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                return scan();
            }
            finally
            {
                places.Release();
            }
        }, CancellationToken.None);
    }

    public void Dispose() => places.Dispose();

    private Func<T> Begin<T>(Func<Func<T>> begin)
    {
        try
        {
            return begin();
        }
        catch
        {
            places.Release();
            throw;
        }
    }
}
