namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Holds a request's place among the active requests. The request gives it back while it waits for its client, and takes it
/// again before it continues.
/// </summary>
internal sealed class RequestSlot(Shares requests, Claimant who, TimeProvider time) : IDisposable
{
    public const string Name = "requests";

    private Shares.Share? held;

    /// <summary>Takes the slot. Returns null on success; otherwise whose part is used up.</summary>
    public Scope? Enter()
    {
        var share = requests.TryTake(who);
        held = share.IsTaken ? share : null;
        return share.IsTaken ? null : share.UsedUp;
    }

    public void Leave()
    {
        held?.Dispose();
        held = null;
    }

    /// <summary>Takes the slot again, unless the request still has it. Waiting requests go before new ones.</summary>
    /// <exception cref="OverLimitException">No slot became free within <see cref="NodeLimits.Patience"/>.</exception>
    public async ValueTask EnterAgainAsync(CancellationToken cancellation) =>
        held ??= await requests.TakeWithinAsync(who, 1, Name, time, cancellation);

    public void Dispose() => Leave();
}
