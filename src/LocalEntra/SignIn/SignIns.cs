namespace EngageCenter.LocalEntra.SignIn;

/// <summary>What was handed out to browsers and applications and is good for a while. In memory: after a restart people sign in again.</summary>
internal sealed class SignIns(TimeProvider time)
{
    /// <summary>An application redeems its code at once.</summary>
    public Tickets<AuthorizationCode> Codes { get; } = new(time, TimeSpan.FromMinutes(5), limit: 10_000);

    /// <summary>Each is good once, and gives the next.</summary>
    public Tickets<Grant> RefreshTokens { get; } = new(time, TimeSpan.FromHours(24), limit: 100_000);

    /// <summary>A browser whose session has ended is asked again who it is.</summary>
    public Tickets<Session> Sessions { get; } = new(time, TimeSpan.FromHours(24), limit: 10_000);
}
