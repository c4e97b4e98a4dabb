using EngageCenter.Access;

namespace EngageCenter.Paging;

/// <summary>
/// Runs scans of long lists outside of their grain's turn, so that the grain answers other calls meanwhile. There is one for each
/// silo. At most half of the processors scan at the same time; other scans wait, the oldest first.
/// </summary>
internal sealed class Scans : IDisposable
{
    /// <summary>The most scans that wait on a silo; more are refused.</summary>
    public const int MaxWaiting = 1_000;

    /// <summary>The most scans at the same time.</summary>
    public static readonly int Places = Math.Max(1, Environment.ProcessorCount / 2);

    private static readonly TimeSpan retryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim places = new(Places);
    private int waiting;

    /// <param name="begin">
    /// Runs in the grain's turn, when there is a place. The function that it returns runs on another thread, and may use only
    /// objects that never change.
    /// </param>
    /// <param name="cancellation">
    /// Ends the wait. The scan checks it as well, and keeps its place until it has ended.
    /// </param>
    /// <exception cref="TryLaterException"><see cref="MaxWaiting"/> other scans wait.</exception>
    /// <exception cref="OperationCanceledException">The caller has cancelled.</exception>
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
