using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Access;

/// <summary>The one way into a workspace for a person: no endpoint decides on its own.</summary>
internal sealed class WorkspaceAccess(IGrainFactory grains, UserGrains users)
{
    /// <summary>
    /// Lets the caller in, or says in <see cref="WorkspaceVisit.Refusal"/> why not: an outsider learns the same of
    /// every id, be it a workspace's, nobody's or no id at all.
    /// </summary>
    /// <param name="required">None for any member.</param>
    public async Task<WorkspaceVisit> Enter(HttpContext http, string workspaceId, Permissions required)
    {
        var visit = new WorkspaceVisit(grains, users, Person(http), workspaceId, required);
        await visit.Decide();
        return visit;
    }

    /// <summary>Lets the caller in by a decision that has just been made.</summary>
    public WorkspaceVisit Enter(HttpContext http, AccessDecision decision) =>
        new(grains, users, Person(http), decision.WorkspaceId, Permissions.None) { Decision = decision };

    /// <summary>For what is of no workspace: null where some workspace of the caller's allows it, else why they are not let in.</summary>
    public async Task<IResult?> RefusalAnywhere(HttpContext http, Permissions required)
    {
        var caller = Person(http);
        if (caller.SignIn is not { } signIn)
        {
            return WorkspaceVisit.GroupsLeftOut();
        }

        return await users.Of(caller.Person).DecideAnywhere(signIn, required) switch
        {
            Standing.Member => null,
            Standing.Outsider => WorkspaceVisit.Lacks(required),
            _ => Problems.AccessUnconfirmed.Answer(),
        };
    }

    /// <summary>For endpoints of applications, whom no role in the workspace lets in: of what is no workspace nothing else is said.</summary>
    public async Task<bool> Exists(string workspaceId) =>
        IsId(workspaceId) && await grains.GetGrain<IWorkspaceGrain>(workspaceId).Header() is not null;

    /// <summary>For endpoints of persons, behind <see cref="CallerRequirement"/>.</summary>
    public static PersonCaller Person(HttpContext http) => (PersonCaller)http.Features.Get<Caller>()!;

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public static bool IsId(string workspaceId) =>
        workspaceId.Length == 32 && workspaceId.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');
}

/// <summary>A person's request in a workspace, with the decision that lets them in.</summary>
internal sealed class WorkspaceVisit(IGrainFactory grains, UserGrains users, PersonCaller caller, string workspaceId, Permissions required)
{
    // Whoever has to decide again does so because another change came first. So among many who change a workspace at
    // once somebody always gets on, and this is how many one may have to let pass.
    private const int MaxDecisions = 500;

    public PersonCaller Caller => caller;

    public string WorkspaceId => workspaceId;

    public AccessDecision Decision { get; internal set; }

    /// <summary>Null where the caller is let in.</summary>
    public IResult? Refusal { get; private set; }

    public IWorkspaceGrain Workspace => grains.GetGrain<IWorkspaceGrain>(workspaceId);

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
        if (!WorkspaceAccess.IsId(workspaceId))
        {
            Refusal = Problems.WorkspaceNotFound.Answer();
            return;
        }

        if (caller.SignIn is not { } signIn)
        {
            Refusal = GroupsLeftOut();
            return;
        }

        Decision = await users.Of(caller.Person).Decide(signIn, workspaceId);
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
}
