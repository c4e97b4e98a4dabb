using System.Collections.Immutable;

namespace EngageCenter.Access.Simulation;

/// <summary>A guarantee that did not hold.</summary>
internal sealed record Violation(string What, params ImmutableArray<Operation> Operations);

/// <summary>
/// Checks a history against the guarantees. The epoch orders everything. Linearizable means: an operation that begins after
/// another has ended uses no smaller epoch, and no epoch that was not stored when it ended.
/// </summary>
internal static class Guarantees
{
    public static ImmutableArray<Violation> Violated(History history) =>
    [
        .. history.Failures.Select(f => new Violation(f)),
        .. Storage(history),
        .. Linearizable(history),
        .. Truthful(history),
        .. Tokens(history),
        .. TokensAtWebNodes(history),
        .. Proven(history),
        .. Costs(history),
    ];

    /// <summary>Each epoch is committed once and in order, and an acknowledged change is what was stored.</summary>
    private static IEnumerable<Violation> Storage(History history)
    {
        Row? before = null;
        foreach (var (_, row) in history.Committed)
        {
            if (before is not null && row.Policy.Epoch != before.Policy.Epoch + 1 && row.Policy != before.Policy)
            {
                yield return new($"Storage went from {History.Text(before)} to {History.Text(row)}: a change was lost.");
            }

            before = row;
        }

        var made = Policies(history);
        foreach (var change in Acknowledged(history).Where(o => o.Kind == Kind.Change))
        {
            if (!made.TryGetValue(change.Epoch!.Value, out var stored) || stored.Policy != change.Made || stored.Order > change.Ended)
            {
                yield return new($"{change} was acknowledged as epoch {change.Epoch}, and was not what storage had.", change);
            }
        }
    }

    /// <summary>G1, and rule 7.</summary>
    private static IEnumerable<Violation> Linearizable(History history)
    {
        var made = Policies(history);
        Operation? floor = null;
        var floors = new Dictionary<Operation, Operation?>();
        foreach (var (at, operation) in Acknowledged(history).SelectMany(o => new[] { (o.Begun, o), (o.Ended!.Value, o) }).OrderBy(e => e.Item1))
        {
            if (at == operation.Begun)
            {
                floors[operation] = floor;
            }
            else if (floor is null || operation.Epoch > floor.Epoch)
            {
                floor = operation;
            }
        }

        foreach (var operation in Acknowledged(history))
        {
            if (floors[operation] is { } before && (operation.Kind == Kind.Change ? operation.Epoch <= before.Epoch : operation.Epoch < before.Epoch))
            {
                yield return new($"{operation} went by epoch {operation.Epoch}, and began after {before} of epoch {before.Epoch} had ended.", operation, before);
            }

            if (operation.Epoch > 0 && (!made.TryGetValue(operation.Epoch.Value, out var stored) || stored.Order > operation.Ended))
            {
                yield return new($"{operation} went by epoch {operation.Epoch}, which was not stored yet.", operation);
            }

            var due = operation.Kind == Kind.Change ? operation.Decided + 1 : operation.Decided;
            if (due is not null && due != operation.Epoch)
            {
                yield return new($"{operation} of epoch {operation.Epoch} was executed on a decision of epoch {operation.Decided}.", operation);
            }
        }
    }

    /// <summary>Nobody acts on a made-up decision, from whatever real decision it was made up.</summary>
    private static IEnumerable<Violation> Proven(History history) =>
        from act in Acknowledged(history).Where(o => o.MadeUp)
        let seen = history.Operations.FirstOrDefault(o => o.Kind == Kind.Check && o.Epoch == act.Decided && o.Person == act.Person)
        select seen is null ? new Violation($"{act} was on a decision that nobody made.", act) : new Violation($"{act} was on a decision made up from {seen}.", act, seen);

    /// <summary>An answer equals what the policy of its epoch says.</summary>
    private static IEnumerable<Violation> Truthful(History history)
    {
        var made = Policies(history);
        foreach (var check in Acknowledged(history).Where(o => o.Kind == Kind.Check))
        {
            var policy = made.TryGetValue(check.Epoch!.Value, out var stored) ? stored.Policy : null;
            if (check.Allowed != (policy?.Allows(check.Person, check.Groups) ?? false))
            {
                yield return new($"{check} answered other than the policy of epoch {check.Epoch} says.", check);
            }
        }
    }

    /// <summary>G2, except for what one activation cannot know about another one at the same time.</summary>
    private static IEnumerable<Violation> Tokens(History history)
    {
        foreach (var person in Acknowledged(history).Where(o => o.Kind == Kind.Check).GroupBy(o => o.Person))
        {
            var checks = person.OrderBy(o => o.Begun).ToList();
            foreach (var check in checks)
            {
                if (IsOlder(check, check.Token!.IssuedAt, Simulation.Bits(check.Token.Groups)))
                {
                    yield return new($"{check} was decided by an older token than it came with.", check);
                }
            }

            var newest = new Dictionary<long, Operation>();
            foreach (var (at, check) in checks.Where(o => !o.IsAtWebNode).SelectMany(o => new[] { (o.Begun, o), (o.Ended!.Value, o) }).OrderBy(e => e.Item1))
            {
                if (at == check.Ended)
                {
                    if (!newest.TryGetValue(check.ActiveSince, out var known) || IsOlder(known, check.Seen!.LastSignInAt, check.Groups))
                    {
                        newest[check.ActiveSince] = check;
                    }
                }
                else
                {
                    foreach (var (since, known) in newest)
                    {
                        if ((since == check.ActiveSince || known.Ended < check.ActiveSince) && IsOlder(check, known.Seen!.LastSignInAt, known.Groups))
                        {
                            yield return new($"{check} was decided by an older token than {known}, which had ended before.", check, known);
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// G2 for answers of web nodes. A web node may use an older sign-in, but no groups that a newer sign-in, which has already
    /// decided, no longer had. Excepted is what one activation cannot know about another one at the same time, and what that one had
    /// lent.
    /// </summary>
    private static IEnumerable<Violation> TokensAtWebNodes(History history)
    {
        foreach (var person in Acknowledged(history).Where(o => o.Kind == Kind.Check && o.Seen is not null).GroupBy(o => o.Person))
        {
            var checks = person.OrderBy(o => o.Ended).ToList();
            List<long> activations = [.. checks.Select(o => o.ActiveSince).Distinct()];
            var alone = activations.Where(a => !activations.Any(other => a != other && a < Over(other) && other < Over(a))).ToHashSet();
            foreach (var check in checks.Where(o => o.IsAtWebNode && alone.Contains(o.ActiveSince)))
            {
                if (checks.Find(o => o.Ended < check.Begun && o.Seen!.LastSignInAt >= check.Seen!.LastSignInAt && (check.Groups & ~o.Groups) != 0) is { } newer)
                {
                    yield return new($"{check} brought back groups that {newer} no longer had, which had ended before.", check, newer);
                }
            }
        }

        long Over(long since) => history.Overs.TryGetValue(since, out var over) ? over : long.MaxValue;
    }

    /// <summary>G4.</summary>
    private static IEnumerable<Violation> Costs(History history) => history.Operations
        .Where(o => o.Kind == Kind.Change && (o.Recalls > o.Leases || o.Writes > 1))
        .Select(o => new Violation($"{o} took {o.Recalls} recalls of {o.Leases} leases, and {o.Writes} writes.", o));

    private static bool IsOlder(Operation check, DateTimeOffset issuedAt, int groups) =>
        check.Seen!.LastSignInAt < issuedAt || (check.Seen.LastSignInAt == issuedAt && (check.Groups & ~groups) != 0);

    private static List<Operation> Acknowledged(History history) =>
        [.. history.Operations.Where(o => o.Ended is not null && o.Epoch is not null)];

    private static Dictionary<long, (Policy Policy, long Order)> Policies(History history)
    {
        var made = new Dictionary<long, (Policy, long)>();
        foreach (var (order, row) in history.Committed)
        {
            made.TryAdd(row.Policy.Epoch, (row.Policy, order));
        }

        return made;
    }
}
