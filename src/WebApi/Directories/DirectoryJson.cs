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
/// <param name="Status">NotConfigured: tokens alone decide.</param>
/// <param name="LastSyncedAt">When it last answered.</param>
/// <param name="BehindSeconds">For how long it has not, if it does not.</param>
/// <param name="Reason">Why not.</param>
internal sealed record DirectoryResponse(
    DirectoryStatus Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? LastSyncedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BehindSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    public static DirectoryResponse Of(DirectoryState state) => new(state.Status, state.LastAnsweredAt, (long?)state.Behind?.TotalSeconds, state.Reason);
}

/// <summary>A group of the directory.</summary>
/// <param name="Roles">Those that it holds in this workspace.</param>
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

    /// <summary>The name as it can be shown, if there is one.</summary>
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

/// <param name="Roles">Those that the group would hold, up to 10, each once; empty: none, as if its grant were taken back.</param>
internal sealed record PreviewRequest(IReadOnlyList<Roles> Roles) : IBody<PreviewRequest>;

internal sealed class PreviewValidator : RequestValidator<PreviewRequest>
{
    private const int MaxRoles = 10;

    public PreviewValidator() => RuleFor(preview => preview.Roles).Entries(0, MaxRoles).NoneTwice(role => role);
}

/// <summary>What a grant would change. Nothing is changed.</summary>
/// <param name="Epoch">The version of the access policy that it is compared with.</param>
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

/// <param name="Permissions">Those that the person would gain, or lose.</param>
internal sealed record PreviewedUserResponse(
    Guid UserId, Guid TenantId, string DisplayName, string? Email, UserType UserType, IReadOnlyList<string> Permissions)
{
    public static PreviewedUserResponse Of(PreviewedPerson person) => new(
        person.Person.UserId, person.Person.TenantId, person.Profile.DisplayName, person.Profile.Email, person.Profile.UserType, WireNames.List(person.Permissions));
}
