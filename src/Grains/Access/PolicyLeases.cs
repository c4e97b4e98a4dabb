namespace EngageCenter.Access;

/// <summary>The leases that an owner has out: a change to the policy starts only when none is.</summary>
internal sealed class PolicyLeases(TimeSpan length, TimeProvider time)
{
    private readonly Dictionary<IPolicyHolder, long> expiries = [];

    public void Grant(IPolicyHolder holder) =>
        expiries[holder] = time.GetTimestamp() + (long)(length.TotalSeconds * time.TimestampFrequency);

    /// <summary>Takes every lease back: done when each silo has answered or its lease has run out.</summary>
    public async Task Recall(string workspaceId)
    {
        await Task.WhenAll(expiries.Select(lease => Recall(workspaceId, lease.Key, lease.Value)));
        expiries.Clear();
    }

    private async Task Recall(string workspaceId, IPolicyHolder holder, long expires)
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), expires);
        if (left <= TimeSpan.Zero)
        {
            return;
        }

        using var expired = new CancellationTokenSource(left, time);
        var expiry = Task.Delay(Timeout.InfiniteTimeSpan, time, expired.Token);
        var answer = holder.Recall(workspaceId);
        if (await Task.WhenAny(answer, expiry) == answer && answer.IsCompletedSuccessfully)
        {
            return;
        }

        // A silo that failed to answer, or is gone, may still decide until its lease has run out.
        await expiry.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _ = answer.Exception;
    }
}
