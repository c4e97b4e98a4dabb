using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>
/// The people of a workspace: its contract's contacts, everybody whom the directory names in a group with roles, and whoever came
/// as a member. Keyed by the workspace's id.
/// </summary>
/// <remarks>Where there is a directory, a list that is being read from it for the first time is a <see cref="TryLaterException"/>. A call that is cancelled gives up its place among the scans of the silo, and ends the scan that it is in.</remarks>
[GrainInterfaceType("EngageCenter.IWorkspaceUsersGrain"), Alias("EngageCenter.IWorkspaceUsersGrain")]
public interface IWorkspaceUsersGrain : IGrainWithStringKey
{
    /// <summary>
    /// Needs ViewUserRoles. Ordered by display name and then by id. A page after somebody got another name is a
    /// <see cref="ListChangedException"/>. Null: decide again.
    /// </summary>
    [Alias("List")]
    Task<Page<WorkspaceUser>?> List(AccessDecision decision, WorkspaceUserQuery query, CancellationToken cancellation = default);

    /// <summary>
    /// Who of the list has a permission, in the list's order. Needs ViewUserRoles. All of a page is of one epoch; a page after
    /// somebody got another name is a <see cref="ListChangedException"/>. Null: decide again.
    /// </summary>
    [Alias("Holders")]
    Task<PermissionHolders?> Holders(AccessDecision decision, Permissions permission, PageRequest page, CancellationToken cancellation = default);

    /// <summary>The same for an application. Null: there is no such workspace.</summary>
    /// <param name="caller">Needs <see cref="AppRoles.Evaluate"/>.</param>
    [Alias("HoldersFor")]
    Task<PermissionHolders?> HoldersFor(Actor caller, Permissions permission, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Needs ViewUserRoles. A page of one or none. Null: decide again.</summary>
    [Alias("Get")]
    Task<Page<WorkspaceUser>?> Get(AccessDecision decision, PersonId person);

    /// <summary>
    /// Needs ManageEntraGroups. Which of the people would gain or lose which permissions if a group held exactly these roles.
    /// Nothing is changed. Null: decide again.
    /// </summary>
    /// <param name="roles">Those that may be granted; None: the group's grant is taken back.</param>
    [Alias("Preview")]
    Task<GroupPreview?> Preview(AccessDecision decision, Guid groupId, Roles roles, CancellationToken cancellation = default);
}

/// <summary>What a grant would change, for the people that the workspace knows of.</summary>
/// <param name="Epoch">The version of the access policy that it is compared with.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupPreview")]
public sealed record GroupPreview(
    [property: Id(0)] long Epoch,
    [property: Id(1)] PreviewedChange Gains,
    [property: Id(2)] PreviewedChange Loses);

/// <param name="Count">How many people.</param>
/// <param name="People">The first of them by name, at most <see cref="MaxPeople"/>.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PreviewedChange")]
public sealed record PreviewedChange(
    [property: Id(0)] int Count,
    [property: Id(1)] ImmutableArray<PreviewedPerson> People)
{
    public const int MaxPeople = 100;
}

/// <param name="Permissions">Those that the person would gain, or lose.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PreviewedPerson")]
public sealed record PreviewedPerson(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] Permissions Permissions);

public enum WorkspaceUserStatus
{
    /// <summary>Has signed in.</summary>
    Active,

    /// <summary>Named by the contract or by the directory, and never signed in.</summary>
    Pending,

    /// <summary>Their account is blocked or deleted: they hold nothing, and would hold something if it were enabled.</summary>
    Blocked,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceUser")]
public sealed record WorkspaceUser(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] WorkspaceUserStatus Status,
    [property: Id(3)] ImmutableArray<HeldRole> Roles,
    [property: Id(4)] Permissions Permissions,
    [property: Id(5)] DateTimeOffset? FirstSignInAt,
    [property: Id(6)] DateTimeOffset? LastSignInAt)
{
    /// <summary>People who came to one workspace, with those who hold no role any more. More are not listed; their rights are the same.</summary>
    public const int MaxPerWorkspace = 250_000;
}

/// <param name="Epoch">The version of the access policy that decided.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PermissionHolders")]
public sealed record PermissionHolders(
    [property: Id(0)] Page<PersonId> People,
    [property: Id(1)] long Epoch);

/// <summary>Only those whom all of it matches.</summary>
/// <param name="Search">Part of the name or email, insensitive to case and to how accents are encoded.</param>
/// <param name="Role">Holds this role; None for all.</param>
/// <param name="UserType">Is of this type.</param>
/// <param name="Source">Holds a role by this; together with <paramref name="Role"/>, that role by this.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceUserQuery")]
public sealed record WorkspaceUserQuery(
    [property: Id(0)] string? Search,
    [property: Id(1)] Roles Role,
    [property: Id(2)] WorkspaceUserStatus? Status,
    [property: Id(3)] RoleSource? Source,
    [property: Id(4)] PageRequest Page,
    [property: Id(5)] UserType? UserType = null);
