using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
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
    private const int MaxDecisions = 500;

    private readonly IGrainFactory grains;
    private readonly Permissions required;

    private WorkspaceVisit(IGrainFactory grains, PersonCaller caller, string workspaceId, Permissions required) =>
        (this.grains, Caller, WorkspaceId, this.required) = (grains, caller, workspaceId, required);

    public PersonCaller Caller { get; }

    public string WorkspaceId { get; }

    public AccessDecision Decision { get; private set; }

    /// <summary>Null while the caller is let in, as they are when an endpoint begins.</summary>
    public IResult? Refusal { get; private set; }

    public IWorkspaceGrain Workspace => Grain<IWorkspaceGrain>();

    /// <summary>The visit that the authorization of this request let in.</summary>
    public static ValueTask<WorkspaceVisit?> BindAsync(HttpContext http) => new(http.Features.Get<WorkspaceVisit>());

    /// <summary>
    /// Lets the caller in, or says in <see cref="Refusal"/> why not: an outsider gets the same answer for every id,
    /// whether there is such a workspace or not. For <see cref="AccessHandler"/> alone.
    /// </summary>
    public static async Task<WorkspaceVisit> Enter(IGrainFactory grains, PersonCaller caller, string workspaceId, Permissions required)
    {
        var visit = new WorkspaceVisit(grains, caller, workspaceId, required);
        await visit.Decide();
        return visit;
    }

    /// <summary>A member's visit by a decision that has just been made, for a route that does not name the workspace.</summary>
    public static WorkspaceVisit By(IGrainFactory grains, PersonCaller caller, AccessDecision decision) =>
        new(grains, caller, decision.WorkspaceId, Permissions.None) { Decision = decision, Refusal = RefusalOf(decision, Permissions.None) };

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

            await Decide();
        }

        return Refusal;
    }

    /// <summary>Decides anew, for a request that goes on for long.</summary>
    public async Task Decide()
    {
        if (!IsId(WorkspaceId))
        {
            Refusal = Problems.WorkspaceNotFound.Answer();
            return;
        }

        if (Caller.SignIn is not { } signIn)
        {
            Refusal = GroupsLeftOut();
            return;
        }

        Decision = await grains.GetGrain<IUserGrain>(Caller.Person.ToString()).Decide(signIn, WorkspaceId);
        Refusal = RefusalOf(Decision, required);
    }

    /// <summary>Null where the decision allows what is required.</summary>
    public static IResult? RefusalOf(AccessDecision decision, Permissions required) => decision.Standing switch
    {
        Standing.Member => decision.Allows(required)
            ? null
            : Lacks(required),
        Standing.Outsider => Problems.WorkspaceNotFound.Answer(),
        _ => Problems.AccessUnconfirmed.Answer(),
    };

    public static IResult Lacks(Permissions required) =>
        Problems.MissingPermission.Answer(null, ("permission", required.ToString()));

    public static IResult GroupsLeftOut() => Problems.AccessUnconfirmed.Answer("The token leaves the caller's groups out.");

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public static bool IsId(string workspaceId) =>
        workspaceId.Length == 32 && workspaceId.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');
}
