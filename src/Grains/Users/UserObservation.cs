using System.Collections.Immutable;

namespace EngageCenter.Users;

/// <summary>
/// A person's groups as the directory had them: asked for a token that leaves them out, or since they changed. In a row of its own beside
/// <see cref="UserState"/>: 3,000 groups take 120 KB, and are not written again whenever a workspace is opened. Pure.
/// </summary>
/// <remarks>
/// <b>The newer observation wins.</b> A token tells of its second of issue, the directory of the second when it was asked. Of
/// the same second only the groups of both count.
/// </remarks>
[Alias("EngageCenter.UserObservation")]
internal sealed record UserObservation
{
    /// <summary>The person, by the newest token that came before the directory was asked. Null: never observed.</summary>
    public SeenUser? Seen { get; init; }

    /// <summary>When the directory was asked, in whole seconds; not before that token was issued.</summary>
    public DateTimeOffset At { get; init; }

    /// <param name="signIn">Leaves its groups out.</param>
    /// <param name="at">When the directory was asked.</param>
    /// <param name="before">What is known of the person, if anything.</param>
    public static UserObservation Of(SignIn signIn, ImmutableArray<Guid> groups, DateTimeOffset at, SeenUser? before) =>
        Of(new SeenUser(signIn.Person, signIn.Profile, groups, before?.FirstSignInAt ?? signIn.IssuedAt, signIn.IssuedAt), groups, at);

    /// <param name="seen">The person, by the newest token that came before the directory was asked.</param>
    public static UserObservation Of(SeenUser seen, ImmutableArray<Guid> groups, DateTimeOffset at)
    {
        // The token was here before the directory was asked, whatever the clocks of the two say.
        var second = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
        return new() { Seen = seen with { Groups = groups }, At = second > seen.LastSignInAt ? second : seen.LastSignInAt };
    }

    /// <summary>What counts: this, or what the newest token that has its groups says.</summary>
    public SeenUser? Newest(SeenUser? token)
    {
        if (Seen is null || token is null)
        {
            return Seen ?? token;
        }

        if (token.LastSignInAt > At)
        {
            return token.FirstSignInAt <= Seen.FirstSignInAt ? token : token with { FirstSignInAt = Seen.FirstSignInAt };
        }

        var newest = Seen.LastSignInAt >= token.LastSignInAt ? Seen : Seen with { Profile = token.Profile, LastSignInAt = token.LastSignInAt };
        return newest with
        {
            FirstSignInAt = token.FirstSignInAt <= Seen.FirstSignInAt ? token.FirstSignInAt : Seen.FirstSignInAt,
            Groups = token.LastSignInAt < At ? Seen.Groups : [.. Seen.Groups.Intersect(token.Groups)],
        };
    }

    /// <summary>As of when <see cref="Newest"/> knows the groups.</summary>
    public DateTimeOffset? AsOf(SeenUser? token) => Seen is null || token?.LastSignInAt > At ? token?.LastSignInAt : At;

    /// <summary>Whether what is known decides, and nothing about the sign-in is new.</summary>
    /// <param name="state">Of the same person.</param>
    public bool Covers(SignIn signIn, UserState state) => signIn.LeavesGroupsOut
        ? (Seen is not null && signIn.IssuedAt <= At) || signIn.IssuedAt < state.Seen?.LastSignInAt
        : (Seen is not null && signIn.IssuedAt < At) || state.Covers(signIn);
}
