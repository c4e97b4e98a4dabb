using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>
/// The people of a workspace: the contacts of its contract, everybody whom the directory names in a group with roles, and
/// everybody who has signed in as a member. Keyed by the workspace's id.
/// </summary>
/// <remarks>
/// If there is a directory and the list is still being read from it for the first time, calls throw <see cref="TryLaterException"/>.
/// A call that is cancelled gives up its place in the silo's queue for scans, and ends a scan that it has started.
/// </remarks>
[GrainInterfaceType("EngageCenter.IWorkspaceUsersGrain"), Alias("EngageCenter.IWorkspaceUsersGrain")]
public interface IWorkspaceUsersGrain : IGrainWithStringKey
{
    /// <summary>
    /// Returns a page of people, ordered by display name and then by id. Throws <see cref="ListChangedException"/> if somebody
    /// was renamed since the page before. Needs ViewUserRoles. Null: decide again.
    /// </summary>
    [Alias("List")]
    Task<Page<WorkspaceUser>?> List(AccessDecision decision, WorkspaceUserQuery query, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a page of the people who have a permission, in the order of the list. All of a page is decided by one epoch. Throws
    /// <see cref="ListChangedException"/> if somebody was renamed since the page before. Needs ViewUserRoles. Null: decide again.
    /// </summary>
    [Alias("Holders")]
    Task<PermissionHolders?> Holders(AccessDecision decision, Permissions permission, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Like <see cref="Holders"/>, for an application. Null: there is no such workspace.</summary>
    /// <param name="caller">Needs <see cref="AppRoles.Evaluate"/>.</param>
    [Alias("HoldersFor")]
    Task<PermissionHolders?> HoldersFor(Actor caller, Permissions permission, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Returns one person: a page with one item, or an empty one if the person is not listed. Needs ViewUserRoles. Null: decide again.</summary>
    [Alias("Get")]
    Task<Page<WorkspaceUser>?> Get(AccessDecision decision, PersonId person);

    /// <summary>
    /// Needs ViewUserRoles. Whether the list holds <see cref="WorkspaceUser.MaxPerWorkspace"/> people who came, or as many whom the
    /// directory names, and so leaves others out. Null: decide again.
    /// </summary>
    [Alias("LeavesOut")]
    Task<bool?> LeavesOut(AccessDecision decision);

    /// <summary>
    /// Returns who would gain or lose which permissions if a group held exactly these roles. Changes nothing. Needs
    /// ManageEntraGroups. Null: decide again.
    /// </summary>
    /// <param name="roles">Roles that may be granted; None to see what happens if the grant is taken back.</param>
    [Alias("Preview")]
    Task<GroupPreview?> Preview(AccessDecision decision, Guid groupId, Roles roles, CancellationToken cancellation = default);
}

/// <summary>What a grant would change for the people whom the workspace knows.</summary>
/// <param name="Epoch">The version of the access policy that the grant is compared with.</param>
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

/// <param name="Permissions">The permissions that the person would gain or lose.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PreviewedPerson")]
public sealed record PreviewedPerson(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] Permissions Permissions);

public enum WorkspaceUserStatus
{
    /// <summary>The person has signed in.</summary>
    Active,

    /// <summary>The contract or the directory names the person, who has never signed in.</summary>
    Pending,

    /// <summary>The person's account is blocked or deleted: they hold nothing, but would hold a role if it were enabled.</summary>
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
    /// <summary>The most people in the list of one workspace, including those who no longer hold a role. Further people are not listed, but have the same rights.</summary>
    public const int MaxPerWorkspace = 250_000;
}

/// <param name="Epoch">The version of the access policy that decided.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PermissionHolders")]
public sealed record PermissionHolders(
    [property: Id(0)] Page<PersonId> People,
    [property: Id(1)] long Epoch);

/// <summary>Selects the people who match all conditions.</summary>
/// <param name="Search">Part of the name or email. Ignores case, and how accents are encoded.</param>
/// <param name="Role">Holds this role; None for all.</param>
/// <param name="UserType">Is of this type; null for all.</param>
/// <param name="Source">Holds a role from this source; with <paramref name="Role"/>, holds that role from this source.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceUserQuery")]
public sealed record WorkspaceUserQuery(
    [property: Id(0)] string? Search,
    [property: Id(1)] Roles Role,
    [property: Id(2)] WorkspaceUserStatus? Status,
    [property: Id(3)] RoleSource? Source,
    [property: Id(4)] PageRequest Page,
    [property: Id(5)] UserType? UserType = null);
