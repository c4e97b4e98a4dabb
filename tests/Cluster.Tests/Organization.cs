using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>A directory with a manager, and with a group of as many members as a test needs.</summary>
internal sealed record Organization(int Members)
{
    public const string Tenant = "c0000000-0000-4000-8000-000000000000";
    public const string Manager = "manager@contoso.example";
    public const string ManagerId = "c0000000-0000-4000-8000-000000000101";
    public const string Group = "c0000000-0000-4000-8000-000000000206";
    public const string Application = "engage-center-automation";
    public const string Secret = "local-development-only";

    public static string Member(int n) => $"member-{n}@contoso.example";

    /// <summary>The directory in LocalEntra's format.</summary>
    public JsonObject Directory() => new()
    {
        ["tenants"] = new JsonArray(new JsonObject
        {
            ["tenantId"] = Tenant,
            ["displayName"] = "Contoso",
            ["users"] = new JsonArray([User(ManagerId, Manager), .. Enumerable.Range(0, Members).Select(n => User(MemberId(n), Member(n)))]),
            ["groups"] = new JsonArray(new JsonObject
            {
                ["id"] = Group,
                ["displayName"] = "Members",
                ["members"] = new JsonArray([.. Enumerable.Range(0, Members).Select(n => JsonValue.Create(MemberId(n)))]),
            }),
        }),
        ["applications"] = new JsonArray(new JsonObject
        {
            ["clientId"] = Application,
            ["clientSecret"] = Secret,
            ["appRoles"] = new JsonArray("Agreements.ReadWrite.All", "SupportCases.ReadWrite.All", "Dashboard.Read.All"),
        }),
    };

    private static string MemberId(int n) => $"c0000000-0000-4000-9000-{n:D12}";

    private static JsonObject User(string id, string name) => new()
    {
        ["id"] = id,
        ["displayName"] = name,
        ["userPrincipalName"] = name,
        ["mail"] = name,
        ["userType"] = "Member",
    };
}
