using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EngageCenter.Access;

/// <summary>
/// What this silo has lent to web nodes: the shell around <see cref="LentDecisions{THolder}"/>, one for each workspace. A
/// recall of a workspace's policy is answered only after the recalls of what was decided by it.
/// </summary>
/// <param name="local">A web node's decisions in this very process, if it is one as well.</param>
internal sealed partial class DecisionLending(
    IOptions<AccessOptions> options, WaitingSilos silos, AccessMetrics metrics, TimeProvider time, ILogger<DecisionLending> logger, DecisionCache? local = null)
{
    /// <summary>Workspaces with decisions at web nodes. Beyond it nothing is lent of others until some have run out.</summary>
    public const int MaxWorkspaces = 2 * PolicyCache.MaxPolicies;

    private readonly Dictionary<string, LentDecisions<IDecisionHolder>> workspaces = new(StringComparer.Ordinal);
    private readonly long origin = time.GetTimestamp();
    private TimeSpan swept;

    /// <summary>Whether decisions are lent, here and now.</summary>
    public bool IsLending => IsOn && silos.AreAll;

    /// <summary>Whether decisions are lent as far as this silo is concerned, and so it waits for what was lent.</summary>
    public bool IsOn => options.Value.LendsDecisions;

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>Notes that a web node has a decision by a lease of the workspace's policy, and one of the person.</summary>
    /// <param name="person">Who has decisions of the person.</param>
    /// <returns>For how long; null where nothing may be lent now.</returns>
    public TimeSpan? Lend(string workspaceId, IDecisionHolder holder, Lease<LeasedPolicy> lease, LentDecisions<IDecisionHolder> person)
    {
        var now = Now;
        var length = lease.Left < DecisionLease.Longest ? lease.Left : DecisionLease.Longest;
        lock (workspaces)
        {
            // A recall voids the lease before it comes here, so it either finds what is noted now, or is seen now.
            return length > TimeSpan.Zero && lease.IsValid && Of(workspaceId, now) is { } lent
                && lent.Lend(holder, now + length, now) && person.Lend(holder, now + length, now)
                    ? length
                    : null;
        }
    }

    /// <summary>Takes back every decision of a workspace. Done when each web node has answered, or has run out.</summary>
    public Task Recall(string workspaceId)
    {
        lock (workspaces)
        {
            return workspaces.TryGetValue(workspaceId, out var lent) ? TakeBack(lent, holder => holder.Recall(workspaceId)) : Task.CompletedTask;
        }
    }

    /// <summary>Takes back all that was lent of a workspace or of a person.</summary>
    public Task TakeBack(LentDecisions<IDecisionHolder> lent, Func<IDecisionHolder, Task> recall)
    {
        lock (workspaces)
        {
            var (number, holders) = lent.Recall(Now);
            return holders.Count == 0 ? Task.CompletedTask : Task.WhenAll(holders.Select(h => TakeBack(lent, number, h.Holder, h.Until, recall)));
        }
    }

    private async Task TakeBack(LentDecisions<IDecisionHolder> lent, long number, IDecisionHolder holder, TimeSpan until, Func<IDecisionHolder, Task> recall)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        metrics.RecallingDecisions();
        var left = until - Now;
        try
        {
            // What it has runs out meanwhile: time is what is waited for here, not a guess at it.
            await recall(local?.Nearest(holder) ?? holder).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
            lock (workspaces)
            {
                lent.Answered(holder, number);
            }
        }
        catch (TimeoutException) when (Now >= until)
        {
            LogSilent(logger);
        }
        catch (Exception e)
        {
            LogNotReached(logger, e);
            left = until - Now;

            // Nobody will answer: the decisions run out, and only the clock tells when.
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        }
    }

    private LentDecisions<IDecisionHolder>? Of(string workspaceId, TimeSpan now)
    {
        if (workspaces.TryGetValue(workspaceId, out var known))
        {
            return known;
        }

        // It looks at all of them, so not more often than they can have changed.
        if (workspaces.Count >= MaxWorkspaces && now - swept >= TimeSpan.FromSeconds(1))
        {
            swept = now;
            foreach (var (id, lent) in workspaces)
            {
                if (lent.IsIdle(now))
                {
                    workspaces.Remove(id);
                }
            }
        }

        return workspaces.Count >= MaxWorkspaces ? null : workspaces[workspaceId] = new();
    }

    [LoggerMessage(LogLevel.Information, "A web node did not answer the recall of decisions before they had run out")]
    private static partial void LogSilent(ILogger logger);

    [LoggerMessage(LogLevel.Information, "A web node could not be asked to give decisions up; they run out")]
    private static partial void LogNotReached(ILogger logger, Exception exception);
}
