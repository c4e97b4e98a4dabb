using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EngageCenter.Access;

/// <summary>
/// The decisions that this silo has lent to web nodes, with one <see cref="LentDecisions{THolder}"/> for each workspace. The
/// recall of a policy is answered only after the decisions made by it were recalled.
/// </summary>
/// <param name="local">The decisions of this process, if it is a web node as well.</param>
internal sealed partial class DecisionLending(
    IOptions<AccessOptions> options, WaitingSilos silos, AccessMetrics metrics, TimeProvider time, ILogger<DecisionLending> logger, DecisionCache? local = null)
{
    /// <summary>The most workspaces with decisions at web nodes. At this limit nothing of other workspaces is lent until some decisions have expired.</summary>
    public const int MaxWorkspaces = 2 * PolicyCache.MaxPolicies;

    private readonly Dictionary<string, LentDecisions<IDecisionHolder>> workspaces = new(StringComparer.Ordinal);
    private readonly long origin = time.GetTimestamp();
    private TimeSpan swept;

    /// <summary>Whether this silo lends decisions now.</summary>
    public bool IsLending => IsOn && silos.AreAll;

    /// <summary>Whether the settings of this silo allow lending. Then it also waits for decisions that were lent earlier.</summary>
    public bool IsOn => options.Value.LendsDecisions;

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>Records that a web node gets a decision that was made by a lease of the workspace's policy.</summary>
    /// <param name="person">The record of the web nodes that have decisions of the person.</param>
    /// <returns>How long the web node may use the decision; null if nothing may be lent now.</returns>
    public TimeSpan? Lend(string workspaceId, IDecisionHolder holder, Lease<LeasedPolicy> lease, LentDecisions<IDecisionHolder> person)
    {
        var now = Now;
        var length = lease.Left < DecisionLease.Longest ? lease.Left : DecisionLease.Longest;
        lock (workspaces)
        {
            // A recall ends the lease before it looks here. So either it finds this entry, or the lease is already invalid here.
            return length > TimeSpan.Zero && lease.IsValid && Of(workspaceId, now) is { } lent
                && lent.Lend(holder, now + length, now) && person.Lend(holder, now + length, now)
                    ? length
                    : null;
        }
    }

    /// <summary>Takes back every decision of a workspace. Completes when each web node has answered or its decisions have expired.</summary>
    public Task Recall(string workspaceId)
    {
        lock (workspaces)
        {
            return workspaces.TryGetValue(workspaceId, out var lent) ? TakeBack(lent, holder => holder.Recall(workspaceId)) : Task.CompletedTask;
        }
    }

    /// <summary>Takes back all decisions of a workspace or of a person.</summary>
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
            // The wait ends when the web node's decisions have expired: no answer is needed after that.
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

            // No answer will come, so this waits until the decisions expire.
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        }
    }

    private LentDecisions<IDecisionHolder>? Of(string workspaceId, TimeSpan now)
    {
        if (workspaces.TryGetValue(workspaceId, out var known))
        {
            return known;
        }

        // This goes through all workspaces, so it runs at most once a second.
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

    [LoggerMessage(LogLevel.Information, "A web node did not answer the recall of decisions before they expired")]
    private static partial void LogSilent(ILogger logger);

    [LoggerMessage(LogLevel.Information, "A web node could not be asked to give up decisions; they expire within seconds")]
    private static partial void LogNotReached(ILogger logger, Exception exception);
}
