using System.ComponentModel;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Users;

/// <summary>The caller.</summary>
internal sealed record MeResponse(
    Guid UserId, Guid TenantId, string DisplayName, string? Email, UserType UserType, string? LastAccessedWorkspaceId)
{
    public static MeResponse Of(Me me) => new(
        me.Person.UserId, me.Person.TenantId, me.Profile.DisplayName, me.Profile.Email, me.Profile.UserType, me.LastAccessedWorkspaceId);
}

/// <summary>A workspace in the caller's switcher.</summary>
/// <param name="HasBeenAccessed">False for a workspace that was never opened; clients show it in bold.</param>
internal sealed record UserWorkspaceResponse(
    string WorkspaceId,
    string Name,
    AgreementType AgreementType,
    IReadOnlyList<string> Roles,
    IReadOnlyList<string> Permissions,
    bool HasBeenAccessed,
    DateTimeOffset? LastAccessedAt,
    bool IsCurrent)
{
    public static UserWorkspaceResponse Of(UserWorkspace item) => new(
        item.Workspace.WorkspaceId,
        item.Workspace.Name,
        item.Workspace.AgreementType,
        WireNames.List(item.Roles),
        WireNames.List(item.Permissions),
        item.LastAccessedAt is not null,
        item.LastAccessedAt,
        item.IsCurrent);
}

/// <summary>Where the caller lands.</summary>
/// <param name="WorkspaceId">Null if the caller is not a member of any workspace.</param>
internal sealed record CurrentWorkspaceResponse(string? WorkspaceId);

internal sealed record SwitcherQuery(
    [property: Description("Part of the name, case-insensitively.")] string? Search,
    int? PageSize, Cursor? Cursor) : IQuery<SwitcherQuery>, IPaged;

internal sealed class SwitcherQueryValidator : PagedValidator<SwitcherQuery>
{
    public SwitcherQueryValidator() => RuleFor(query => query.Search).Text(Queries.MaxTextLength);
}

internal sealed record SwitchRequest(string WorkspaceId) : IBody<SwitchRequest>;

internal sealed class SwitchValidator : RequestValidator<SwitchRequest>
{
    public SwitchValidator() => RuleFor(request => request.WorkspaceId).Text(100);
}
