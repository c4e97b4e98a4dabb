using EngageCenter.Users;

namespace EngageCenter.Access.Simulation;

/// <summary>A decision at a web node, with what is needed to check the history.</summary>
/// <param name="ActiveSince">When the user activation that made it began.</param>
internal sealed record WebDecision(Decision Decision, SeenUser? Seen, int Groups, long ActiveSince);

/// <summary>A web node: the shell around <see cref="HeldDecisions{TDecision}"/>, which behaves like <see cref="DecisionCache"/>.</summary>
internal sealed class WebNode(Simulation simulation, int node, int run, TimeSpan clock, int max)
    : Process(simulation.World, node, $"w{node}.{run}", clock)
{
    private const string WorkspaceId = "workspace";

    private readonly HeldDecisions<WebDecision> held = new(max);

    /// <summary>Gives up every decision of the workspace.</summary>
    public void Recall() => held.Recall(WorkspaceId);

    /// <summary>Gives up every decision of a person.</summary>
    public void Recall(Person person) => held.Recall(person.Id);

    public void Check(Person person, SignIn token, Action<CheckReply> reply)
    {
        var check = World.History.Begin(Kind.Check, ToString(), World.Now);
        (check.Person, check.Token, check.IsAtWebNode) = (person.Number, token, true);
        if (held.Find(token, WorkspaceId, Clock) is { } decision)
        {
            simulation.Warm++;
            Answer(decision);
            return;
        }

        var request = held.Ask(person.Id, WorkspaceId, Clock);
        var user = simulation.UserOf(person);
        World.Call<CheckReply>(this, user.Silo, answering => user.Decide(token, this, answering), answer =>
        {
            if (answer?.Made is not { } made)
            {
                World.History.End(check, null, World.Now);
                reply(new(null));
                return;
            }

            if (answer.Lease is { } lease)
            {
                request = simulation.Fault switch
                {
                    Fault.WebNodeCountsFromAnswer => request with { Sent = Clock },
                    Fault.DecisionSurvivesRecall => held.Ask(person.Id, WorkspaceId, Clock) with { Sent = request.Sent },
                    _ => request,
                };
                held.Keep(request, token, WorkspaceId, made, lease);
            }

            Answer(made);
        });

        void Answer(WebDecision made)
        {
            (check.Allowed, check.Seen, check.Groups, check.ActiveSince) = (made.Decision.Allowed, made.Seen, made.Groups, made.ActiveSince);
            World.History.End(check, made.Decision.Epoch, World.Now);
            reply(new(made));
        }
    }
}
