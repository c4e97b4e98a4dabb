using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Directories.Simulation;

/// <summary>A check as its caller saw it, from when it was sent to when it was answered.</summary>
internal sealed class Check(int person, SignIn token, SimulatedWorkspace workspace, string by, long begun, TimeSpan begunAt)
{
    public int Person => person;

    public SignIn Token => token;

    public SimulatedWorkspace Workspace => workspace;

    /// <summary>Who asked: the person's grain itself, or a web node.</summary>
    public string By => by;

    public long Begun => begun;

    public TimeSpan BegunAt => begunAt;

    public long? Ended { get; set; }

    public TimeSpan EndedAt { get; set; }

    /// <summary>The answer; null if none came in time.</summary>
    public EffectiveAccess? Access { get; set; }

    /// <summary>The activation that made the decision; null if the decision allows nothing.</summary>
    public Activation? Maker { get; set; }

    public Standing? Standing => Access?.Decision.Standing;

    /// <summary>When the token was issued.</summary>
    public TimeSpan IssuedAt => token.IssuedAt - World.Start;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"check of user{person} by {by} in workspace {workspace.Id[^1]}, {begunAt.TotalSeconds:F3} to {EndedAt.TotalSeconds:F3}, token of {IssuedAt.TotalSeconds:F0}{(token.LeavesGroupsOut ? " without groups" : $" [{Letters.Of(token.Groups)}]")}: {Standing}{(Access is null ? "" : $" epoch {Access.Decision.Epoch} [{string.Join(" ", Access.Roles.Select(role => role.Source == RoleSource.EntraGroup ? Letters.Of(Guid.Parse(role.SourceId!)) : role.Source.ToString()))}]")}");
}

/// <summary>Prints groups as letters.</summary>
internal static class Letters
{
    public static string Of(Guid group) => ((char)('A' + Graph.GroupOf(group))).ToString();

    public static string Of(IEnumerable<Guid> groups) => string.Concat(groups.Select(Of));

    public static string Of(int groups) => Of(Graph.Ids(groups));
}

/// <summary>A round of the follower, as its caller saw it.</summary>
internal sealed record Round(long Begun, TimeSpan BegunAt, long Ended, TimeSpan EndedAt);

/// <summary>A question to the directory about a person, which their grain answered with true.</summary>
/// <param name="Asked">The method that asked.</param>
internal sealed record Observation(int Person, string Asked, long Begun, TimeSpan BegunAt, long Ended)
{
    /// <param name="of">A group, or (null) the account.</param>
    public bool IsAbout(int? of) => Asked == nameof(IObservedPerson.ObserveFirst) || Asked == (of is null ? nameof(IObservedPerson.ObserveAccount) : nameof(IObservedPerson.ObserveAgain));
}

/// <summary>What happened in a run.</summary>
internal sealed class History(World world, bool keepNotes)
{
    private readonly List<string> notes = [];

    public List<Check> Checks { get; } = [];

    /// <summary>The complete rounds.</summary>
    public List<Round> Rounds { get; } = [];

    public List<Observation> Observations { get; } = [];

    /// <summary>From when on everybody who came before the faults were over must have been asked about.</summary>
    public TimeSpan SettledAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>What went wrong beside checks.</summary>
    public List<string> Failures { get; } = [];

    public bool KeepsNotes => keepNotes;

    public IReadOnlyList<string> Notes => notes;

    public void Note(string what)
    {
        if (keepNotes)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{world.Now.TotalSeconds,9:F3}  {what}"));
        }
    }
}
