using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>A person as stored. No side effects.</summary>
[Alias("EngageCenter.UserState")]
internal sealed record UserState
{
    /// <summary>The most workspaces whose opening is remembered. If there are more, the one opened longest ago is forgotten.</summary>
    public const int MaxOpened = 5_000;

    /// <summary>The person by the newest known token; null for somebody who never signed in.</summary>
    public SeenUser? Seen { get; init; }

    /// <summary>The workspaces whose contract names the person. This is a hint and gives no rights.</summary>
    public WorkspaceIndex Contracts { get; init; } = WorkspaceIndex.Empty;

    /// <summary>When each workspace was last opened.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Opened { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    public string? LastOpened { get; init; }

    /// <summary>Stands for <see cref="LastOpened"/>: another one for another workspace, the same for the same; 0 for none. Not stored.</summary>
    [JsonIgnore]
    public long OpenedVersion => LastOpened is { } last
        ? BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(last))) & long.MaxValue
        : 0;

    /// <summary>The workspaces whose list of people has or had the person. They are told of each new token.</summary>
    public ImmutableSortedSet<string> ListedIn { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public ImmutableArray<Guid> Groups => Seen?.Groups ?? [];

    /// <summary>
    /// Returns the state after a sign-in. The newest token wins. If two tokens of the same second have different groups, it is
    /// unknown which is newer, so only the groups in both count. An older token never brings back what a newer one took away.
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

    /// <summary>Whether <see cref="Accept"/> would change nothing, because what is known decides.</summary>
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

/// <summary>What is known about a person from their newest token.</summary>
/// <param name="Groups">Sorted.</param>
/// <param name="FirstSignInAt">When the first token that they used was issued.</param>
/// <param name="LastSignInAt">When the newest token was issued.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.SeenUser")]
internal sealed record SeenUser(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] ImmutableArray<Guid> Groups,
    [property: Id(3)] DateTimeOffset FirstSignInAt,
    [property: Id(4)] DateTimeOffset LastSignInAt);
