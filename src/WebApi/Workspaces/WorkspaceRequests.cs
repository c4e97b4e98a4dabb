using System.ComponentModel;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

/// <param name="Name">1 to 100 characters after trimming, no control characters.</param>
internal sealed record RenameRequest(string Name) : IBody<RenameRequest>;

internal sealed class RenameValidator : RequestValidator<RenameRequest>
{
    public RenameValidator() => RuleFor(rename => rename.Name).Text(WorkspaceHeader.MaxNameLength);
}

/// <param name="DisplayName">At most 256 characters; if absent, the known name stays.</param>
/// <param name="Roles">1 to 10 roles, without repetition.</param>
internal sealed record PutGroupRequest(string? DisplayName, IReadOnlyList<Roles> Roles) : IBody<PutGroupRequest>;

internal sealed class PutGroupValidator : RequestValidator<PutGroupRequest>
{
    private const int MaxRoles = 10;

    public PutGroupValidator()
    {
        RuleFor(grant => grant.DisplayName).Text(GroupGrant.MaxDisplayNameLength);
        RuleFor(grant => grant.Roles).Entries(1, MaxRoles).NoneTwice(role => role);
    }
}

internal sealed record GroupListQuery(
    [property: Description("Only groups whose display name or id contains this text, case-insensitively.")] string? Search,
    [property: Description("Only groups with this role.")] Roles? Role,
    [property: Description("Only groups with this status.")] GroupStatus? Status,
    int? PageSize, Cursor? Cursor) : IQuery<GroupListQuery>, IPaged;

internal sealed class GroupListValidator : PagedValidator<GroupListQuery>
{
    public GroupListValidator() => RuleFor(query => query.Search).Text(Queries.MaxTextLength);
}

internal sealed record AuditStreamQuery(
    [property: Description("The id of the event after which the stream starts; 0, the default, starts with the first event.")] int? After,
    [property: Description("Whether to continue with new events (the default); if false, the stream ends after the newest event.")] bool? Live)
    : IQuery<AuditStreamQuery>;

internal sealed record WorkspaceUserListQuery(
    [property: Description("Only people whose name or email contains this text, case-insensitively.")] string? Search,
    [property: Description("Only people with this role.")] Roles? Role,
    [property: Description("Only people with this status.")] WorkspaceUserStatus? Status,
    [property: Description("Only people of this type.")] UserType? UserType,
    [property: Description("Only people with a role from this source; together with 'role', with that role from this source.")] RoleSource? Source,
    int? PageSize, Cursor? Cursor) : IQuery<WorkspaceUserListQuery>, IPaged;

internal sealed class WorkspaceUserListValidator : PagedValidator<WorkspaceUserListQuery>
{
    public WorkspaceUserListValidator() => RuleFor(query => query.Search).Text(Queries.MaxTextLength);
}
