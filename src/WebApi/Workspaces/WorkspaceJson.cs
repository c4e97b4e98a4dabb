using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Users;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Activities;
using EngageCenter.WebApi.Agreements;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Support;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>A workspace.</summary>
/// <param name="DefaultName">What the agreement calls it.</param>
/// <param name="Status">That of its agreement.</param>
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

/// <summary>Who did something.</summary>
/// <param name="Id">The object id of the person or application in the tenant.</param>
internal sealed record ActorResponse(ActorKind Kind, Guid TenantId, string Id, string? DisplayName)
{
    public static ActorResponse Of(Actor actor) => new(actor.Kind, actor.TenantId, actor.Id, actor.DisplayName);
}

/// <summary>An Entra group and its roles in the workspace.</summary>
internal sealed record GroupResponse(
    Guid GroupId, string? DisplayName, IReadOnlyList<string> Roles, ActorResponse GrantedBy, DateTimeOffset GrantedAt, DateTimeOffset UpdatedAt)
{
    public static GroupResponse Of(GroupGrant grant) => new(
        grant.GroupId, grant.DisplayName, WireNames.List(grant.Roles), ActorResponse.Of(grant.GrantedBy), grant.GrantedAt, grant.UpdatedAt);
}

/// <summary>A person of the workspace.</summary>
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
/// <param name="Before">The values that it had, by name: text, or a list of text. Null where there was nothing.</param>
/// <param name="After">The values that it has; null where there is nothing.</param>
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
            // A list is one by what it is called, also while it has a single entry.
            wire[name] = value.Length == 1 && name is not ("roles" or "contacts" or "accountTeam" or "packages" or "billingReaders") ? value[0] : new JsonArray([.. value.Select(v => (JsonNode)v)]);
        }

        return wire;
    }
}

internal sealed record AuditTargetResponse(AuditTargetKind Kind, string Id, string? DisplayName);

/// <summary>A workspace's home page for one of its members. A part that the caller may not see is absent.</summary>
/// <param name="Workspace">Null only on the landing page of a caller to whom no workspace is open.</param>
/// <param name="QuickLinks">Only to what the caller may open. There with the workspace.</param>
/// <param name="Capabilities">The names of what the caller may do here, in ordinal order. There with the workspace.</param>
/// <param name="SupportInsights">The totals of the last six months. ViewSupportInsights.</param>
/// <param name="CustomerActivity">The totals of the proof of execution. ViewCustomerActivity.</param>
/// <param name="Assessments">Technologies in figures. AccessAssessments.</param>
/// <param name="Learning">The caller's own courses, counted. AccessLearning.</param>
/// <param name="AccountTeam">Any member's.</param>
/// <param name="LeftOut">Parts that the caller may see and that could not be had now; absent where there is none.</param>
/// <param name="Reason">NoWorkspaces where there is no workspace; else absent.</param>
internal sealed record HomeResponse(
    WorkspaceResponse? Workspace,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<QuickLink>? QuickLinks = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Capabilities = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] InsightTotalsJson? SupportInsights = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ProofTotalsJson? CustomerActivity = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AssessmentsSummaryJson? Assessments = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LearningSummaryJson? Learning = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AccountTeamResponse? AccountTeam = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<HomeGap>? LeftOut = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null)
{
    public static HomeResponse NoWorkspaces { get; } = new(Workspace: null, Reason: nameof(NoWorkspaces));
}

internal sealed record QuickLink(string Name, string Href);

/// <param name="Configured">Technologies with a schedule.</param>
/// <param name="Running">Technologies with a run under way.</param>
/// <param name="Failed">Technologies whose last run failed.</param>
/// <param name="NextRunAt">Of all schedules the earliest; absent where there is none.</param>
/// <param name="LastCompletedAt">When results last came; absent before.</param>
internal sealed record AssessmentsSummaryJson(
    int Configured,
    int Running,
    int Failed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? NextRunAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? LastCompletedAt)
{
    public static AssessmentsSummaryJson Of(AssessmentsSummary summary) =>
        new(summary.Configured, summary.Running, summary.Failed, summary.NextRunAt, summary.LastCompletedAt);
}

internal sealed record LearningSummaryJson(int InProgress, int Completed);

/// <param name="Part">The member that is absent.</param>
/// <param name="Reason">ServiceUnavailable: to ask again later may bring it.</param>
internal sealed record HomeGap(string Part, string Reason);
