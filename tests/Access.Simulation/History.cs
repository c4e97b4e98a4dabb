using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EngageCenter.Users;

namespace EngageCenter.Access.Simulation;

internal enum Kind
{
    Check,
    Act,
    Change,
}

/// <summary>A policy in the simulation. Bits say which of a few groups and persons hold a role.</summary>
internal sealed record Policy(long Epoch, int Groups, int Contacts)
{
    public bool Allows(int person, int groups) => (Groups & groups) != 0 || (Contacts & (1 << person)) != 0;
}

/// <summary>The workspace's row.</summary>
internal sealed record Row(Tenure Tenure, Policy Policy);

/// <summary>An operation. It runs from when its grain began with it to when its grain answered, which is within the time that its caller saw.</summary>
internal sealed class Operation(int number, Kind kind, string actor, long begun, TimeSpan at)
{
    public int Number => number;

    public Kind Kind => kind;

    public string Actor => actor;

    /// <summary>The position of the beginning in the order of all beginnings and ends.</summary>
    public long Begun => begun;

    public TimeSpan BegunAt => at;

    public long? Ended { get; set; }

    public TimeSpan EndedAt { get; set; }

    /// <summary>The epoch of the policy that decided or was acted on; for a change, the epoch that it made. Null if nothing was confirmed.</summary>
    public long? Epoch { get; set; }

    public int Person { get; set; }

    public bool Allowed { get; set; }

    /// <summary>For a check: the groups that decided, as bits.</summary>
    public int Groups { get; set; }

    /// <summary>For a check: the token that came with it, and the sign-in that decided.</summary>
    public SignIn? Token { get; set; }

    public SeenUser? Seen { get; set; }

    /// <summary>For a check: when the user's activation began.</summary>
    public long ActiveSince { get; set; }

    /// <summary>For a check: the web node that asked the user's activation, if any.</summary>
    public WebNode? AskedBy { get; set; }

    /// <summary>For a check: whether it is what a web node's caller saw, instead of what the user's activation did.</summary>
    public bool IsAtWebNode { get; set; }

    /// <summary>The epoch of the decision that was handed on, if any.</summary>
    public long? Decided { get; set; }

    /// <summary>For an act: whether somebody made up the decision.</summary>
    public bool MadeUp { get; set; }

    /// <summary>For a change: the policy that it makes.</summary>
    public Policy? Made { get; set; }

    /// <summary>For a change: the leases that were out when it began to recall, the recalls, and the writes of the policy.</summary>
    public int Leases { get; set; }

    public int Recalls { get; set; }

    public int Writes { get; set; }

    public override string ToString() => $"#{number} {kind.ToString().ToLowerInvariant()}";
}

/// <summary>What happened in a run: always the operations and the commits of storage, and for a replay every step.</summary>
internal sealed class History(bool keepNotes)
{
    private readonly List<(TimeSpan At, string Actor, string What, int Operation)> notes = [];
    private long order;

    public List<Operation> Operations { get; } = [];

    /// <summary>Each row that storage accepted, in order.</summary>
    public List<(long Order, Row Row)> Committed { get; } = [];

    /// <summary>When each ended user activation ended, by when it began.</summary>
    public Dictionary<long, long> Overs { get; } = [];

    /// <summary>Failures besides operations: an exception of a state machine, or a run that did not recover.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Null unless every step is kept, so that no unused texts are made.</summary>
    public History? Notes => keepNotes ? this : null;

    public Operation Begin(Kind kind, string actor, TimeSpan now)
    {
        var begun = new Operation(Operations.Count + 1, kind, actor, ++order, now);
        Operations.Add(begun);
        return begun;
    }

    public void End(Operation operation, long? epoch, TimeSpan now)
    {
        (operation.Ended, operation.EndedAt, operation.Epoch) = (++order, now, epoch);
        Notes?.Note(now, operation.Actor, $"{operation} {Outcome(operation)}", operation.Number);
    }

    public long Mark() => ++order;

    /// <summary>Records the end of the user activation that began at the given position.</summary>
    public void Over(long since) => Overs.TryAdd(since, ++order);

    public void Commit(Row row, TimeSpan now)
    {
        Committed.Add((++order, row));
        Notes?.Note(now, "storage", $"took {Text(row)}");
    }

    public void Note(TimeSpan at, string actor, string what, int operation = 0) => notes.Add((at, actor, what, operation));

    public static string Text(Row? row) => row is null
        ? "nothing"
        : $"term {row.Tenure.Term}{(row.Tenure.Released ? " released" : "")}, epoch {row.Policy.Epoch}, groups {Bits(row.Policy.Groups)}, contacts {Bits(row.Policy.Contacts)}";

    public static string Bits(int bits) => bits == 0 ? "-" : string.Concat(Enumerable.Range(0, 8).Where(i => (bits & (1 << i)) != 0).Select(i => (char)('a' + i)));

    /// <summary>Prints the run for a person, up to its last violation. The operations of violations are marked.</summary>
    public string Print(ImmutableArray<Violation> violations)
    {
        var marked = violations.SelectMany(v => v.Operations).Select(o => o.Number).ToHashSet();
        var text = new StringBuilder();
        var last = violations.SelectMany(v => v.Operations).Select(o => o.EndedAt).DefaultIfEmpty(TimeSpan.MaxValue).Max();
        foreach (var (at, actor, what, operation) in notes.TakeWhile(n => n.At <= last))
        {
            text.Append(CultureInfo.InvariantCulture, $"{(marked.Contains(operation) ? ">>" : "  ")} {at.TotalSeconds,9:F3}  {actor,-12} {what}\n");
        }

        foreach (var violation in violations)
        {
            text.Append(CultureInfo.InvariantCulture, $"!! {violation.What}\n");
        }

        return text.ToString();
    }

    private static string Outcome(Operation of) => of.Kind switch
    {
        _ when of.Epoch is null => $"not confirmed (began {of.BegunAt.TotalSeconds:F3})",
        Kind.Check => $"{(of.Allowed ? "ALLOW" : "deny")} by epoch {of.Epoch}, groups {Bits(of.Groups)} (began {of.BegunAt.TotalSeconds:F3})",
        Kind.Act => $"acted on a decision of epoch {of.Epoch} (began {of.BegunAt.TotalSeconds:F3})",
        _ => $"acknowledged: epoch {of.Epoch} (began {of.BegunAt.TotalSeconds:F3})",
    };
}
