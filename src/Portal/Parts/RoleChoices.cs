using EngageCenter.Client.Models;
using static EngageCenter.Portal.Texts;

namespace EngageCenter.Portal.Parts;

/// <summary>The roles and permissions as filters and forms show them.</summary>
internal static class RoleChoices
{
    /// <summary>Every role.</summary>
    public static IReadOnlyList<string> All { get; } = Enum.GetNames<Roles>();

    /// <summary>Returns a permission in words.</summary>
    public static string Named(string permission) => T(Show.Words(permission).Replace("entra groups", "Entra groups", StringComparison.Ordinal));

    /// <summary>Returns what a permission gives access to.</summary>
    public static string Opens(string permission) => permission switch
    {
        "ViewCustomerActivity" => T("See activities and what the contract has delivered"),
        "RenameSpace" => T("Rename the workspace"),
        "ManageEntraGroups" => T("Add, change and remove groups"),
        "ViewEntraGroups" => T("See the groups that hold roles"),
        "ViewUserRoles" => T("See who holds which roles"),
        "AccessAssessments" => T("Read and start assessments"),
        "ManageAssessments" => T("Set assessments up"),
        "AccessLearning" => T("Take courses"),
        "ViewSupportInsights" => T("See support insights and cases"),
        _ => Named(permission),
    };
}
