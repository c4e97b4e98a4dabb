using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Learning;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>
/// A person whose memberships do not change, so that the correct answers are known. Each method makes the grain calls that a web
/// node makes for one request.
/// </summary>
internal sealed class Visitor
{
    // The default of a web node if a request names no window.
    private const int InsightsMonths = 6;

    private static readonly Actor gateway = Visit.Application(AppRoles.Evaluate);

    private static readonly PageRequest firstPage = new(PageRequest.DefaultSize, null);

    // The same in every workspace.
    private static readonly (int Planned, int Delivered) activities = Enumerable.Range(0, DatasetSize.ActivitiesPerWorkspace)
        .Select(n => Dataset.Activity(0, n, 0).Status).Aggregate((0, 0), (sum, s) => (
            sum.Item1 + (s == ActivityStatus.Planned ? 1 : 0), sum.Item2 + (s == ActivityStatus.Delivered ? 1 : 0)));

    private static readonly Recommendation[] ranked =
        [.. Dataset.Recommendations(0).OrderByDescending(r => r.Score).ThenBy(r => r.RecommendationId, StringComparer.Ordinal).Take(firstPage.Size)];

    private readonly IGrainFactory grains;
    private readonly Dataset data;
    private readonly TimeProvider time;
    private readonly ImmutableArray<string> workspaceIds;
    private readonly SignIn signIn;
    private readonly IUserGrain user;
    private readonly HashSet<string> mine;

    public Visitor(IGrainFactory grains, Dataset data, ImmutableArray<string> workspaceIds, int person, TimeProvider time)
    {
        (this.grains, this.data, this.workspaceIds, this.time) = (grains, data, workspaceIds, time);
        signIn = data.People[person];
        user = grains.GetGrain<IUserGrain>(signIn.Person.ToString());
        Workspaces = [.. Enumerable.Range(0, workspaceIds.Length).Where(w => data.IsMember(person, w))];
        mine = [.. Workspaces.Select(w => workspaceIds[w])];
    }

    /// <summary>The numbers of the workspaces of which the person is a member; at least one.</summary>
    public ImmutableArray<int> Workspaces { get; }

    /// <summary>Makes the decision with which every request in a workspace begins, and which is most of its cost.</summary>
    public async Task DecideAsync(int workspace) => Expect(await user.Decide(signIn, workspaceIds[workspace]), workspace);

    /// <summary>Does <c>POST /v1/workspaces/{id}/permissions/check</c>.</summary>
    public async Task CheckAsync(int workspace)
    {
        var decision = await user.Decide(signIn, workspaceIds[workspace]);
        Expect(decision, workspace);
        if (decision.Standing == Standing.Member)
        {
            Expect((await user.Explain(signIn, workspaceIds[workspace])).Decision, workspace);
        }
    }

    /// <summary>Does <c>POST /access/v1/evaluation</c> as an application, about this person.</summary>
    public async Task EvaluateAsync(int workspace) => Expect((await user.Evaluate(workspaceIds[workspace], gateway)).Decision, workspace);

    /// <summary>Does <c>GET /v1/me/workspaces</c>.</summary>
    public async Task ListAsync()
    {
        var listed = await user.Workspaces(signIn) ?? throw new UnconfirmedException();
        if (!mine.SetEquals(listed.Select(w => w.Workspace.WorkspaceId)) || !listed.All(w => w.Permissions.HasFlag(Dataset.Rights)))
        {
            throw Wrong($"is a member of {mine.Count} workspaces with {Dataset.Rights}, and {listed.Length} were listed, or with less");
        }
    }

    /// <summary>Does <c>PUT /v1/me/current-workspace</c>.</summary>
    public async Task SwitchAsync(int workspace)
    {
        var outcome = await user.Switch(signIn, workspaceIds[workspace]);
        if (outcome.Standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        if (outcome.Workspace is not { IsCurrent: true } current || current.Workspace.WorkspaceId != workspaceIds[workspace])
        {
            throw Wrong($"switched to {workspaceIds[workspace]}, and was answered {outcome}");
        }
    }

    /// <summary>Does <c>GET /v1/me/home</c>.</summary>
    public async Task GoHomeAsync()
    {
        var landing = await user.Land(signIn);
        if (landing.Standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        var id = landing.Decision.WorkspaceId;
        if (landing.Standing != Standing.Member || !mine.Contains(id))
        {
            throw Wrong($"landed in '{id}' as {landing.Standing}");
        }

        var page = await new Visit(grains, signIn, id, Dataset.Rights).ActAsync(landing.Decision, async decision =>
        {
            var workspace = grains.GetGrain<IWorkspaceGrain>(id).Get(decision);
            var insights = grains.GetGrain<ISupportGrain>(id).Insights(decision, LastMonths());
            var proof = grains.GetGrain<IActivityGrain>(id).ProofOfExecution(decision);
            var assessments = grains.GetGrain<IAssessmentsGrain>(id).Summary(decision);
            var learning = grains.GetGrain<ILearningGrain>(id).Summary(decision);
            var team = user.AccountTeam(signIn, id, null).AsTask();
            await Task.WhenAll(workspace, insights, proof, assessments, learning, team);
            return (await workspace, await insights, await proof, await assessments, await learning) is ({ } w, { } i, { } p, { } a, { } l)
                ? new HomeParts(w, i, p, a, l, await team)
                : null;
        });
        if (page.Workspace.Header.WorkspaceId != id
            || page.Assessments is not { Configured: 0, Failed: 0, LastCompletedAt: not null }
            || page.Learning is not { InProgress: 0, Completed: 0 })
        {
            throw Wrong($"landed in {id} with no schedules and no courses, and was shown {page}");
        }

        Expect(page.Insights);
        Expect(page.Proof);
        Expect(page.Team, workspaceIds.IndexOf(id));
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/support-insights</c>.</summary>
    public async Task ReadInsightsAsync(int workspace)
    {
        var id = workspaceIds[workspace];
        Expect(await ReadAsync(workspace, Permissions.ViewSupportInsights, decision => grains.GetGrain<ISupportGrain>(id).Insights(decision, LastMonths())));
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/account-team</c>.</summary>
    public async Task ReadTeamAsync(int workspace)
    {
        await new Visit(grains, signIn, workspaceIds[workspace], Permissions.None).DecideAsync();
        Expect(await user.AccountTeam(signIn, workspaceIds[workspace], null), workspace);
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/activities</c> for the first page.</summary>
    public async Task ReadActivitiesAsync(int workspace)
    {
        var id = workspaceIds[workspace];
        var page = await ReadAsync(workspace, Permissions.ViewCustomerActivity, decision =>
            grains.GetGrain<IActivityGrain>(id).Activities(decision, new(null, null, null, null, null, firstPage)));

        // Only the delivered hours change.
        if (page is not { Next: not null, TotalCount: DatasetSize.ActivitiesPerWorkspace }
            || !page.Items.Select(a => a with { HoursDelivered = 0 }).SequenceEqual(Enumerable.Range(0, firstPage.Size).Select(n => Dataset.Activity(workspace, n, 0))))
        {
            throw Wrong($"read of {id} as activities {page}");
        }
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/proof-of-execution</c>.</summary>
    public async Task ReadProofAsync(int workspace)
    {
        var id = workspaceIds[workspace];
        Expect(await ReadAsync(workspace, Permissions.ViewCustomerActivity, decision => grains.GetGrain<IActivityGrain>(id).ProofOfExecution(decision)));
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/assessments</c>.</summary>
    public async Task ReadAssessmentsAsync(int workspace)
    {
        var id = workspaceIds[workspace];
        var all = await ReadAsync(workspace, Permissions.AccessAssessments, async decision =>
            await grains.GetGrain<IAssessmentsGrain>(id).List(decision) is { } list ? Tuple.Create(list) : null);
        if (!all.Item1.Select(a => a.Technology).SequenceEqual(TechnologyTable.All.Select(t => t.Id))
            || !all.Item1.All(a => a is { Status: AssessmentStatus.Running } or { Status: AssessmentStatus.Completed, LastRun.RecommendationCount: DatasetSize.RecommendationsPerRun }))
        {
            throw Wrong($"read of {id} as assessments {string.Join(", ", all.Item1)}");
        }
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/assessments/{technology}/recommendations</c> for the first page.</summary>
    public async Task ReadRecommendationsAsync(int workspace, string technology)
    {
        var id = workspaceIds[workspace];
        var page = await ReadAsync(workspace, Permissions.AccessAssessments, decision =>
            grains.GetGrain<IAssessmentsGrain>(id).Recommendations(decision, new(technology, null, firstPage)));

        // Each run recommends the same. All items must be from one run, whichever was the last.
        if (page is not { Next: not null, TotalCount: DatasetSize.RecommendationsPerRun }
            || !page.Items.Select(r => r with { AffectedObjects = ranked[0].AffectedObjects }).SequenceEqual(ranked)
            || page.Items.Any(r => r.AffectedObjects != page.Items[0].AffectedObjects))
        {
            throw Wrong($"read of {id} as recommendations for {technology} {page}");
        }
    }

    /// <summary>Does <c>GET /v1/learning/courses?search=…</c>, which finds ten courses.</summary>
    /// <param name="tens">The tens of the courses' numbers.</param>
    public async Task SearchCoursesAsync(int tens)
    {
        var standing = await user.DecideAnywhere(signIn, Permissions.AccessLearning);
        if (standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        var found = Enumerable.Range(10 * tens, 10).Select(data.Course).ToList();
        var page = await grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key).List(new(null, null, null, found[0].CourseId[..^1], firstPage));
        if (standing != Standing.Member || page.TotalCount != found.Count || !page.Items.SequenceEqual(found))
        {
            throw Wrong($"may learn and searched for '{found[0].CourseId[..^1]}', and as {standing} found {page}");
        }
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/learning/consumption</c>.</summary>
    public async Task ReadConsumptionAsync(int workspace)
    {
        var id = workspaceIds[workspace];
        var consumption = await ReadAsync(workspace, Permissions.AccessLearning, decision => grains.GetGrain<ILearningGrain>(id).Consumption(decision));

        // The number of completed courses grows during the run, so its exact value is unknown.
        if (consumption.Totals.Started != DatasetSize.EnrollmentsPerWorkspace
            || consumption.Totals.Completed > consumption.Totals.Started
            || Sum(consumption.ByMonth.Select(m => m.Counts)) != consumption.Totals
            || Sum(consumption.ByMonth.SelectMany(m => m.ByProduct).Select(p => p.Counts)) != consumption.Totals
            || Sum(consumption.ByProduct.Select(p => p.Counts)) != consumption.Totals)
        {
            throw Wrong($"read of {id}, where {DatasetSize.EnrollmentsPerWorkspace} courses were started, {consumption}");
        }

        static ConsumptionCounts Sum(IEnumerable<ConsumptionCounts> all) => all.Aggregate((one, other) => one.Plus(other));
    }

    private Task<T> ReadAsync<T>(int workspace, Permissions required, Func<AccessDecision, Task<T?>> read)
        where T : class => new Visit(grains, signIn, workspaceIds[workspace], required).ActAsync(read);

    private InsightsWindow LastMonths() => time.GetUtcNow() is var now ? new(now.AddMonths(-InsightsMonths), now) : default;

    private void Expect(AccessDecision decision, int workspace)
    {
        if (decision.Standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        var isMember = mine.Contains(workspaceIds[workspace]);
        if (decision.Allows(Dataset.Rights) != isMember || decision.Standing != (isMember ? Standing.Member : Standing.Outsider))
        {
            throw Wrong($"is {(isMember ? "a member" : "an outsider")} in {workspaceIds[workspace]}, and was {decision.Standing} with {decision.Permissions}");
        }
    }

    // Updates of cases change neither their number nor their age.
    private void Expect(SupportInsights insights)
    {
        if (insights.Totals.Opened != data.Size.CasesPerWorkspace)
        {
            throw Wrong($"should see {data.Size.CasesPerWorkspace} cases opened, and saw {insights.Totals.Opened}");
        }
    }

    // Only a range is known for the delivered hours.
    private void Expect(ProofOfExecution proof)
    {
        const decimal purchased = Dataset.HoursPurchased * DatasetSize.ActivitiesPerWorkspace;
        if (proof.Lines is not [var line] || line.Figures != proof.Totals
            || proof.Totals.HoursPurchased != purchased || proof.Totals.HoursDelivered is < 0 or > purchased
            || (proof.Totals.Planned, proof.Totals.Delivered) != activities)
        {
            throw Wrong($"should see {activities} activities planned and delivered, with {purchased} hours, and saw {proof}");
        }
    }

    private void Expect(AccountTeamOutcome outcome, int workspace)
    {
        if (outcome.Decision.Standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        TeamContact[] expected = Dataset.ShowsBill(workspace) ? [new(data.AccountManager, PackageKind.AddOn)] : [];
        if (outcome.Decision.Standing != Standing.Member
            || outcome.Status != (expected.Length > 0 ? AccountTeamStatus.Found : AccountTeamStatus.NoBillingAccess)
            || !expected.SequenceEqual(outcome.Team?.Contacts ?? []))
        {
            throw Wrong($"should see {expected.Length} contacts of {workspaceIds[workspace]}, and saw {outcome}");
        }
    }

    private WrongAnswerException Wrong(string what) => new($"{signIn.Profile.DisplayName} {what}.");

    private sealed record HomeParts(
        WorkspaceView Workspace, SupportInsights Insights, ProofOfExecution Proof, AssessmentsSummary Assessments, LearningSummary Learning, AccountTeamOutcome Team);
}
