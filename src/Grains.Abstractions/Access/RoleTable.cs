using System.Collections.Immutable;
using static EngageCenter.Access.Permissions;

namespace EngageCenter.Access;

/// <summary>A role: its name, who can hold it, and what it allows.</summary>
public sealed record RoleDefinition(
    Roles Role,
    RoleAssignment Assignment,
    RoleOrigin Origin,
    Permissions Permissions,
    string DisplayName,
    string Definition);

/// <summary>The whole authorization policy of a workspace. Nothing is allowed beyond this table.</summary>
public static class RoleTable
{
    public static ImmutableArray<RoleDefinition> All { get; } =
    [
        new(Roles.CustomerSuccessAccountManager, RoleAssignment.Contract, RoleOrigin.Microsoft,
            ViewCustomerActivity | ViewEntraGroups | ViewUserRoles | AccessAssessments | ManageAssessments | AccessLearning | ViewSupportInsights,
            "Customer Success Account Manager",
            "Microsoft's account manager for the agreement: sees all of the workspace and manages its assessments."),
        new(Roles.CustomerSupportManager, RoleAssignment.Contract, RoleOrigin.Customer,
            ViewCustomerActivity | RenameSpace | ManageEntraGroups | ViewEntraGroups | ViewUserRoles | ViewSupportInsights,
            "Customer Support Manager",
            "The customer's manager of the agreement: names the workspace and hands out its roles."),
        new(Roles.IncidentManager, RoleAssignment.Contract, RoleOrigin.Microsoft,
            ViewSupportInsights,
            "Incident Manager",
            "Microsoft's manager of support incidents."),
        new(Roles.User, RoleAssignment.Default, RoleOrigin.Customer,
            ViewUserRoles | ViewEntraGroups,
            "User",
            "Every member of the workspace."),
        new(Roles.Administrator, RoleAssignment.EntraGroup, RoleOrigin.Customer,
            ViewCustomerActivity | RenameSpace | ManageEntraGroups | ViewSupportInsights,
            "Administrator",
            "Administers the workspace for the customer."),
        new(Roles.UserAccessAdministrator, RoleAssignment.EntraGroup, RoleOrigin.Customer,
            ManageEntraGroups,
            "User Access Administrator",
            "Hands out the roles of the workspace, and sees none of its data by that."),
        new(Roles.AssessmentUser, RoleAssignment.EntraGroup, RoleOrigin.Customer,
            AccessAssessments,
            "Assessment User",
            "Reads and runs assessments."),
        new(Roles.CustomerContractManager, RoleAssignment.EntraGroup, RoleOrigin.Customer,
            ViewCustomerActivity | ViewSupportInsights,
            "Customer Contract Manager",
            "Follows what the contract delivers."),
        new(Roles.LearningUser, RoleAssignment.EntraGroup, RoleOrigin.Customer,
            AccessLearning,
            "Learning User",
            "Takes courses."),
        new(Roles.SupportUser, RoleAssignment.EntraGroup, RoleOrigin.Customer,
            ViewSupportInsights,
            "Support User",
            "Follows support cases."),
    ];

    /// <summary>The roles that only the agreement gives.</summary>
    public static Roles Contract { get; } = Where(RoleAssignment.Contract);

    /// <summary>The roles that an Entra group may be granted: all that the contract does not give.</summary>
    public static Roles Assignable { get; } = Where(RoleAssignment.EntraGroup) | Where(RoleAssignment.Default);

    /// <summary>Returns what the roles allow together. Default deny: no role, or an unknown one, allows nothing.</summary>
    public static Permissions PermissionsOf(Roles roles)
    {
        var permissions = None;
        foreach (var definition in All)
        {
            if ((roles & definition.Role) != 0)
            {
                permissions |= definition.Permissions;
            }
        }

        return permissions;
    }

    private static Roles Where(RoleAssignment assignment) =>
        All.Where(d => d.Assignment == assignment).Aggregate(Roles.None, (roles, d) => roles | d.Role);
}
