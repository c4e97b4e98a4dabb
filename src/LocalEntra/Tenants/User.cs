namespace EngageCenter.LocalEntra.Tenants;

internal enum UserType
{
    Member,
    Guest,
}

internal sealed record User(Guid Id, string DisplayName, string UserPrincipalName, string? Mail, UserType UserType, string? Password, bool AccountEnabled = true)
{
    /// <summary>Someone without a password in the directory may give any, or none.</summary>
    public bool Accepts(string? password) => Password is null || (password is not null && Secret.Same(password, Password));
}
