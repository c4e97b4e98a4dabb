using System.Collections.Immutable;

namespace EngageCenter.Users;

/// <summary>
/// A person's groups in the directory, which was asked because a token left them out or because they had changed. They have
/// their own row beside <see cref="UserState"/>: 3,000 groups take 120 KB, and must not be written again whenever a workspace
/// is opened. No side effects.
/// </summary>
/// <remarks>
/// <b>The newer observation wins.</b> A token counts from the second in which it was issued, the directory's answer from the
/// second in which it was asked. If both are from the same second, only the groups in both count.
/// </remarks>
[Alias("EngageCenter.UserObservation")]
internal sealed record UserObservation
{
    /// <summary>The person, by the newest token that came before the directory was asked. Null if the directory was never asked.</summary>
    public SeenUser? Seen { get; init; }

    /// <summary>When the directory was asked, in whole seconds, but not before that token was issued.</summary>
    public DateTimeOffset At { get; init; }

    /// <param name="signIn">A sign-in that leaves its groups out.</param>
    /// <param name="at">When the directory was asked.</param>
    /// <param name="before">What was known about the person, if anything.</param>
    public static UserObservation Of(SignIn signIn, ImmutableArray<Guid> groups, DateTimeOffset at, SeenUser? before) =>
        Of(new SeenUser(signIn.Person, signIn.Profile, groups, before?.FirstSignInAt ?? signIn.IssuedAt, signIn.IssuedAt), groups, at);

    /// <param name="seen">The person, by the newest token that came before the directory was asked.</param>
    public static UserObservation Of(SeenUser seen, ImmutableArray<Guid> groups, DateTimeOffset at)
    {
        // The token was here before the directory was asked, even if the two clocks say otherwise.
        var second = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
        return new() { Seen = seen with { Groups = groups }, At = second > seen.LastSignInAt ? second : seen.LastSignInAt };
    }

    /// <summary>Returns the person by the newest information: this observation, or the newest token that has its groups.</summary>
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

    // Up to this many seconds after a token, each second has a tick of its own; from then on each two minutes have one. So the ticks
    // of one second are enough for four years without a token.
    private const long SecondsOfTheirOwn = 9_000_000;
    private const long SecondsOfLaterTick = 120;

    /// <summary>
    /// The person for lists of people, which keep what is newest by its time alone: an observation comes after the token that it
    /// goes by, by the more ticks the newer it is, and so before every token of a later second.
    /// </summary>
    /// <param name="seen">What <see cref="Newest"/> says.</param>
    public SeenUser ForLists(SeenUser seen)
    {
        if (Seen is null || At <= seen.LastSignInAt)
        {
            return seen;
        }

        var newer = (long)(At - seen.LastSignInAt).TotalSeconds;
        var ticks = newer <= SecondsOfTheirOwn ? newer : SecondsOfTheirOwn + ((newer - SecondsOfTheirOwn) / SecondsOfLaterTick);
        return seen with { LastSignInAt = seen.LastSignInAt.AddTicks(Math.Min(ticks, TimeSpan.TicksPerSecond - 1)) };
    }

    /// <summary>As of when <see cref="Newest"/> knows the groups.</summary>
    public DateTimeOffset? AsOf(SeenUser? token) => Seen is null || token?.LastSignInAt > At ? token?.LastSignInAt : At;

    /// <summary>Whether what is known decides, and the sign-in adds nothing new.</summary>
    /// <param name="state">The state of the same person.</param>
    public bool Covers(SignIn signIn, UserState state) => signIn.LeavesGroupsOut
        ? (Seen is not null && signIn.IssuedAt <= At) || signIn.IssuedAt < state.Seen?.LastSignInAt
        : (Seen is not null && signIn.IssuedAt < At) || state.Covers(signIn);
}
