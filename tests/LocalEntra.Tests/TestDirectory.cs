namespace EngageCenter.LocalEntra.Tests;

/// <summary>
/// A small directory for tests: two tenants, a nested group, groups in a cycle, a guest, and a person with a password.
/// </summary>
internal static class TestDirectory
{
    public const string Contoso = "10000000-0000-4000-8000-000000000000";
    public const string Fabrikam = "20000000-0000-4000-8000-000000000000";

    public const string Ann = "10000000-0000-4000-8000-000000000001";
    public const string Bob = "10000000-0000-4000-8000-000000000002";
    public const string Guy = "10000000-0000-4000-8000-000000000003";
    public const string Eve = "20000000-0000-4000-8000-000000000001";

    /// <summary>The same object id in both tenants: tenant and id together identify a person.</summary>
    public const string Twin = "30000000-0000-4000-8000-000000000001";

    public const string Outer = "10000000-0000-4000-8000-00000000000a";
    public const string Inner = "10000000-0000-4000-8000-00000000000b";
    public const string Circle = "10000000-0000-4000-8000-00000000000c";
    public const string Empty = "10000000-0000-4000-8000-00000000000d";
    public const string Foreign = "20000000-0000-4000-8000-00000000000a";

    /// <summary>An application with a secret that signs people in.</summary>
    public const string Web = "40000000-0000-4000-8000-000000000001";
    public const string WebSecret = "s3cret:/+ %";

    /// <summary>A public client.</summary>
    public const string Native = "40000000-0000-4000-8000-000000000002";

    public static object Value { get; } = new
    {
        tenants = new object[]
        {
            new
            {
                tenantId = Contoso,
                displayName = "Contoso",
                users = new object[]
                {
                    new { id = Ann, displayName = "Ann Archer", userPrincipalName = "ann@contoso.example", mail = "ann.archer@contoso.example", userType = "Member" },
                    new { id = Bob, displayName = "Bob Baker", userPrincipalName = "bob@contoso.example", userType = "Member", password = "correct horse" },
                    new { id = Guy, displayName = "Guy Guest", userPrincipalName = "guy_fabrikam.example#EXT#@contoso.example", mail = "guy@fabrikam.example", userType = "Guest" },
                    new { id = Twin, displayName = "Twin in Contoso", userPrincipalName = "twin@contoso.example" },
                },
                groups = new object[]
                {
                    new { id = Outer, displayName = "Outer", members = new[] { Inner, Bob } },
                    new { id = Inner, displayName = "Inner", members = new[] { Circle } },
                    new { id = Circle, displayName = "Circle", members = new[] { Ann, Outer } },
                    new { id = Empty, displayName = "Empty", members = Array.Empty<string>() },
                },
            },
            new
            {
                tenantId = Fabrikam,
                displayName = "Fabrikam",
                users = new object[]
                {
                    new { id = Eve, displayName = "Eve Evans", userPrincipalName = "eve@fabrikam.example", userType = "Member" },
                    new { id = Twin, displayName = "Twin in Fabrikam", userPrincipalName = "twin@fabrikam.example" },
                },
                groups = new object[] { new { id = Foreign, displayName = "Foreign", members = new[] { Eve } } },
            },
        },
        applications = new object[]
        {
            new { clientId = "automation", clientSecret = "s3cret:/+ %", appRoles = new[] { "Agreements.ReadWrite.All", "Learning.ReadWrite.All" } },
            new { clientId = "powerless", clientSecret = "s3cret" },
            new { clientId = Web, displayName = "Web & <b>more</b>", clientSecret = WebSecret, redirectUris = new[] { "http://127.0.0.1/signin-oidc", "http://127.0.0.1/signout-callback-oidc" } },
            new { clientId = Native, redirectUris = new[] { "http://localhost", "http://127.0.0.1/other" } },
        },
    };
}
