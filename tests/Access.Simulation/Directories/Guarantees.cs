using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Directories.Simulation;

/// <summary>A broken promise.</summary>
/// <param name="Check">The check whose answer shows it; null if no answer does.</param>
internal sealed record Violation(string What, Check? Check = null);

/// <summary>
/// Checks a run. G1 and G2 are in docs/understand/coherence.md. D1: a check is answered while nothing is wrong. D2: who left a group,
/// or was blocked, has lost the right after the round that says so. D4: an incomplete or failed answer neither takes nor gives a
/// right. Each role in an answer must be explained by a policy that could still decide, and by a moment at which the person was in
/// the group. This moment must not be older than what was known for certain.
/// </summary>
/// <param name="lag">How far tokens may be behind the directory.</param>
internal sealed class Guarantees(Graph graph, Cluster cluster, History history, TimeSpan lag)
{
    // The time of issue is a whole second. The token has the groups of some moment within it.
    private static readonly TimeSpan second = TimeSpan.FromSeconds(1);

    // Within this time a newcomer is asked about if nothing fails: their grain tells the follower at once, and again after a minute.
    private static readonly TimeSpan settling = UserGrain.AskAgainAfter + TimeSpan.FromSeconds(60);

    // A token, or an answer that came after it.
    private readonly TimeSpan behind = lag > Graph.Delay ? lag : Graph.Delay;
    private readonly Dictionary<int, HashSet<Activation>> alone = cluster.Users.GroupBy(PersonOf).ToDictionary(some => some.Key, Alone);
    private readonly Dictionary<int, List<Check>> checks = history.Checks.Where(check => check.Ended is not null).GroupBy(check => check.Person)
        .ToDictionary(some => some.Key, some => some.OrderBy(check => check.Ended).ToList());

    public List<Violation> Violated() =>
    [
        .. history.Failures.Select(failure => new Violation(failure)),
        .. history.Checks.Where(check => check.Ended is not null).SelectMany(check => check.Standing switch
        {
            Standing.Member => Allowed(check),
            Standing.Outsider when check.Access!.Decision.KnowsGroups => Refused(check),
            _ => [],
        }),
    ];

    private IEnumerable<Violation> Allowed(Check check)
    {
        var (policy, decision) = (check.Workspace.Versions.Find(version => version.Epoch == check.Access!.Decision.Epoch), check.Access!.Decision);
        if (policy is null || policy.Stored > check.Ended || check.Workspace.Versions.Exists(later => later.Epoch > policy.Epoch && later.Acknowledged < check.Begun))
        {
            yield return new($"{check}: G1, its policy was not to decide any more, or not yet.", check);
            yield break;
        }

        // While a person has two activations, neither knows what the other stores.
        var isAlone = check.Maker is { } maker && alone[check.Person].Contains(maker);
        if (isAlone && !Was(check, Known(check, of: null), snapshot => snapshot.IsEnabled(check.Person)))
        {
            yield return new($"{check}: D2, the account was blocked since {Known(check, of: null).TotalSeconds:F3}, and that was recorded.", check);
        }

        foreach (var role in check.Access.Roles)
        {
            if (role.Source == RoleSource.Contract && (policy.Contacts & (1 << check.Person)) == 0)
            {
                yield return new($"{check}: the policy names no such contact.", check);
            }

            if (role.Source != RoleSource.EntraGroup)
            {
                continue;
            }

            var group = Graph.GroupOf(Guid.Parse(role.SourceId!));
            if ((policy.Groups & (1 << group)) == 0)
            {
                yield return new($"{check}: the policy names no such group.", check);
            }
            else if (!Was(check, TimeSpan.Zero, snapshot => (snapshot.GroupsOf(check.Person) & (1 << group)) != 0))
            {
                yield return new($"{check}: D4, the person never was in group {Letters.Of(1 << group)}.", check);
            }
            else if (isAlone && !Was(check, Known(check, group), snapshot => (snapshot.GroupsOf(check.Person) & (1 << group)) != 0))
            {
                yield return new($"{check}: D2 or G2, the person was not in group {Letters.Of(1 << group)} since {Known(check, group).TotalSeconds:F3}, and that was recorded.", check);
            }
        }
    }

    /// <summary>Nobody may be refused a right that every possible token and every possible answer of the directory would have given them.</summary>
    private IEnumerable<Violation> Refused(Check check)
    {
        var since = check.Token.LeavesGroupsOut ? TimeSpan.Zero : check.IssuedAt - second - second - Graph.Delay - lag;
        var could = check.Workspace.Versions.Where(version => version.Stored < check.Ended
            && !check.Workspace.Versions.Exists(later => later.Epoch > version.Epoch && later.Acknowledged < check.Begun)).ToList();
        var (groups, contacts) = (could.Aggregate(-1, (all, version) => all & version.Groups), could.Aggregate(-1, (all, version) => all & version.Contacts));
        if ((contacts & (1 << check.Person)) != 0 && Always(check, since, snapshot => snapshot.IsEnabled(check.Person)))
        {
            yield return new($"{check}: D4, it is a contact of each policy that could decide, whose account was never blocked.", check);
        }

        for (var group = 0; group < Graph.Groups; group++)
        {
            var bit = 1 << group;
            if ((groups & bit) != 0 && Always(check, since, snapshot => snapshot.IsEnabled(check.Person) && (snapshot.GroupsOf(check.Person) & bit) != 0))
            {
                yield return new($"{check}: D4, the person was in group {Letters.Of(1 << group)} all the time, which holds a role.", check);
            }
        }
    }

    /// <summary>The moment as of which, at least, it was known for certain whether the person is in the group, or (null) whether they are blocked.</summary>
    private TimeSpan Known(Check check, int? of)
    {
        // The groups of the check's token.
        var known = check.Token.LeavesGroupsOut ? TimeSpan.Zero : check.IssuedAt - behind;

        // The groups of earlier tokens, which are stored once the person was found to be a member.
        var isKept = false;
        foreach (var before in checks[check.Person])
        {
            if (before.Ended > check.Begun)
            {
                break;
            }

            isKept |= before.Standing == Standing.Member;
            if (isKept && !before.Token.LeavesGroupsOut && before.Standing is Standing.Member or Standing.Outsider && before.IssuedAt - behind > known
                && (before.Maker is null ? cluster.Users.Where(user => PersonOf(user) == check.Person).All(alone[check.Person].Contains) : alone[check.Person].Contains(before.Maker)))
            {
                known = before.IssuedAt - behind;
            }
        }

        // The changes that the directory had told when the last complete round began.
        if (history.Rounds.FindLast(round => round.Ended < check.Begun) is { } last && IsFollowed(check, of, last) && last.BegunAt - Graph.Delay > known)
        {
            known = last.BegunAt - Graph.Delay;
        }

        // What an answer about the person said after they had a row.
        if (Came(check) is { } came
            && history.Observations.FindLast(observed => observed.Person == check.Person && observed.IsAbout(of) && observed.Begun > came.Ended && observed.Ended < check.Begun) is { } answer
            && answer.BegunAt - Graph.Delay > known)
        {
            known = answer.BegunAt - Graph.Delay;
        }

        return known;
    }

    private Check? Came(Check check) => checks[check.Person].Find(before => before.Standing == Standing.Member);

    // docs/run/directory.md says who is not observed: whoever left the group before it got its role. Whoever left, or was blocked,
    // before they first came as a member is asked about soon after that, but no round says when.
    private bool IsFollowed(Check check, int? of, Round round)
    {
        if (Came(check) is not { } came || came.Ended > round.Begun)
        {
            return false;
        }

        // Long after the faults, everybody who came before the end of the faults was asked about.
        var hasSettled = check.BegunAt >= history.SettledAt && came.EndedAt < history.SettledAt - settling;
        if (of is not { } group)
        {
            // Everybody who came before accounts were followed is asked about in the first round.
            return Last(check, snapshot => snapshot.IsEnabled(check.Person)) is { } enabled && (enabled > came.EndedAt || hasSettled || came.Ended < graph.AccountsFollowed);
        }

        var granted = check.Workspace.Versions.Where(version => version.Acknowledged < round.Begun).MaxBy(version => version.Epoch);
        if (granted is null || (granted.Groups & (1 << group)) == 0)
        {
            return false;
        }

        var epoch = check.Workspace.Versions.FindLast(version => version.Epoch < granted.Epoch && (version.Groups & (1 << group)) == 0)?.Epoch + 1 ?? 1;
        var first = check.Workspace.Versions.Find(version => version.Epoch == epoch)!;
        if (Last(check, snapshot => (snapshot.GroupsOf(check.Person) & (1 << group)) != 0) is not { } left
            || (left <= came.EndedAt && !hasSettled) || left <= first.StoredAt)
        {
            return false;
        }

        // Who had a row before they left was not asked about as a newcomer after that.
        if (left <= came.EndedAt)
        {
            return left < cluster.Storage.Created[("user", Cluster.User(check.Person).Id)];
        }

        // Until everything is read again, a group that nobody knows may have come and gone, and a replica may still have its people.
        if (graph.Forgotten.Exists(at => at < left && history.Rounds.Find(before => before.EndedAt > at)?.EndedAt >= left))
        {
            return false;
        }

        // Who is not named, or before the group was followed, has to be in the list of the workspace by then, with the group. The
        // directory does not name them if it has forgotten what came after the last place that the follower has stored.
        return (graph.Named.Contains((left, check.Person))
                && history.Rounds.Exists(before => before.Begun > first.Acknowledged && before.EndedAt < left && !graph.Forgotten.Exists(at => at >= before.BegunAt && at <= round.EndedAt)))
            || (checks[check.Person].Exists(before => before.EndedAt < left && before.Standing == Standing.Member && before.Workspace == check.Workspace)
                && checks[check.Person].Exists(before => before.EndedAt < left && before.BegunAt >= Joined(check.Person, group, left) && before.Access?.Roles.Any(role => role.SourceId == $"{Graph.GroupId(group):D}") == true));
    }

    /// <summary>Since when the person had been in a group that they left.</summary>
    private TimeSpan Joined(int person, int group, TimeSpan left) => graph.History
        .FindLast(snapshot => End(snapshot) < left && (snapshot.GroupsOf(person) & (1 << group)) == 0) is { } before ? End(before) : TimeSpan.Zero;

    /// <summary>The end of the last moment at which the condition held.</summary>
    private TimeSpan? Last(Check check, Func<Snapshot, bool> so) =>
        graph.History.FindLast(snapshot => snapshot.From <= check.EndedAt && so(snapshot)) is { } last ? End(last) : null;

    private TimeSpan End(Snapshot snapshot) => graph.History.IndexOf(snapshot) is var at && at + 1 < graph.History.Count ? graph.History[at + 1].From : TimeSpan.MaxValue;

    private bool Was(Check check, TimeSpan from, Func<Snapshot, bool> so) => During(from, check.EndedAt).Any(so);

    private bool Always(Check check, TimeSpan from, Func<Snapshot, bool> so) => During(from, check.EndedAt).All(so);

    private IEnumerable<Snapshot> During(TimeSpan from, TimeSpan to)
    {
        for (var n = 0; n < graph.History.Count; n++)
        {
            if (graph.History[n].From <= to && (n + 1 == graph.History.Count || graph.History[n + 1].From >= from))
            {
                yield return graph.History[n];
            }
        }
    }

    private static int PersonOf(Activation user) => Graph.PersonOf(Guid.Parse(user.Key.Key.Split('/')[1]));

    private static HashSet<Activation> Alone(IEnumerable<Activation> activations)
    {
        var all = activations.ToList();
        return [.. all.Where(one => all.TrueForAll(other => other == one || other.Until < one.Since || one.Until < other.Since))];
    }
}
