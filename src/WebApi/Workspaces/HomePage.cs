using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Learning;
using EngageCenter.Storage;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Activities;
using EngageCenter.WebApi.Agreements;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Support;
using EngageCenter.WebApi.Users;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>Builds a workspace's home page for one of its members.</summary>
internal sealed partial class HomePage(IGrainFactory grains, UserGrains users, TimeProvider time, ILogger<HomePage> logger)
{
    /// <summary>How long a page waits for one of its parts.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // The capability that each permission gives. Every member sees the account team.
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

    /// <summary>
    /// Builds the whole page in one round of grain calls. A part that is unavailable within <see cref="Patience"/> is left
    /// out, with its reason. Without the workspace itself there is no page.
    /// </summary>
    public Task<IResult> Show(WorkspaceVisit visit) => visit.Act(async decision =>
    {
        using var patience = new CancellationTokenSource(Patience, time);
        var workspace = visit.Workspace.Get(decision);
        var insights = Part("supportInsights", Permissions.ViewSupportInsights, () => Insights(decision, patience.Token));
        var proof = Part("customerActivity", Permissions.ViewCustomerActivity, () => grains.GetGrain<IActivityGrain>(visit.WorkspaceId).ProofOfExecution(decision));
        var assessments = Part("assessments", Permissions.AccessAssessments, () => grains.GetGrain<IAssessmentsGrain>(visit.WorkspaceId).Summary(decision));
        var learning = Part("learning", Permissions.AccessLearning, () => grains.GetGrain<ILearningGrain>(visit.WorkspaceId).Summary(decision));
        var team = Part("accountTeam", Permissions.None, () => AccountTeam(visit));
        await Task.WhenAll(workspace, insights, proof, assessments, learning, team);

        var (view, i, p, a, l, t) = (await workspace, await insights, await proof, await assessments, await learning, await team);
        return view is null || i.DecideAgain || p.DecideAgain || a.DecideAgain || l.DecideAgain || t.DecideAgain ? null : TypedResults.Ok(new HomeResponse(
            WorkspaceResponse.Of(view),
            QuickLinks(decision),
            Capabilities(decision),
            i.Value is { } figures ? InsightTotalsJson.Of(figures.Totals) : null,
            p.Value is { } lines ? ProofTotalsJson.Of(lines.Totals) : null,
            a.Value is { } summary ? AssessmentsSummaryJson.Of(summary) : null,
            l.Value is { } courses ? new(courses.InProgress, courses.Completed) : null,
            t.Value is { } outcome ? AccountTeamResponse.Of(outcome) : null,
            LeftOut(i.LeftOut, p.LeftOut, a.LeftOut, l.LeftOut, t.LeftOut)));

        async Task<HomePart<T>> Part<T>(string name, Permissions required, Func<Task<T?>> read)
            where T : class
        {
            if (!decision.Allows(required))
            {
                return default;
            }

            try
            {
                var value = await read().WaitAsync(patience.Token);
                return new(value, DecideAgain: value is null);
            }
            catch (Exception fault) when (Faults.IsUnavailable(fault))
            {
                LogLeftOut(name, fault);
                return new(null, LeftOut: new(name, "ServiceUnavailable"));
            }
        }
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

    private static List<HomeGap>? LeftOut(params ReadOnlySpan<HomeGap?> gaps)
    {
        List<HomeGap> there = [.. gaps.ToArray().OfType<HomeGap>()];
        return there.Count == 0 ? null : there;
    }

    private Task<SupportInsights?> Insights(AccessDecision decision, CancellationToken cancellation) =>
        grains.GetGrain<ISupportGrain>(decision.WorkspaceId).Insights(decision, new InsightsQuery(null, null).Window(time.GetUtcNow()), cancellation);

    // This call decides access again, so its own decision is checked.
    private async Task<AccountTeamOutcome?> AccountTeam(WorkspaceVisit visit)
    {
        var outcome = await AccountTeamEndpoints.Ask(users, visit, asked: null);
        return outcome.Decision.Standing switch
        {
            Standing.Member => outcome,
            Standing.Outsider => null,
            _ => throw new StorageUnavailableException("The caller's rights could not be confirmed."),
        };
    }

    [LoggerMessage(LogLevel.Warning, "The home page was sent without {Part}, which was unavailable")]
    private partial void LogLeftOut(string part, Exception exception);

    private readonly record struct HomePart<T>(T? Value, bool DecideAgain = false, HomeGap? LeftOut = null)
        where T : class;
}
