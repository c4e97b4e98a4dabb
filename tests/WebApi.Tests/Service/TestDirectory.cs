using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>The tenants of the tests: a customer with a person for every role, another customer, and Microsoft.</summary>
internal static class TestDirectory
{
    public const string Contoso = "c0000000-0000-4000-8000-000000000000";
    public const string Fabrikam = "f0000000-0000-4000-8000-000000000000";
    public const string Microsoft = "d0000000-0000-4000-8000-000000000000";

    /// <summary>A tenant that no agreement of any test names. It has the same people as Fabrikam.</summary>
    public const string Nowhere = "90000000-0000-4000-8000-000000000000";

    /// <summary>A tenant that the agreement of one test names later.</summary>
    public const string Newcomers = "91000000-0000-4000-8000-000000000000";

    public const string Automation = "automation";
    public const string Powerless = "powerless";
    public const string Operator = "operator";
    public const string Secret = "secret";

    /// <summary>A person in more groups than a token holds.</summary>
    public const string Overage = "overage";

    /// <summary>A person in no group.</summary>
    public const string Outsider = "outsider";

    private const int Spares = 100;

    public static IReadOnlyList<string> AppRoles { get; } =
        ["Agreements.ReadWrite.All", "SupportCases.ReadWrite.All", "CustomerActivity.ReadWrite.All", "Assessments.ReadWrite.All", "Learning.ReadWrite.All", "Access.Evaluate.All"];

    /// <summary>Returns the person who holds only this role, besides User, in the shared workspace.</summary>
    public static string PersonOf(Roles role) => $"{role}".ToLowerInvariant();

    public static Guid UserId(string person) => Id(1, person);

    public static Guid GroupId(Roles role) => Id(2, $"{role}");

    /// <summary>Returns a group that nothing else uses.</summary>
    public static Guid SpareGroup(int n) => Id(3, $"{n}");

    /// <summary>Returns a person, only in Contoso, who is in no group until a test adds them to one.</summary>
    public static string Spare(int n) => n < Spares ? $"spare{n}" : throw new ArgumentOutOfRangeException(nameof(n), n, "There are not that many.");

    /// <summary>Returns a group of Contoso without members.</summary>
    public static Guid Team(int n) => n < Spares ? Id(4, $"{n}") : throw new ArgumentOutOfRangeException(nameof(n), n, "There are not that many.");

    public static string Upn(string person) => $"{person}@contoso.example";

    public static string Json()
    {
        var people = RoleTable.All.Select(d => PersonOf(d.Role)).Concat([Outsider, Overage]).ToList();
        var groups = RoleTable.All.Where(d => (RoleTable.Assignable & d.Role) != 0).Select(d => d.Role).ToList();
        var spares = Enumerable.Range(0, Spares).ToList();
        var many = Enumerable.Range(0, 201).ToList();
        return new JsonObject
        {
            ["tenants"] = new JsonArray(
                Tenant(Contoso, "Contoso", people.Concat(spares.Select(Spare)),
                [
                    .. groups.Select(r => Group(GroupId(r), $"{r}s", UserId(PersonOf(r)))),
                    .. spares.Select(n => Group(Team(n), $"Team {n}")),
                    .. many.Select(n => Group(SpareGroup(n), $"Group {n}", UserId(Overage))),
                ]),
                Tenant(Fabrikam, "Fabrikam", [Outsider], [Group(GroupId(Roles.Administrator), "Namesake", UserId(Outsider))]),
                Tenant(Nowhere, "Nowhere", [Outsider], [Group(GroupId(Roles.Administrator), "Namesake", UserId(Outsider))]),
                Tenant(Newcomers, "Newcomers", [Outsider], []),
                Tenant(Microsoft, "Microsoft", people, [])),
            ["applications"] = new JsonArray(
                new JsonObject { ["clientId"] = Automation, ["clientSecret"] = Secret, ["appRoles"] = new JsonArray([.. AppRoles.Select(r => JsonValue.Create(r))]) },
                new JsonObject { ["clientId"] = Powerless, ["clientSecret"] = Secret, ["appRoles"] = new JsonArray() },
                new JsonObject { ["clientId"] = Operator, ["clientSecret"] = Secret, ["appRoles"] = new JsonArray("Dashboard.Read.All") }),
        }.ToJsonString();
    }

    private static JsonObject Tenant(string id, string name, IEnumerable<string> people, IEnumerable<JsonObject> groups) => new()
    {
        ["tenantId"] = id,
        ["displayName"] = name,
        ["users"] = new JsonArray([.. people.Select(p => new JsonObject
        {
            ["id"] = UserId(p).ToString(),
            ["displayName"] = p,
            ["userPrincipalName"] = Upn(p),
            ["mail"] = $"{p}@{name.ToLowerInvariant()}.example",
            ["userType"] = "Member",
        })]),
        ["groups"] = new JsonArray([.. groups]),
    };

    private static JsonObject Group(Guid id, string name, params Guid[] members) => new()
    {
        ["id"] = id.ToString(),
        ["displayName"] = name,
        ["members"] = new JsonArray([.. members.Select(m => JsonValue.Create(m.ToString()))]),
    };

    private static Guid Id(int kind, string name)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{kind}/{name}"));
        return new Guid(hash.AsSpan(0, 16));
    }
}
