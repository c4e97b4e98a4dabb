using System.Text.Json.Serialization;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Activities;
using EngageCenter.WebApi.Agreements;
using EngageCenter.WebApi.Support;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>A workspace's home page for one of its members. Parts that the caller may not see are absent.</summary>
/// <param name="Workspace">Null only on the landing page of a caller who is a member of no workspace.</param>
/// <param name="QuickLinks">Only links that the caller may open. Present if there is a workspace.</param>
/// <param name="Capabilities">
/// The names of what the caller may use here, in ordinal order. Present if there is a workspace.
/// </param>
/// <param name="SupportInsights">The totals of the last six months. Needs ViewSupportInsights.</param>
/// <param name="CustomerActivity">The totals of the proof of execution. Needs ViewCustomerActivity.</param>
/// <param name="Assessments">The numbers of technologies by state. Needs AccessAssessments.</param>
/// <param name="Learning">The numbers of the caller's own courses. Needs AccessLearning.</param>
/// <param name="AccountTeam">Shown to every member.</param>
/// <param name="LeftOut">Parts that the caller may see but that are unavailable now; absent if there are none.</param>
/// <param name="Reason">NoWorkspaces if there is no workspace; otherwise absent.</param>
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
/// <param name="Running">Technologies with a run in progress.</param>
/// <param name="Failed">Technologies whose last run failed.</param>
/// <param name="NextRunAt">When the next scheduled run of any technology is due; absent if none is scheduled.</param>
/// <param name="LastCompletedAt">When results last arrived; absent if none have.</param>
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

/// <param name="Part">The member of the home page that is absent.</param>
/// <param name="Reason">ServiceUnavailable: a later request may return the part.</param>
internal sealed record HomeGap(string Part, string Reason);
