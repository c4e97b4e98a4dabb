using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;

namespace EngageCenter.Workspaces;

/// <summary>The roles of one Entra group in one workspace.</summary>
/// <param name="GrantedBy">Who granted the group its first role.</param>
/// <param name="Version">Changes with the grant; the source of its ETag.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupGrant")]
public sealed record GroupGrant(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] string? DisplayName,
    [property: Id(2)] Roles Roles,
    [property: Id(3)] Actor GrantedBy,
    [property: Id(4)] DateTimeOffset GrantedAt,
    [property: Id(5)] DateTimeOffset UpdatedAt,
    [property: Id(6)] long Version)
{
    public const int MaxDisplayNameLength = 256;

    /// <summary>The most groups with a grant in one workspace.</summary>
    public const int MaxPerWorkspace = 1_000;
}

/// <param name="Search">Part of the display name or id. Ignores case, and how accents are encoded.</param>
/// <param name="Role">Only groups with this role; None for all.</param>
/// <param name="Only">Only these groups, sorted; default for all.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupQuery")]
public sealed record GroupQuery(
    [property: Id(0)] string? Search,
    [property: Id(1)] Roles Role,
    [property: Id(2)] PageRequest Page,
    [property: Id(3)] ImmutableArray<Guid> Only = default);

/// <param name="DisplayName">The name to show; null keeps the known one.</param>
/// <param name="Roles">At least one.</param>
/// <param name="Condition">Puts only if the grant still has this version.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutGroup")]
public sealed record PutGroup(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] string? DisplayName,
    [property: Id(2)] Roles Roles,
    [property: Id(3)] IfMatch? Condition);

[GenerateSerializer, Immutable, Alias("EngageCenter.DeleteGroup")]
public sealed record DeleteGroup(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] IfMatch? Condition);

public enum PutGroupStatus
{
    Created,
    Updated,
    DecideAgain,
    VersionMismatch,

    /// <summary>The role is a contract role, which only the agreement gives.</summary>
    RoleNotAssignable,

    /// <summary>The workspace has <see cref="GroupGrant.MaxPerWorkspace"/> groups.</summary>
    TooManyGroups,

    /// <summary>The group holds roles in 5,000 workspaces.</summary>
    TooManyWorkspaces,

    /// <summary>The organization's tenant has 10,000 groups that hold roles.</summary>
    TooManyGroupsInTenant,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.PutGroupOutcome")]
public sealed record PutGroupOutcome(
    [property: Id(0)] PutGroupStatus Status,
    [property: Id(1)] GroupGrant? Grant = null);

public enum DeleteGroupStatus
{
    /// <summary>There is no grant now; perhaps there was none before.</summary>
    Deleted,
    DecideAgain,
    VersionMismatch,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.DeleteGroupOutcome")]
public sealed record DeleteGroupOutcome(
    [property: Id(0)] DeleteGroupStatus Status);
