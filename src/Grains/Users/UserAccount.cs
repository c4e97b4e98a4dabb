namespace EngageCenter.Users;

/// <summary>
/// A person's account as the directory had it. In a row of its own beside <see cref="UserState"/> and
/// <see cref="UserObservation"/>, which a release that knows nothing of accounts goes on reading. Pure.
/// </summary>
/// <remarks>Here as well the newer observation wins: whoever got a token later had an account that may be used.</remarks>
[Alias("EngageCenter.UserAccount")]
internal sealed record UserAccount
{
    /// <summary>It was blocked, or there was none.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>When the directory was asked; not before the newest token that had come was issued.</summary>
    public DateTimeOffset At { get; init; }

    /// <param name="isEnabled">What the directory says.</param>
    /// <param name="at">When it was asked.</param>
    /// <param name="seen">The person as they are known.</param>
    public static UserAccount Of(bool isEnabled, DateTimeOffset at, SeenUser? seen) =>
        new() { IsBlocked = !isEnabled, At = seen is null || at > seen.LastSignInAt ? at : seen.LastSignInAt };

    /// <summary>Whether the person holds nothing.</summary>
    /// <param name="lastSignInAt">When their newest token was issued; null if they never came.</param>
    public bool Blocks(DateTimeOffset? lastSignInAt) => IsBlocked && !(lastSignInAt > At);
}
