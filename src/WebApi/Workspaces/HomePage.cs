using EngageCenter.Access;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Support;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>Puts a workspace's home page together for one of its members.</summary>
internal sealed class HomePage(IGrainFactory grains, TimeProvider time)
{
    // What a permission opens. The team is every member's.
    private static readonly (Permissions Permission, string Capability)[] capabilities =
    [
        (Permissions.None, "AccountTeam"),
        (Permissions.ViewCustomerActivity, "CustomerActivity"),
        (Permissions.ViewSupportInsights, "SupportInsights"),
        (Permissions.AccessAssessments, "Assessments"),
        (Permissions.ManageAssessments, "ManageAssessments"),
        (Permissions.AccessLearning, "Learning"),
        (Permissions.ViewUserRoles, "UserRoles"),
        (Permissions.ViewEntraGroups, "EntraGroups"),
        (Permissions.ManageEntraGroups, "ManageEntraGroups"),
        (Permissions.RenameSpace, "RenameSpace"),
    ];

    public Task<IResult> Show(WorkspaceVisit visit) => visit.Act(async decision =>
    {
        var workspace = visit.Workspace.Get(decision);
        var insights = decision.Allows(Permissions.ViewSupportInsights) ? Insights(decision) : null;
        await Task.WhenAll(workspace, insights ?? Task.CompletedTask);
        var totals = insights is null ? null : await insights;
        return await workspace is not { } view || (insights is not null && totals is null)
            ? null
            : TypedResults.Ok(new HomeResponse(
                WorkspaceResponse.Of(view),
                QuickLinks(decision),
                Capabilities(decision),
                totals is { } of ? InsightTotalsJson.Of(of.Totals) : null,
                AccountTeamResponse.NoBillingAccess));
    });

    public static IReadOnlyList<string> Capabilities(AccessDecision decision) =>
        [.. capabilities.Where(c => decision.Allows(c.Permission)).Select(c => c.Capability).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<QuickLink> QuickLinks(AccessDecision decision)
    {
        (Permissions Permission, QuickLink Link)[] links =
        [
            (Permissions.ViewSupportInsights, new("SupportInsights", $"/v1/workspaces/{decision.WorkspaceId}/support-insights")),
            (Permissions.AccessAssessments, new("Assessments", $"/v1/workspaces/{decision.WorkspaceId}/assessments")),
            (Permissions.AccessLearning, new("Learning", "/v1/learning/courses")),
        ];
        return [.. links.Where(l => decision.Allows(l.Permission)).Select(l => l.Link)];
    }

    private Task<SupportInsights?> Insights(AccessDecision decision) =>
        grains.GetGrain<ISupportGrain>(decision.WorkspaceId).Insights(decision, InsightsWindows.UpTo(time.GetUtcNow()));
}
