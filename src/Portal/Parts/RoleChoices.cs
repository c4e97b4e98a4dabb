using EngageCenter.Client.Models;

namespace EngageCenter.Portal.Parts;

/// <summary>The roles, as filters and forms offer them.</summary>
internal static class RoleChoices
{
    /// <summary>Every role.</summary>
    public static IReadOnlyList<string> All { get; } = Enum.GetNames<Roles>();

    /// <summary>A permission as words.</summary>
    public static string Named(string permission) => Show.Words(permission).Replace("entra groups", "Entra groups", StringComparison.Ordinal);

    /// <summary>The permissions that roles consist of, each with what it opens.</summary>
    public static string Opens(string permission) => permission switch
    {
        "ViewCustomerActivity" => "See activities and what the contract has delivered",
        "RenameSpace" => "Rename the workspace",
        "ManageEntraGroups" => "Add, change and remove groups",
        "ViewEntraGroups" => "See the groups that hold roles",
        "ViewUserRoles" => "See who holds which roles",
        "AccessAssessments" => "Read and start assessments",
        "ManageAssessments" => "Set assessments up",
        "AccessLearning" => "Take courses",
        "ViewSupportInsights" => "See support insights and cases",
        _ => Show.Words(permission),
    };
}
