namespace EngageCenter.Users;

internal static class SignIns
{
    /// <summary>
    /// Checks a sign-in before anything of it is stored. It must not be issued too far in the future, because the newest token
    /// decides and it would be the newest for a long time. Its groups must be sorted, because they are compared with a policy's
    /// in one pass.
    /// </summary>
    /// <exception cref="ArgumentException">The sign-in is invalid, or belongs to another person.</exception>
    public static void Check(this SignIn signIn, PersonId person, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        Bounds.Require(signIn.Person == person, "The sign-in is another person's.");
        Bounds.Require(
            signIn.IssuedAt >= DateTimeOffset.UnixEpoch && signIn.IssuedAt.UtcTicks % TimeSpan.TicksPerSecond == 0,
            "A token is issued at a whole second.");
        Bounds.Require(signIn.IssuedAt <= now + SignIn.MaxClockSkew, "The token was issued in the future.");
        Bounds.Require(signIn.Profile is { DisplayName.Length: <= UserProfile.MaxDisplayNameLength }, "The name is too long, or there is none.");
        Bounds.Require(signIn.Profile.Email is not { Length: > UserProfile.MaxEmailLength }, "The email is too long.");
        Bounds.Defined(signIn.Profile.UserType);
        Bounds.Require(!signIn.Groups.IsDefault && signIn.Groups.Length <= SignIn.MaxGroups, "A token has at most 200 groups.");
        Bounds.Require(!signIn.LeavesGroupsOut || signIn.Groups.IsEmpty, "A token that leaves the groups out has none.");
        for (var i = 1; i < signIn.Groups.Length; i++)
        {
            Bounds.Require(signIn.Groups[i - 1].CompareTo(signIn.Groups[i]) < 0, "Groups are sorted, and each is there once.");
        }
    }
}
