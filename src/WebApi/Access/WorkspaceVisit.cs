using EngageCenter.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Access;

/// <summary>
/// A person's request in a workspace, with the decision that lets the person in. An endpoint takes it as a parameter; the
/// route declares what it requires.
/// </summary>
internal sealed class WorkspaceVisit
{
    // A visit decides again only because another change was stored first. So when many people change a workspace at once,
    // one of them always succeeds, and this limits how many changes of others one visit waits for.
    public const int MaxDecisions = 500;

    private readonly IGrainFactory grains;
    private readonly UserGrains users;
    private readonly Permissions required;

    private WorkspaceVisit(IGrainFactory grains, UserGrains users, PersonCaller caller, string workspaceId, Permissions required) =>
        (this.grains, this.users, Caller, WorkspaceId, this.required) = (grains, users, caller, workspaceId, required);

    public PersonCaller Caller { get; }

    public string WorkspaceId { get; }

    public AccessDecision Decision { get; private set; }

    /// <summary>
    /// The newest decision with the roles that give its permissions, if the endpoint asked for them or this web node keeps decisions.
    /// </summary>
    public EffectiveAccess? Access { get; private set; }

    /// <summary>
    /// The response that refuses the caller; null while access is allowed, as it always is when an endpoint starts.
    /// </summary>
    public IResult? Refusal { get; private set; }

    public IWorkspaceGrain Workspace => Grain<IWorkspaceGrain>();

    /// <summary>Returns the visit that authorization created for this request.</summary>
    public static ValueTask<WorkspaceVisit?> BindAsync(HttpContext http) => new(http.Features.Get<WorkspaceVisit>());

    /// <summary>
    /// Decides whether the caller is let in. If not, <see cref="Refusal"/> says why. An outsider receives the same response
    /// for every id, whether or not the workspace exists. Only <see cref="AccessHandler"/> calls it.
    /// </summary>
    /// <param name="explained">Whether the endpoint needs the roles as well.</param>
    public static async ValueTask<WorkspaceVisit> Enter(
        IGrainFactory grains, UserGrains users, PersonCaller caller, string workspaceId, Permissions required, bool explained)
    {
        var visit = new WorkspaceVisit(grains, users, caller, workspaceId, required);
        await visit.Decide(explained);
        return visit;
    }

    /// <summary>
    /// Creates a member's visit from a decision that was just made, for a route that does not name the workspace.
    /// </summary>
    public static WorkspaceVisit By(IGrainFactory grains, UserGrains users, PersonCaller caller, AccessDecision decision) =>
        new(grains, users, caller, decision.WorkspaceId, Permissions.None) { Decision = decision, Refusal = RefusalOf(caller, decision, Permissions.None) };

    /// <summary>Returns a grain whose key is the workspace's id.</summary>
    public TGrain Grain<TGrain>()
        where TGrain : IGrainWithStringKey => grains.GetGrain<TGrain>(WorkspaceId);

    /// <summary>
    /// Runs <paramref name="act"/> under the current decision. If it returns null, the policy has changed since the
    /// decision: access is decided again, up to <see cref="MaxDecisions"/> times, and may then be refused.
    /// </summary>
    public async Task<IResult> Act(Func<AccessDecision, Task<IResult?>> act)
    {
        for (var decisions = 1; Refusal is null; decisions++)
        {
            if (await act(Decision) is { } answer)
            {
                return answer;
            }

            if (decisions == MaxDecisions)
            {
                return Problems.AccessUnconfirmed.Answer();
            }

            await Decide(anew: true);
        }

        return Refusal;
    }

    /// <summary>Decides access again, for a request that runs for long.</summary>
    /// <param name="explained">Whether to ask for the roles as well.</param>
    /// <param name="anew">
    /// Set after a decision turned out to be outdated: it skips the cached decision, which may be the same one.
    /// </param>
    public async Task Decide(bool explained = false, bool anew = false)
    {
        if (!WorkspaceHeader.IsId(WorkspaceId))
        {
            Refusal = Problems.WorkspaceNotFound.Answer();
            return;
        }

        var person = users.Of(Caller.Person);
        Access = explained || users.Decisions.IsOn ? await person.Explain(Caller.SignIn, WorkspaceId, anew) : null;
        Decision = Access?.Decision ?? await person.Decide(Caller.SignIn, WorkspaceId, anew);
        Refusal = RefusalOf(Caller, Decision, required);
    }

    /// <summary>Returns null if the decision allows what is required, and the refusal otherwise.</summary>
    public static IResult? RefusalOf(PersonCaller caller, AccessDecision decision, Permissions required) =>
        decision.Allows(required) ? null : Unconfirmed(caller, decision) ?? RefusalOf(decision, required);

    private static IResult? RefusalOf(AccessDecision decision, Permissions required) => decision.Standing switch
    {
        Standing.Member => Lacks(required),
        Standing.Outsider => Problems.WorkspaceNotFound.Answer(),
        _ => Problems.AccessUnconfirmed.Answer(),
    };

    public static IResult Lacks(Permissions required) =>
        Problems.MissingPermission.Answer($"The caller lacks the permission {required}.", ("permission", required.ToString()));

    /// <summary>
    /// Returns a refusal if the caller's groups are unknown: the token leaves them out, and no directory could name them.
    /// Then a permission that the decision does not allow may still come from a group. Returns null if the groups are known.
    /// </summary>
    public static IResult? Unconfirmed(PersonCaller caller, AccessDecision decision = default) => caller.SignIn.LeavesGroupsOut && !decision.KnowsGroups
        ? Problems.AccessUnconfirmed.Answer("The token leaves out the caller's groups, so only permissions from the contract can be confirmed.")
        : null;
}

/// <summary>
/// Marks a route whose response lists the roles behind the decision, so that the decision is made with them.
/// </summary>
internal sealed record Explained;
