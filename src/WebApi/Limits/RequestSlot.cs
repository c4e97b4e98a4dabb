namespace EngageCenter.WebApi.Limits;

/// <summary>
/// One request's place among those that the service works for. The request gives it back while it waits for its client,
/// and takes it again before it goes on.
/// </summary>
internal sealed class RequestSlot(Shares requests, Claimant who, TimeProvider time) : IDisposable
{
    public const string Name = "requests";

    private Shares.Share? held;

    /// <summary>Null where the request has its slot; else whose part is used up.</summary>
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

    /// <summary>Takes the slot, unless it has it. Goes before requests that come anew.</summary>
    /// <exception cref="OverLimitException">No slot came free within <see cref="NodeLimits.Patience"/>.</exception>
    public async ValueTask EnterAgainAsync(CancellationToken cancellation) =>
        held ??= await requests.TakeWithinAsync(who, 1, Name, time, cancellation);

    public void Dispose() => Leave();
}
