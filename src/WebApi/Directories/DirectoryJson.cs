using System.ComponentModel;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Directories;

/// <summary>Whether the directory of the organization's tenant answers.</summary>
/// <param name="Status">NotConfigured: there is no directory, and tokens alone decide.</param>
/// <param name="LastSyncedAt">When the directory last answered.</param>
/// <param name="BehindSeconds">How long the directory has not answered, if it does not answer.</param>
/// <param name="Reason">Why the directory does not answer.</param>
/// <param name="PeopleLeftOut">Whether the workspace's list of people has its 250,000, and so leaves others out. Their rights are not affected.</param>
internal sealed record DirectoryResponse(
    DirectoryStatus Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? LastSyncedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BehindSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    bool PeopleLeftOut)
{
    public static DirectoryResponse Of(DirectoryState state, bool leavesOut) =>
        new(state.Status, state.LastAnsweredAt, (long?)state.Behind?.TotalSeconds, state.Reason, leavesOut);
}

/// <summary>A group in the directory.</summary>
/// <param name="Roles">The roles that it holds in this workspace.</param>
internal sealed record DirectoryGroupResponse(
    Guid GroupId,
    string DisplayName,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description,
    IReadOnlyList<string> Roles)
{
    public static DirectoryGroupResponse Of(FoundGroup found) => new(
        found.Group.GroupId,
        NameOf(found.Group) ?? found.Group.GroupId.ToString("D"),
        Text.Shown(found.Group.Description, MaxDescriptionLength),
        WireNames.List(found.Roles));

    /// <summary>Returns the group's name if it can be shown; otherwise null.</summary>
    public static string? NameOf(DirectoryGroup group) => Text.Shown(group.DisplayName, GroupGrant.MaxDisplayNameLength);

    private const int MaxDescriptionLength = 1024;
}

internal sealed record DirectoryGroupListQuery(
    [property: Description("What the display name begins with, or the object id.")] string? Search,
    int? PageSize, Cursor? Cursor) : IQuery<DirectoryGroupListQuery>, IPaged;

internal sealed class DirectoryGroupListValidator : PagedValidator<DirectoryGroupListQuery>
{
    public DirectoryGroupListValidator() => RuleFor(query => query.Search).Text(Queries.MaxTextLength);
}

/// <param name="Roles">The roles that the group would hold, up to 10, each once. Empty means that its grant is taken back.</param>
internal sealed record PreviewRequest(IReadOnlyList<Roles> Roles) : IBody<PreviewRequest>;

internal sealed class PreviewValidator : RequestValidator<PreviewRequest>
{
    private const int MaxRoles = 10;

    public PreviewValidator() => RuleFor(preview => preview.Roles).Entries(0, MaxRoles).NoneTwice(role => role);
}

/// <summary>What a grant would change. The request changes nothing.</summary>
/// <param name="Epoch">The version of the access policy that the grant is compared with.</param>
internal sealed record PreviewResponse(long Epoch, PreviewedChangeResponse Gains, PreviewedChangeResponse Loses)
{
    public static PreviewResponse Of(GroupPreview preview) => new(preview.Epoch, PreviewedChangeResponse.Of(preview.Gains), PreviewedChangeResponse.Of(preview.Loses));
}

/// <param name="Count">How many people.</param>
/// <param name="Users">The first 100 of them by name.</param>
internal sealed record PreviewedChangeResponse(int Count, IReadOnlyList<PreviewedUserResponse> Users)
{
    public static PreviewedChangeResponse Of(PreviewedChange change) => new(change.Count, [.. change.People.Select(PreviewedUserResponse.Of)]);
}

/// <param name="Permissions">The permissions that the person would gain or lose.</param>
internal sealed record PreviewedUserResponse(
    Guid UserId, Guid TenantId, string DisplayName, string? Email, UserType UserType, IReadOnlyList<string> Permissions)
{
    public static PreviewedUserResponse Of(PreviewedPerson person) => new(
        person.Person.UserId, person.Person.TenantId, person.Profile.DisplayName, person.Profile.Email, person.Profile.UserType, WireNames.List(person.Permissions));
}
