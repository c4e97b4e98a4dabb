using System.Security.Cryptography;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>
/// Holds the codes, refresh tokens and sessions that are valid for a while. They are in memory, so people sign in again
/// after a restart.
/// </summary>
internal sealed class SignIns(TimeProvider time)
{
    // Neither vowels, so that no word comes of it, nor digits that look like letters (RFC 8628, 6.1).
    private const string UserCodeLetters = "BCDFGHJKLMNPQRSTVWXZ";

    private static readonly TimeSpan deviceLifetime = TimeSpan.FromMinutes(15);

    /// <summary>The lifetime is short, because an application redeems its code at once.</summary>
    public Tickets<AuthorizationCode> Codes { get; } = new(time, TimeSpan.FromMinutes(5), limit: 10_000);

    /// <summary>Each refresh token can be used once, and its use returns the next one.</summary>
    public Tickets<Grant> RefreshTokens { get; } = new(time, TimeSpan.FromHours(24), limit: 100_000);

    /// <summary>What a program without a browser asks with until somebody has signed in.</summary>
    public Tickets<DeviceRequest> DeviceCodes { get; } = new(time, deviceLifetime, limit: 1_000);

    /// <summary>The same requests by the short codes that people type.</summary>
    public Tickets<DeviceRequest> UserCodes { get; } = new(time, deviceLifetime, limit: 1_000, () => RandomNumberGenerator.GetString(UserCodeLetters, 8));

    /// <summary>After its session has expired, a browser shows the sign-in page again.</summary>
    public Tickets<Session> Sessions { get; } = new(time, TimeSpan.FromHours(24), limit: 10_000);
}
