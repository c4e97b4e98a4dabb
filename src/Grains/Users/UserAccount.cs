namespace EngageCenter.Users;

/// <summary>
/// The state of a person's account in the directory. It has its own row beside <see cref="UserState"/> and
/// <see cref="UserObservation"/>, so that a release that does not know accounts can still read those. No side effects.
/// </summary>
/// <remarks>The newer observation wins here as well: somebody who got a token later had an enabled account then.</remarks>
[Alias("EngageCenter.UserAccount")]
internal sealed record UserAccount
{
    /// <summary>The account was blocked or did not exist.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>When the directory was asked, but not before the newest known token was issued.</summary>
    public DateTimeOffset At { get; init; }

    /// <param name="isEnabled">The directory's answer.</param>
    /// <param name="at">When the directory was asked.</param>
    /// <param name="seen">The person, if known.</param>
    public static UserAccount Of(bool isEnabled, DateTimeOffset at, SeenUser? seen) =>
        new() { IsBlocked = !isEnabled, At = seen is null || at > seen.LastSignInAt ? at : seen.LastSignInAt };

    /// <summary>Whether the person holds no roles because the account is blocked.</summary>
    /// <param name="lastSignInAt">When their newest token was issued; null if they never signed in.</param>
    public bool Blocks(DateTimeOffset? lastSignInAt) => IsBlocked && !(lastSignInAt > At);
}
