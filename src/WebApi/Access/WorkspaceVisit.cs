using EngageCenter.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Access;

/// <summary>
/// A person's request in a workspace, with the decision that lets them in. An endpoint takes it as a parameter;
/// what it requires is what the route declares.
/// </summary>
internal sealed class WorkspaceVisit
{
    // Whoever has to decide again does so because another change came first. So among many who change a workspace at
    // once somebody always gets on, and this is how many one may have to let pass.
    public const int MaxDecisions = 500;

    private readonly IGrainFactory grains;
    private readonly UserGrains users;
    private readonly Permissions required;

    private WorkspaceVisit(IGrainFactory grains, UserGrains users, PersonCaller caller, string workspaceId, Permissions required) =>
        (this.grains, this.users, Caller, WorkspaceId, this.required) = (grains, users, caller, workspaceId, required);

    public PersonCaller Caller { get; }

    public string WorkspaceId { get; }

    public AccessDecision Decision { get; private set; }

    /// <summary>The newest decision with the roles that it rests on, if they were asked for.</summary>
    public EffectiveAccess? Access { get; private set; }

    /// <summary>Null while the caller is let in, as they are when an endpoint begins.</summary>
    public IResult? Refusal { get; private set; }

    public IWorkspaceGrain Workspace => Grain<IWorkspaceGrain>();

    /// <summary>The visit that the authorization of this request let in.</summary>
    public static ValueTask<WorkspaceVisit?> BindAsync(HttpContext http) => new(http.Features.Get<WorkspaceVisit>());

    /// <summary>
    /// Lets the caller in, or says in <see cref="Refusal"/> why not: an outsider gets the same answer for every id,
    /// whether there is such a workspace or not. For <see cref="AccessHandler"/> alone.
    /// </summary>
    /// <param name="explained">Whether the endpoint asks for the roles as well.</param>
    public static async Task<WorkspaceVisit> Enter(
        IGrainFactory grains, UserGrains users, PersonCaller caller, string workspaceId, Permissions required, bool explained)
    {
        var visit = new WorkspaceVisit(grains, users, caller, workspaceId, required);
        await visit.Decide(explained);
        return visit;
    }

    /// <summary>A member's visit by a decision that has just been made, for a route that does not name the workspace.</summary>
    public static WorkspaceVisit By(IGrainFactory grains, UserGrains users, PersonCaller caller, AccessDecision decision) =>
        new(grains, users, caller, decision.WorkspaceId, Permissions.None) { Decision = decision, Refusal = RefusalOf(caller, decision, Permissions.None) };

    /// <summary>The workspace's own grain of a kind.</summary>
    public TGrain Grain<TGrain>()
        where TGrain : IGrainWithStringKey => grains.GetGrain<TGrain>(WorkspaceId);

    /// <summary>
    /// Does what the caller came for. Null from <paramref name="act"/> says that the policy has changed since the
    /// decision: then it is decided again, and perhaps no longer allowed.
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

    /// <summary>Decides anew, for a request that goes on for long.</summary>
    /// <param name="explained">Whether to ask for the roles as well.</param>
    /// <param name="anew">After a decision was not acted on: not by one from memory, which may be the same.</param>
    public async Task Decide(bool explained = false, bool anew = false)
    {
        if (!WorkspaceHeader.IsId(WorkspaceId))
        {
            Refusal = Problems.WorkspaceNotFound.Answer();
            return;
        }

        var person = users.Of(Caller.Person);
        Access = explained ? await person.Explain(Caller.SignIn, WorkspaceId, anew) : null;
        Decision = Access?.Decision ?? await person.Decide(Caller.SignIn, WorkspaceId, anew);
        Refusal = RefusalOf(Caller, Decision, required);
    }

    /// <summary>Null where the decision allows what is required.</summary>
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
    /// A right that a decision does not allow may come from a group, where the token leaves the groups out and nobody else
    /// could say which; null if they are known.
    /// </summary>
    public static IResult? Unconfirmed(PersonCaller caller, AccessDecision decision = default) => caller.SignIn.LeavesGroupsOut && !decision.KnowsGroups
        ? Problems.AccessUnconfirmed.Answer("The token leaves out the caller's groups, so only what the contract gives the caller can be confirmed.")
        : null;
}

/// <summary>Metadata of a route whose answer has the roles that the decision rests on: they come with the decision.</summary>
internal sealed record Explained;
