using System.Collections.Concurrent;

namespace EngageCenter.Cluster.Tests;

/// <summary>A check and its answer. Times are from one monotonic clock.</summary>
internal sealed record Check(string Workspace, long Start, long End, bool Allowed, long Epoch, string Node);

/// <summary>
/// A grant or revocation of the right that is checked. An unacknowledged change may or may not have happened, and may still
/// happen until a later one of its workspace was acknowledged: each is conditional on the version that the previous one left.
/// </summary>
internal sealed record Change(string Workspace, string Name, bool Grants, long Start, long End, bool Acknowledged);

/// <summary>What was asked and answered. Checks whether a single copy of the policy could have given all answers.</summary>
internal sealed class History
{
    public ConcurrentQueue<Check> Checks { get; } = [];

    /// <summary>The changes of a workspace come one after another, in this order.</summary>
    public ConcurrentQueue<Change> Changes { get; } = [];

    /// <summary>The state of each workspace at the end: whether the right is granted, and how often each change is in the audit trail.</summary>
    public Dictionary<string, (bool Granted, IReadOnlyDictionary<string, int> Recorded)> End { get; } = [];

    public IReadOnlyList<string> Violations() =>
    [
        .. Checks.GroupBy(c => c.Workspace).SelectMany(ofOne =>
        {
            List<Check> checks = [.. ofOne.OrderBy(c => c.Start)];
            return StaleAnswers(checks, [.. Changes.Where(c => c.Workspace == ofOne.Key)])
                .Concat(EpochsThatWentBack(checks))
                .Concat(EpochsWithTwoPolicies(checks));
        }),
        .. End.SelectMany(e => LostChanges(e.Key, e.Value.Granted, e.Value.Recorded)),
    ];

    // A correct answer is that of the last change acknowledged before the check, or of a change that began since.
    private static IEnumerable<string> StaleAnswers(List<Check> checks, List<Change> changes)
    {
        foreach (var check in checks)
        {
            var last = changes.FindLastIndex(c => c.Acknowledged && c.End < check.Start);
            if (last >= 0
                && changes[last].Grants != check.Allowed
                && !changes.Skip(last + 1).TakeWhile(c => c.Start < check.End).Any(c => c.Grants == check.Allowed))
            {
                yield return $"Stale: {check} after {changes[last]}";
            }
        }
    }

    private static IEnumerable<string> EpochsThatWentBack(List<Check> byStart)
    {
        Check? newest = null;
        var ended = new Queue<Check>(byStart.OrderBy(c => c.End));
        foreach (var check in byStart)
        {
            while (ended.TryPeek(out var before) && before.End < check.Start)
            {
                newest = newest is null || before.Epoch > newest.Epoch ? before : newest;
                ended.Dequeue();
            }

            if (check.Epoch < newest?.Epoch)
            {
                yield return $"Epoch went back: {check} after {newest}";
            }
        }
    }

    private static IEnumerable<string> EpochsWithTwoPolicies(List<Check> checks) => checks
        .GroupBy(c => c.Epoch)
        .Where(g => g.Any(c => c.Allowed) && g.Any(c => !c.Allowed))
        .Select(g => $"One epoch, two policies: {g.First(c => c.Allowed)} and {g.First(c => !c.Allowed)}");

    private IEnumerable<string> LostChanges(string workspace, bool granted, IReadOnlyDictionary<string, int> recorded)
    {
        List<Change> changes = [.. Changes.Where(c => c.Workspace == workspace)];
        foreach (var change in changes)
        {
            var times = recorded.GetValueOrDefault(change.Name);
            if (times > 1 || (times == 0 && change.Acknowledged))
            {
                yield return $"Recorded {times} times: {change}";
            }
        }

        var last = changes.FindLastIndex(c => c.Acknowledged);
        if (last >= 0 && changes[last].Grants != granted && !changes.Skip(last + 1).Any(c => c.Grants == granted))
        {
            yield return $"Lost, as {(granted ? "granted" : "revoked")} in the end: {changes[last]}";
        }
    }
}
