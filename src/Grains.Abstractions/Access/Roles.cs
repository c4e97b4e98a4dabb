namespace EngageCenter.Access;

/// <summary>The roles of a workspace. A value holds any number of them; <see cref="RoleTable"/> says what each means.</summary>
/// <remarks>The numbers are stored and cross the wire, so they never change.</remarks>
[Flags]
public enum Roles : ushort
{
    None = 0,
    CustomerSuccessAccountManager = 1 << 0,
    CustomerSupportManager = 1 << 1,
    IncidentManager = 1 << 2,
    User = 1 << 3,
    Administrator = 1 << 4,
    UserAccessAdministrator = 1 << 5,
    AssessmentUser = 1 << 6,
    CustomerContractManager = 1 << 7,
    LearningUser = 1 << 8,
    SupportUser = 1 << 9,
}

/// <summary>On which side the people who hold a role are.</summary>
public enum RoleOrigin
{
    Microsoft,
    Customer,
}

/// <summary>How a person comes to hold a role.</summary>
public enum RoleAssignment
{
    /// <summary>Only as a contact of the agreement.</summary>
    Contract,

    /// <summary>As a member of an Entra group that the role was granted to.</summary>
    EntraGroup,

    /// <summary>Together with any other role. A group may be granted it as well.</summary>
    Default,
}
