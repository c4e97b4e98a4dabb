using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using EngageCenter.Agreements;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Json;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>A workspace.</summary>
/// <param name="DefaultName">The name from the agreement.</param>
/// <param name="Status">The status of the agreement.</param>
internal sealed record WorkspaceResponse(
    string WorkspaceId,
    string Name,
    string DefaultName,
    string AgreementId,
    AgreementType AgreementType,
    AgreementStatus Status,
    DateTimeOffset CreatedAt)
{
    public static WorkspaceResponse Of(WorkspaceView view) => new(
        view.Header.WorkspaceId,
        view.Header.Name,
        view.Header.DefaultName,
        view.Header.AgreementId,
        view.Header.AgreementType,
        view.Status,
        view.Header.CreatedAt);
}

/// <summary>The person or application that made a change.</summary>
/// <param name="Id">The object id of the person or application in the tenant.</param>
internal sealed record ActorResponse(ActorKind Kind, Guid TenantId, string Id, string? DisplayName)
{
    public static ActorResponse Of(Actor actor) => new(actor.Kind, actor.TenantId, actor.Id, actor.DisplayName);
}

/// <summary>An Entra group and its roles in the workspace.</summary>
/// <param name="DisplayName">The name from the directory, if it has one.</param>
/// <param name="Status">
/// Whether the directory has the group; Unknown if there is no directory or it does not answer now.
/// </param>
/// <param name="MemberCount">The number of people in the group and in the groups inside it; absent if unknown.</param>
internal sealed record GroupResponse(
    Guid GroupId,
    string? DisplayName,
    IReadOnlyList<string> Roles,
    GroupStatus Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? MemberCount,
    ActorResponse GrantedBy,
    DateTimeOffset GrantedAt,
    DateTimeOffset UpdatedAt)
{
    public static GroupResponse Of(GroupGrant grant, GroupFacts facts) => new(
        grant.GroupId, Text.Shown(facts.DisplayName, GroupGrant.MaxDisplayNameLength) ?? grant.DisplayName, WireNames.List(grant.Roles),
        facts.Status, facts.People, ActorResponse.Of(grant.GrantedBy), grant.GrantedAt, grant.UpdatedAt);
}

/// <summary>A person in the workspace.</summary>
/// <param name="Status">Pending until the first sign-in.</param>
internal sealed record WorkspaceUserResponse(
    Guid UserId,
    Guid TenantId,
    string DisplayName,
    string? Email,
    UserType UserType,
    WorkspaceUserStatus Status,
    IReadOnlyList<HeldRoleResponse> Roles,
    IReadOnlyList<string> Permissions,
    DateTimeOffset? FirstSignInAt,
    DateTimeOffset? LastSignInAt)
{
    public static WorkspaceUserResponse Of(WorkspaceUser user) => new(
        user.Person.UserId,
        user.Person.TenantId,
        user.Profile.DisplayName,
        user.Profile.Email,
        user.Profile.UserType,
        user.Status,
        HeldRoleResponse.Of(user.Roles),
        WireNames.List(user.Permissions),
        user.FirstSignInAt,
        user.LastSignInAt);
}

/// <summary>One change to a workspace.</summary>
/// <param name="Before">The values before the change, by name: a text or a list of texts. Null if there were none.</param>
/// <param name="After">The values after the change; null if there are none.</param>
internal sealed record AuditEventResponse(
    string EventId,
    DateTimeOffset OccurredAt,
    ActorResponse Actor,
    AuditAction Action,
    AuditTargetResponse Target,
    JsonObject? Before,
    JsonObject? After)
{
    public static AuditEventResponse Of(AuditEvent recorded) => new(
        FormattableString.Invariant($"{recorded.Sequence}"),
        recorded.OccurredAt,
        ActorResponse.Of(recorded.Actor),
        recorded.Action,
        new(recorded.Target.Kind, recorded.Target.Id, recorded.Target.DisplayName),
        Values(recorded.Before),
        Values(recorded.After));

    private static JsonObject? Values(ImmutableSortedDictionary<string, ImmutableArray<string>>? values)
    {
        if (values is null)
        {
            return null;
        }

        var wire = new JsonObject();
        foreach (var (name, value) in values)
        {
            // The name says whether a value is a list, because a list may have a single entry.
            wire[name] = value.Length == 1 && name is not ("roles" or "contacts" or "accountTeam" or "packages" or "billingReaders") ? value[0] : new JsonArray([.. value.Select(v => (JsonNode)v)]);
        }

        return wire;
    }
}

internal sealed record AuditTargetResponse(AuditTargetKind Kind, string Id, string? DisplayName);
