using EngageCenter.Access;
using EngageCenter.Access.Simulation;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Directories.Simulation;

/// <summary>Figures about one run or many.</summary>
internal sealed record DirectoryTotals(
    int Seeds, int Checks, int Allowed, int Unconfirmed, int Rounds, int Incomplete, int Changes, int Requests, int BrokenOff, int Expired, int Crashes, int Pauses, int Duplicates)
{
    public static DirectoryTotals None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static DirectoryTotals operator +(DirectoryTotals one, DirectoryTotals other) => new(
        one.Seeds + other.Seeds, one.Checks + other.Checks, one.Allowed + other.Allowed, one.Unconfirmed + other.Unconfirmed, one.Rounds + other.Rounds,
        one.Incomplete + other.Incomplete, one.Changes + other.Changes, one.Requests + other.Requests, one.BrokenOff + other.BrokenOff,
        one.Expired + other.Expired, one.Crashes + other.Crashes, one.Pauses + other.Pauses, one.Duplicates + other.Duplicates);
}

/// <summary>The result of a run.</summary>
internal sealed record DirectoryOutcome(ulong Seed, DirectoryTotals Totals, IReadOnlyList<string> Notes, IReadOnlyList<Violation> Violations);

/// <summary>
/// A tenant's directory, its people, two workspaces, and everything that can go wrong between them, drawn from a seed. Users,
/// followers, directories and caches are the shipped ones. A run has a time with faults and then a time without. In the second,
/// everybody must have the right answer within a minute. The same seed gives the same run.
/// </summary>
internal sealed class DirectorySimulation : IDisposable
{
    /// <summary>The client operations and faults of a run.</summary>
    public const int DefaultSteps = 300;

    // The first groups may hold roles. The others are only nested in them.
    private const int Grantable = 4;

    private static readonly TimeSpan poll = TimeSpan.FromSeconds(30);

    private readonly Dice dice;
    private readonly World world;
    private readonly Graph graph;
    private readonly Cluster cluster;
    private readonly History history;
    private readonly IGrainFactory grains;
    private readonly List<SignIn>[] tokens = [.. Enumerable.Range(0, Graph.Persons).Select(_ => new List<SignIn>())];
    private readonly int overage;

    // How far the issuer of tokens may be behind the directory.
    private readonly TimeSpan tokenLag;
    private bool isPolling;
    private int incomplete;
    private int changes;
    private int crashes;
    private int pauses;

    private DirectorySimulation(ulong seed, Fault fault, bool keepNotes)
    {
        dice = new(seed);
        world = new(dice);
        history = new(world, keepNotes);
        graph = new(world, fault);
        cluster = new(world, graph, history, fault);
        grains = cluster.GrainsOf(world.Outside);
        overage = dice.Below(1 << Graph.Persons) & dice.Below(1 << Graph.Persons);
        tokenLag = TimeSpan.FromSeconds(dice.Pick([0, 0, 6]));
    }

    public static DirectoryOutcome Run(ulong seed, Fault fault = Fault.None, int steps = DefaultSteps, bool keepNotes = false)
    {
        using var simulation = new DirectorySimulation(seed, fault, keepNotes);
        try
        {
            simulation.Trouble(steps);
            simulation.Recover();
        }
        catch (Exception e)
        {
            simulation.history.Failures.Add($"{simulation.world.Now.TotalSeconds:F3}: {e}");
        }

        var (history, graph) = (simulation.history, simulation.graph);
        var violations = new Guarantees(graph, simulation.cluster, history, simulation.tokenLag).Violated();
        var answered = history.Checks.Where(check => check.Access is not null).ToList();
        return new(
            seed,
            new(1, answered.Count, answered.Count(check => check.Standing == Standing.Member), history.Checks.Count(check => check.Ended is not null && check.Standing is null or Standing.Unconfirmed),
                history.Rounds.Count, simulation.incomplete, graph.History.Count + simulation.changes, graph.Requests, graph.Partial, graph.Expired,
                simulation.crashes, simulation.pauses, simulation.cluster.Duplicates),
            history.Notes,
            violations);
    }

    public void Dispose() => cluster.Dispose();

    private void Trouble(int steps)
    {
        Now(() =>
        {
            for (var person = 0; person < Graph.Persons; person++)
            {
                Issue(person);
            }

            Grant();
            Poll(again: true);
        });
        var kinds = Enumerable.Range(0, 9).Where(_ => dice.Chance(0.5)).ToList();
        var trouble = dice.Pick([0.02, 0.06, 0.12]);
        for (var step = 0; step < steps; step++)
        {
            world.RunUntil(world.Now + (dice.Below(20) switch { 0 => dice.Seconds(5, 30), < 6 => dice.Seconds(0.5, 3), _ => dice.Seconds(0, 0.5) }));
            Now(() =>
            {
                if (kinds.Count > 0 && dice.Chance(trouble))
                {
                    Trouble(dice.Pick(kinds), dice);
                }
                else
                {
                    Work();
                }
            });
        }
    }

    // The faults are over. Messages arrive, and a minute after a change every answer is what the directory says.
    private void Recover()
    {
        world.Weather = Weather.Fair;
        graph.SilentUntil = TimeSpan.Zero;
        world.RunUntil(cluster.Running.Select(silo => silo.Node.PausedUntil).Concat(cluster.Webs.Select(web => web.Node.PausedUntil)).Append(world.Now).Max());
        cluster.EndDuplicates();
        world.RunUntil(world.Now + TimeSpan.FromMinutes(3));
        Now(() =>
        {
            for (var person = 0; person < Graph.Persons; person++)
            {
                CheckAll(person, tokens[person]);
            }
        });
        world.RunUntil(world.Now + TimeSpan.FromSeconds(30));
        for (var n = 0; n < 4; n++)
        {
            Alone(() => graph.Move(dice.Below(Graph.Persons), dice.Below(Graph.Groups)));
        }

        Alone(() => graph.Nest(dice.Below(Graph.Groups), dice.Below(Graph.Groups)));
        Alone(() => graph.Block(dice.Below(Graph.Persons)));
        Alone(() => graph.Delete(dice.Below(Graph.Groups)));
        var changed = world.Now;
        world.RunUntil(world.Now + Graph.Delay + TimeSpan.FromSeconds(60));
        history.SettledAt = world.Now;
        Now(() =>
        {
            for (var person = 0; person < Graph.Persons; person++)
            {
                CheckAll(person, tokens[person]);
            }
        });
        world.RunUntil(world.Now + TimeSpan.FromSeconds(20));
        if (!history.Rounds.Exists(round => round.BegunAt >= changed + Graph.Delay && round.EndedAt <= changed + Graph.Delay + TimeSpan.FromSeconds(60)))
        {
            history.Failures.Add("D2, without any more faults there was no round within a minute.");
        }

        var last = history.Checks.Count;
        world.RunUntil(world.Now + tokenLag + TimeSpan.FromSeconds(2));
        Now(() =>
        {
            for (var person = 0; person < Graph.Persons; person++)
            {
                if (graph.Now.IsEnabled(person))
                {
                    Issue(person);
                    CheckAll(person, [tokens[person][^1]]);
                }
            }
        });
        world.RunUntil(world.Now + TimeSpan.FromSeconds(40));

        // A write of the time of trouble may have come through late. An activation that does not know of it fails once, with its own next write.
        var again = history.Checks.Skip(last).Where(check => check.Standing is null or Standing.Unconfirmed).ToList();
        Now(() => again.ForEach(check => Check(check.Person, check.Token, check.Workspace, check.By == "the grain" ? 0 : 1 + Array.FindIndex(cluster.Webs, web => web.Node.Name == check.By))));
        world.RunUntil(world.Now + TimeSpan.FromSeconds(40));
        foreach (var check in history.Checks.Skip(last).Except(again))
        {
            if (check.Standing is null or Standing.Unconfirmed)
            {
                history.Failures.Add($"{check}: D1, nothing is wrong, and it is not answered.");
            }
            else if ((graph.Now.GroupsOf(check.Person) & check.Workspace.Now.Groups) is var due && Given(check) != due)
            {
                history.Failures.Add($"{check}: with a new token it does not have what the directory gives, {Letters.Of(due)}.");
            }
        }

        // What several changes at the same moment do cannot be told apart.
        void Alone(Action change)
        {
            Now(change);
            world.RunUntil(world.Now + TimeSpan.FromMilliseconds(10));
        }

        static int Given(Check check) => check.Access is not { } access ? 0 : access.Roles
            .Where(role => role.Source == RoleSource.EntraGroup).Aggregate(0, (all, role) => all | 1 << Graph.GroupOf(Guid.Parse(role.SourceId!)));
    }

    private void Work()
    {
        switch (dice.Below(20))
        {
            case < 11:
                var person = dice.Below(Graph.Persons);
                Check(person, dice.Chance(0.6) ? tokens[person][^1] : dice.Pick(tokens[person]), dice.Pick(cluster.Workspaces), dice.Below(3));
                break;
            case < 13:
                Issue(dice.Below(Graph.Persons));
                break;
            case < 16:
                graph.Move(dice.Below(Graph.Persons), dice.Below(Graph.Groups));
                history.Note("somebody moves: " + Shown());
                break;
            case 16:
                Change();
                break;
            case 17 when dice.Chance(0.3):
                graph.Delete(dice.Below(Graph.Groups));
                history.Note("a group is deleted: " + Shown());
                break;
            case 17:
                graph.Nest(dice.Below(Graph.Groups), dice.Below(Graph.Groups));
                history.Note("a group moves: " + Shown());
                break;
            case 18:
                graph.Block(dice.Below(Graph.Persons));
                history.Note("an account changes: " + Shown());
                break;
            default:
                Poll(again: false);
                break;
        }

        string Shown() => string.Join(" ", Enumerable.Range(0, Graph.Persons).Select(p => $"user{p}{(graph.Now.IsEnabled(p) ? "" : " blocked")} [{Letters.Of(graph.Now.GroupsOf(p))}]"));
    }

    private void Trouble(int kind, Dice dice)
    {
        switch (kind)
        {
            case 0 when cluster.Running.Count > 1:
                crashes++;
                var gone = dice.Pick(cluster.Running);
                history.Note($"{gone.Node} crashes");
                cluster.Crash(gone);
                break;
            case 1:
                pauses++;
                var paused = dice.Chance(0.7) ? dice.Pick(cluster.Running).Node : dice.Pick(cluster.Webs).Node;
                paused.PausedUntil = world.Now + (dice.Chance(0.7) ? dice.Seconds(0.5, 8) : dice.Seconds(12, 40));
                history.Note($"{paused} is paused until {paused.PausedUntil.TotalSeconds:F3}");
                break;
            case 2:
                graph.SilentUntil = world.Now + dice.Seconds(2, 60);
                history.Note($"the directory is silent until {graph.SilentUntil.TotalSeconds:F3}");
                break;
            case 3:
                graph.Expire(dice.Chance(0.7));
                history.Note("the directory forgets its changes");
                break;
            case 4:
                var user = dice.Below(Graph.Persons);
                cluster.Open(Cluster.User(user)).ForEach(activation => activation.End());
                history.Note($"user{user} is deactivated");
                break;
            case 5:
                cluster.Open(Cluster.Follower).ForEach(activation => activation.End());
                history.Note("the follower is deactivated");
                break;
            case 6:
                var follower = cluster.Open(Cluster.Follower);
                if (follower.Count > 0 && cluster.Running.Count > 1 && cluster.Running.Find(silo => silo.Node == follower[0].Node) is { } its)
                {
                    crashes++;
                    Poll(again: false);
                    world.After(dice.Seconds(0.05, 2), world.Outside, () =>
                    {
                        if (cluster.Running.Count > 1 && cluster.Running.Contains(its))
                        {
                            history.Note($"{its.Node} crashes, which follows");
                            cluster.Crash(its);
                        }
                    });
                }

                break;
            default:
                Narrow(dice.Below(Graph.Persons));
                break;
        }
    }

    /// <summary>Removes a person, whose decisions both web nodes keep, from their groups. A round follows soon.</summary>
    private void Narrow(int person)
    {
        var (workspace, token) = (dice.Pick(cluster.Workspaces), tokens[person][^1]);
        Check(person, token, workspace, 1);
        Check(person, token, workspace, 2);
        world.After(dice.Seconds(0.5, 1), world.Outside, () =>
        {
            var mine = graph.Now.GroupsOf(person) & workspace.Now.Groups;
            for (var group = 0; group < Graph.Groups; group++)
            {
                if ((mine & (1 << group)) != 0 && (graph.Now.People[group] & (1 << person)) != 0)
                {
                    graph.Move(person, group);
                }
            }

            history.Note($"user{person} is taken out of all that gives something");
        });
        world.After(dice.Seconds(2, 7), world.Outside, () => Poll(again: false));
        if (dice.Chance(0.5))
        {
            // The issuer may not know of the removal yet when it issues a token, while the directory's answer is already stored.
            world.After(TimeSpan.FromSeconds(2.5), world.Outside, () => Poll(again: false));
            world.After(TimeSpan.FromSeconds(4), world.Outside, () => Poll(again: false));
            world.After(dice.Seconds(3, 8), world.Outside, () =>
            {
                Issue(person);
                var late = tokens[person][^1];
                foreach (var after in (ReadOnlySpan<double>)[0, 20, 40, 60, 70, 80])
                {
                    world.After(TimeSpan.FromSeconds(after), world.Outside, () => Check(person, late, workspace, dice.Below(3)));
                }
            });
        }

        for (var n = 0; n < 8; n++)
        {
            world.After(dice.Seconds(2, 16), world.Outside, () => Check(person, token, workspace, 1 + dice.Below(2)));
        }
    }

    private void CheckAll(int person, List<SignIn> some)
    {
        foreach (var token in some)
        {
            foreach (var workspace in cluster.Workspaces)
            {
                for (var by = 0; by < 3; by++)
                {
                    Check(person, token, workspace, by);
                }
            }
        }
    }

    /// <summary>Sends a check, and records its answer.</summary>
    /// <param name="by">0 asks the person's grain; 1 or 2 asks a web node.</param>
    private void Check(int person, SignIn token, SimulatedWorkspace workspace, int by)
    {
        var web = by > 0 ? cluster.Webs[by - 1] : null;
        var check = new Check(person, token, workspace, web?.Node.Name ?? "the grain", world.Mark(), world.Now);
        history.Checks.Add(check);
        Ask();

        async void Ask()
        {
            try
            {
                var key = Cluster.User(person).Key;
                check.Access = web is null
                    ? await grains.GetGrain<IUserGrain>(key).Explain(token, workspace.Id)
                    : await world.Call(web.Node, async () => web.Decisions.Find(token, workspace.Id)
                        ?? await web.Decisions.Ask(web.Grains.GetGrain<IUserGrain>(key), token, workspace.Id));
                check.Maker = cluster.MakerOf(check.Access);
            }
            catch (Exception e) when (IsExpected(e))
            {
                history.Note($"user{person}: {e.GetType().Name} {e.Message}");
            }

            (check.Ended, check.EndedAt) = (world.Mark(), world.Now);
            history.Note(check.ToString());
        }
    }

    // A token has the person's groups as the issuer knows them. None is issued for a blocked account.
    private void Issue(int person)
    {
        var known = graph.At(world.Now - (tokenLag * dice.Below(4) / 3));
        if (!graph.Now.IsEnabled(person))
        {
            return;
        }

        var issued = World.Start.AddSeconds(Math.Floor(world.Now.TotalSeconds));
        var id = new PersonId(Graph.Tenant, Graph.PersonId(person));
        var profile = new UserProfile($"user{person}", null, UserType.Member);
        tokens[person].Add((overage & (1 << person)) != 0
            ? new(id, issued, profile, [], LeavesGroupsOut: true)
            : SignIn.Create(id, issued, profile, Graph.Ids(known.GroupsOf(person))));
    }

    private void Change()
    {
        var workspace = dice.Pick(cluster.Workspaces);
        switch (dice.Below(3))
        {
            case 0:
                Appoint(workspace, dice.Below(Graph.Persons));
                break;
            default:
                Grant();
                break;
        }
    }

    // As the agreement does it: the person is told before the policy names them, and after it no longer does.
    private async void Appoint(SimulatedWorkspace workspace, int person)
    {
        changes++;
        var (of, version) = (grains.GetGrain<IContactIndex>(Cluster.User(person).Key), changes);
        try
        {
            if ((workspace.Now.Contacts & (1 << person)) == 0)
            {
                await of.AddAll([workspace.Id], version);
                await workspace.Name(person);
                history.Note($"user{person} is a contact of workspace {workspace.Id[^1]}");
            }
            else
            {
                await workspace.Unname(person);
                history.Note($"user{person} is no contact of workspace {workspace.Id[^1]} any more");
                await of.RemoveAll([workspace.Id], version);
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            history.Note($"user{person} is not told of the contract: {e.GetType().Name} {e.Message}");
        }
    }

    // As the workspace does it: a group is known before the policy names it, and for a while after it does.
    private async void Grant()
    {
        changes++;
        var (workspace, group) = (dice.Pick(cluster.Workspaces), dice.Below(Grantable));
        var (id, of) = (Graph.GroupId(group), cluster.Groups[group]);
        if ((workspace.Now.Groups & (1 << group)) == 0)
        {
            of.Set(of.WorkspaceIds.Add(workspace.Id));
            if (!cluster.Ids.Ids.Contains(id))
            {
                await cluster.Ids.Add(KnownIds.GroupsOf(Graph.Tenant), id);
            }

            await workspace.Grant(group);
            history.Note($"group {(char)('A' + group)} is granted in workspace {workspace.Id[^1]}");
        }
        else
        {
            await workspace.Revoke(group);
            history.Note($"group {(char)('A' + group)} is revoked in workspace {workspace.Id[^1]}");
        }
    }

    private async void Poll(bool again)
    {
        if (!isPolling || again)
        {
            isPolling = true;
            var (begun, begunAt, isComplete) = (world.Mark(), world.Now, false);
            try
            {
                isComplete = await grains.GetGrain<IDirectoryFollower>(Cluster.Follower.Key).Poll();
            }
            catch (Exception e) when (IsExpected(e))
            {
                history.Note($"the round: {e.GetType().Name} {e.Message}");
            }

            isPolling = false;
            history.Note($"the round that began at {begunAt.TotalSeconds:F3} is {(isComplete ? "complete" : "incomplete")}");
            if (isComplete)
            {
                history.Rounds.Add(new(begun, begunAt, world.Mark(), world.Now));
            }
            else
            {
                incomplete++;
            }
        }

        if (again)
        {
            world.After(poll, world.Outside, () => Poll(again: true));
        }
    }

    private static bool IsExpected(Exception e) => e is TimeoutException or StorageUnavailableException or IOException;

    private void Now(Action happens)
    {
        world.After(TimeSpan.Zero, world.Outside, happens);
        world.RunUntil(world.Now);
    }
}
