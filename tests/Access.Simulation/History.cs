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

/// <summary>A policy in the simulation: which of a few groups and persons hold a role, as bits.</summary>
internal sealed record Policy(long Epoch, int Groups, int Contacts)
{
    public bool Allows(int person, int groups) => (Groups & groups) != 0 || (Contacts & (1 << person)) != 0;
}

/// <summary>The workspace's row.</summary>
internal sealed record Row(Tenure Tenure, Policy Policy);

/// <summary>Something that was asked for. It runs from when its grain began with it to when its grain answered, which is within what its caller saw.</summary>
internal sealed class Operation(int number, Kind kind, string actor, long begun, TimeSpan at)
{
    public int Number => number;

    public Kind Kind => kind;

    public string Actor => actor;

    /// <summary>The place in the order of all that began and ended.</summary>
    public long Begun => begun;

    public TimeSpan BegunAt => at;

    public long? Ended { get; set; }

    public TimeSpan EndedAt { get; set; }

    /// <summary>Of the policy decided by or acted on; of a change, the one it made. Null where nothing was confirmed.</summary>
    public long? Epoch { get; set; }

    public int Person { get; set; }

    public bool Allowed { get; set; }

    /// <summary>Of a check: the groups decided by, as bits.</summary>
    public int Groups { get; set; }

    /// <summary>Of a check: the token that came with it, and the sign-in decided by.</summary>
    public SignIn? Token { get; set; }

    public SeenUser? Seen { get; set; }

    /// <summary>Of a check: since when the user's activation has been there.</summary>
    public long ActiveSince { get; set; }

    /// <summary>Of a check: the web node that the user's activation was asked by, if it was one.</summary>
    public WebNode? AskedBy { get; set; }

    /// <summary>Of a check: whether it is what a web node's caller saw, rather than what the user's activation did.</summary>
    public bool IsAtWebNode { get; set; }

    /// <summary>The epoch of the decision that was handed on, where one was.</summary>
    public long? Decided { get; set; }

    /// <summary>Of an act: whether somebody made the decision up.</summary>
    public bool MadeUp { get; set; }

    /// <summary>Of a change: what it makes.</summary>
    public Policy? Made { get; set; }

    /// <summary>Of a change: leases out when it began to recall, recalls, and writes of the policy.</summary>
    public int Leases { get; set; }

    public int Recalls { get; set; }

    public int Writes { get; set; }

    public override string ToString() => $"#{number} {kind.ToString().ToLowerInvariant()}";
}

/// <summary>What happened in a run: always the operations and what storage committed, and for a replay every step.</summary>
internal sealed class History(bool keepNotes)
{
    private readonly List<(TimeSpan At, string Actor, string What, int Operation)> notes = [];
    private long order;

    public List<Operation> Operations { get; } = [];

    /// <summary>Each row that storage took, in order.</summary>
    public List<(long Order, Row Row)> Committed { get; } = [];

    /// <summary>When each user's activation that has ended did so, by when it began.</summary>
    public Dictionary<long, long> Overs { get; } = [];

    /// <summary>What went wrong beside operations: an exception of a machine, a run that did not recover.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Null unless every step is to be kept, so that nobody writes what nobody reads.</summary>
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

    /// <summary>The user's activation that has been there since a moment has ended.</summary>
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

    /// <summary>The run for a person to read, up to its last violation; the operations of violations are marked.</summary>
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
