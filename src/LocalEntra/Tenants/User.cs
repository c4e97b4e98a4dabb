namespace EngageCenter.LocalEntra.Tenants;

internal enum UserType
{
    Member,
    Guest,
}

internal sealed record User(Guid Id, string DisplayName, string UserPrincipalName, string? Mail, UserType UserType, string? Password, bool AccountEnabled = true)
{
    /// <summary>
    /// Returns whether the password is right. For a person without a password in the directory, any password or none is.
    /// </summary>
    public bool Accepts(string? password) => Password is null || (password is not null && Secret.Same(password, Password));
}
