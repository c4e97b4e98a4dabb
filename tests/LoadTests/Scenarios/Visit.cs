using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>Does for a request of a person in a workspace what a web node does. The person must have the permission.</summary>
internal sealed class Visit(IGrainFactory grains, SignIn signIn, string workspaceId, Permissions required)
{
    // As often as a web node decides again.
    private const int MaxDecisions = 500;

    /// <summary>Returns an application with an app role.</summary>
    public static Actor Application(string appRole) => new(ActorKind.Application, Guid.Empty, "load-tests", null, appRole);

    /// <summary>Checks that a workspace exists, as a web node does first for an application, which has no decision.</summary>
    public static async Task ExistsAsync(IGrainFactory grains, string workspaceId, Actor application)
    {
        if (await grains.GetGrain<IWorkspaceGrain>(workspaceId).Header(application) is null)
        {
            throw new WrongAnswerException($"There is no workspace {workspaceId}.");
        }
    }

    public async Task<AccessDecision> DecideAsync()
    {
        var decision = await grains.GetGrain<IUserGrain>(signIn.Person.ToString()).Decide(signIn, workspaceId);
        return decision.Standing switch
        {
            Standing.Unconfirmed => throw new UnconfirmedException(),
            Standing.Member when decision.Allows(required) => decision,
            _ => throw new WrongAnswerException($"{signIn.Profile.DisplayName} has {required} in {workspaceId} and was {decision.Standing} with {decision.Permissions}."),
        };
    }

    public async Task<T> ActAsync<T>(Func<AccessDecision, Task<T?>> act)
        where T : class => await ActAsync(await DecideAsync(), act);

    /// <summary>Decides and acts. If <paramref name="act"/> returns null, the policy has changed since the decision, and it is decided again.</summary>
    public async Task<T> ActAsync<T>(AccessDecision decision, Func<AccessDecision, Task<T?>> act)
        where T : class
    {
        for (var decisions = 1; ; decisions++)
        {
            if (await act(decision) is { } answer)
            {
                return answer;
            }

            if (decisions == MaxDecisions)
            {
                throw new UnconfirmedException();
            }

            decision = await DecideAsync();
        }
    }
}
