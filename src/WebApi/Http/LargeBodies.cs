namespace EngageCenter.WebApi.Http;

/// <summary>
/// Bodies beyond <see cref="JsonBody.MaxBytes"/> that a node holds at the same time. Read, parsed and handed on, one takes
/// some five times what was sent, and the limit on requests alone would let them take all memory.
/// </summary>
internal sealed class LargeBodies(WebApiOptions options, TimeProvider time) : IDisposable
{
    /// <summary>How long one waits for its place.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim places = new(options.MaxLargeBodies);

    /// <summary>Takes a place until the request is over; false where none came free in time.</summary>
    public async Task<bool> Enter(HttpContext http)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted);
        try
        {
            await places.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            return false;
        }

        http.Response.RegisterForDispose(new Place(places));
        return true;
    }

    public void Dispose() => places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
