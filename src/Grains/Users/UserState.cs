using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>A person as it is stored. Pure.</summary>
[Alias("EngageCenter.UserState")]
internal sealed record UserState
{
    /// <summary>Workspaces whose opening is remembered; the one opened longest ago is forgotten first.</summary>
    public const int MaxOpened = 5_000;

    /// <summary>The newest token known. Null for somebody who never signed in.</summary>
    public SeenUser? Seen { get; init; }

    /// <summary>The workspaces by contract, a hint.</summary>
    public WorkspaceIndex Contracts { get; init; } = WorkspaceIndex.Empty;

    /// <summary>When each workspace was last opened.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Opened { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    public string? LastOpened { get; init; }

    /// <summary>The workspaces whose list of people has the person, or once had: each new token is told to them.</summary>
    public ImmutableSortedSet<string> ListedIn { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public ImmutableArray<Guid> Groups => Seen?.Groups ?? [];

    /// <summary>
    /// The newest token wins. Of two tokens of the same second that disagree nobody knows which is newer, so only the
    /// groups in both count. What an older token says is not taken back.
    /// </summary>
    public UserState Accept(SignIn signIn)
    {
        if (Seen is null || signIn.IssuedAt > Seen.LastSignInAt)
        {
            return this with
            {
                Seen = new(signIn.Person, signIn.Profile, signIn.Groups, Seen?.FirstSignInAt ?? signIn.IssuedAt, signIn.IssuedAt),
            };
        }

        if (Covers(signIn))
        {
            return this;
        }

        return this with { Seen = Seen with { Groups = [.. Groups.Intersect(signIn.Groups)] } };
    }

    /// <summary>Whether <see cref="Accept"/> would change nothing, and what is known decides.</summary>
    public bool Covers(SignIn signIn) =>
        Seen is not null
        && !signIn.LeavesGroupsOut
        && !signIn.Groups.IsDefault
        && (signIn.IssuedAt < Seen.LastSignInAt
            || (signIn.IssuedAt == Seen.LastSignInAt
                && (signIn.Groups.AsSpan().SequenceEqual(Seen.Groups.AsSpan()) || Seen.Groups.All(signIn.Groups.Contains))));

    public UserState Open(string workspaceId, DateTimeOffset now)
    {
        var opened = Opened.SetItem(workspaceId, now);
        return this with
        {
            LastOpened = workspaceId,
            Opened = opened.Count > MaxOpened ? opened.Remove(opened.MinBy(o => o.Value).Key) : opened,
        };
    }

    public UserState List(string workspaceId) =>
        ListedIn.Contains(workspaceId) ? this : this with { ListedIn = ListedIn.Add(workspaceId) };
}

/// <summary>What is known of a person from the newest of their tokens.</summary>
/// <param name="Groups">Sorted.</param>
/// <param name="FirstSignInAt">The issue time of the first token they came with.</param>
/// <param name="LastSignInAt">The issue time of the newest.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.SeenUser")]
internal sealed record SeenUser(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] ImmutableArray<Guid> Groups,
    [property: Id(3)] DateTimeOffset FirstSignInAt,
    [property: Id(4)] DateTimeOffset LastSignInAt);
