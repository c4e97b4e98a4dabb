namespace EngageCenter.Access.Simulation;

/// <summary>The shell around the <see cref="LentDecisions{THolder}"/> of a workspace or of a person. It behaves like <see cref="DecisionLending"/>.</summary>
internal sealed class Lending(Simulation simulation)
{
    private readonly LentDecisions<WebNode> lent = new();
    private readonly World world = simulation.World;
    private readonly List<Action> pending = [];
    private long newest;

    public bool Lend(Silo silo, WebNode web, TimeSpan length) => lent.Lend(web, silo.Clock + length, silo.Clock);

    /// <param name="recall">What the web node does when it gets the recall.</param>
    /// <param name="done">Called when each web node has answered or its decisions have expired.</param>
    public void TakeBack(Silo silo, Action<WebNode> recall, Action done)
    {
        var (number, holders) = lent.Recall(silo.Clock);
        pending.Add(Finish);
        newest = number;
        foreach (var (web, until) in holders)
        {
            world.History.Notes?.Note(world.Now, silo.Name, $"takes back what {web} has");
            world.After(until - silo.Clock, silo, Finish);
            world.Call<ActReply>(
                silo,
                web,
                reply =>
                {
                    recall(web);
                    reply(new(true));
                },
                answer =>
                {
                    if (answer is not null)
                    {
                        lent.Answered(web, simulation.Fault == Fault.LateWebAnswerCounts ? newest : number);
                        pending.ToList().ForEach(finish => finish());
                    }
                });
        }

        Finish();

        void Finish()
        {
            if (lent.IsOver(number, silo.Clock) && pending.Remove(Finish))
            {
                done();
            }
        }
    }
}
