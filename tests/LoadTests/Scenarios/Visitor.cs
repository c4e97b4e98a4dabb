using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>
/// A person whose memberships stay as they are, so that it is known what they have to be answered. Each method makes the
/// grain calls that a web node makes for one request.
/// </summary>
internal sealed class Visitor
{
    // As a web node has it where the request names no window.
    private const int InsightsMonths = 6;

    private readonly IGrainFactory grains;
    private readonly TimeProvider time;
    private readonly ImmutableArray<string> workspaceIds;
    private readonly SignIn signIn;
    private readonly IUserGrain user;
    private readonly HashSet<string> mine;
    private readonly int cases;

    public Visitor(IGrainFactory grains, Dataset data, ImmutableArray<string> workspaceIds, int person, TimeProvider time)
    {
        (this.grains, this.workspaceIds, this.time) = (grains, workspaceIds, time);
        signIn = data.People[person];
        user = grains.GetGrain<IUserGrain>(signIn.Person.ToString());
        cases = data.Size.CasesPerWorkspace;
        Workspaces = [.. Enumerable.Range(0, workspaceIds.Length).Where(w => data.IsMember(person, w))];
        mine = [.. Workspaces.Select(w => workspaceIds[w])];
    }

    /// <summary>The numbers of those that the person is a member of; at least one.</summary>
    public ImmutableArray<int> Workspaces { get; }

    /// <summary>The decision that every request in a workspace begins with, and most of what it costs.</summary>
    public async Task DecideAsync(int workspace) => Expect(await user.Decide(signIn, workspaceIds[workspace]), workspace);

    /// <summary><c>POST /v1/workspaces/{id}/permissions/check</c>.</summary>
    public async Task CheckAsync(int workspace)
    {
        var decision = await user.Decide(signIn, workspaceIds[workspace]);
        Expect(decision, workspace);
        if (decision.Standing == Standing.Member)
        {
            Expect((await user.Explain(signIn, workspaceIds[workspace])).Decision, workspace);
        }
    }

    /// <summary><c>GET /v1/me/workspaces</c>.</summary>
    public async Task ListAsync()
    {
        var listed = await user.Workspaces(signIn) ?? throw new UnconfirmedException();
        if (!mine.SetEquals(listed.Select(w => w.Workspace.WorkspaceId)) || !listed.All(w => w.Permissions.HasFlag(Dataset.Right)))
        {
            throw Wrong($"is a member of {mine.Count} workspaces with {Dataset.Right}, and {listed.Length} were listed, or with less");
        }
    }

    /// <summary><c>PUT /v1/me/current-workspace</c>.</summary>
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

    /// <summary><c>GET /v1/me/home</c>.</summary>
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

        var (shown, insights, team) = await new Visit(grains, signIn, id, Dataset.Right).ActAsync(landing.Decision, async decision =>
        {
            var view = grains.GetGrain<IWorkspaceGrain>(id).Get(decision);
            var totals = grains.GetGrain<ISupportGrain>(id).Insights(decision, LastMonths());
            var contacts = user.AccountTeam(signIn, id, null).AsTask();
            await Task.WhenAll(view, totals, contacts);
            return await view is { } workspace && await totals is { } known ? Tuple.Create(workspace, known, await contacts) : null;
        });
        if (shown.Header.WorkspaceId != id)
        {
            throw Wrong($"landed in {id}, and was shown {shown.Header.WorkspaceId}");
        }

        if (team is not { Decision.Standing: Standing.Member, Status: AccountTeamStatus.NoBillingAccess })
        {
            throw Wrong($"reads no bill in {id}, and was shown {team}");
        }

        Expect(insights);
    }

    /// <summary><c>GET /v1/workspaces/{id}/support-insights</c>.</summary>
    public async Task ReadInsightsAsync(int workspace)
    {
        var id = workspaceIds[workspace];
        Expect(await new Visit(grains, signIn, id, Dataset.Right).ActAsync(
            decision => grains.GetGrain<ISupportGrain>(id).Insights(decision, LastMonths())));
    }

    private InsightsWindow LastMonths() => time.GetUtcNow() is var now ? new(now.AddMonths(-InsightsMonths), now) : default;

    private void Expect(AccessDecision decision, int workspace)
    {
        if (decision.Standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        var isMember = mine.Contains(workspaceIds[workspace]);
        if (decision.Allows(Dataset.Right) != isMember || decision.Standing != (isMember ? Standing.Member : Standing.Outsider))
        {
            throw Wrong($"is {(isMember ? "a member" : "an outsider")} in {workspaceIds[workspace]}, and was {decision.Standing} with {decision.Permissions}");
        }
    }

    // Updates come and go, and change neither how many cases there are nor how old they are.
    private void Expect(SupportInsights insights)
    {
        if (insights.Totals.Opened != cases)
        {
            throw Wrong($"should see {cases} cases opened, and saw {insights.Totals.Opened}");
        }
    }

    private WrongAnswerException Wrong(string what) => new($"{signIn.Profile.DisplayName} {what}.");
}
