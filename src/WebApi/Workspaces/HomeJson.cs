using System.Text.Json.Serialization;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Activities;
using EngageCenter.WebApi.Agreements;
using EngageCenter.WebApi.Support;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>A workspace's home page for one of its members. A part that the caller may not see is absent.</summary>
/// <param name="Workspace">Null only on the landing page of a caller to whom no workspace is open.</param>
/// <param name="QuickLinks">Only to what the caller may open. There with the workspace.</param>
/// <param name="Capabilities">The names of what the caller may do here, in ordinal order. There with the workspace.</param>
/// <param name="SupportInsights">The totals of the last six months. ViewSupportInsights.</param>
/// <param name="CustomerActivity">The totals of the proof of execution. ViewCustomerActivity.</param>
/// <param name="Assessments">Technologies in figures. AccessAssessments.</param>
/// <param name="Learning">The caller's own courses, counted. AccessLearning.</param>
/// <param name="AccountTeam">Any member's.</param>
/// <param name="LeftOut">Parts that the caller may see and that are not available now; absent if there are none.</param>
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
