namespace EngageCenter.Access;

/// <summary>What a person may do in one workspace. A value holds any number of them.</summary>
/// <remarks>The names are those of the HTTP contract; the numbers are stored and cross the wire, so they never change.</remarks>
[Flags]
public enum Permissions : ushort
{
    None = 0,
    ViewCustomerActivity = 1 << 0,
    RenameSpace = 1 << 1,
    ManageEntraGroups = 1 << 2,
    ViewEntraGroups = 1 << 3,
    ViewUserRoles = 1 << 4,
    AccessAssessments = 1 << 5,
    ManageAssessments = 1 << 6,
    AccessLearning = 1 << 7,
    ViewSupportInsights = 1 << 8,
}
