using System.Collections.Concurrent;
using System.Collections.Immutable;
using EngageCenter.Assessments;

namespace EngageCenter.LoadTests;

/// <summary>The scenarios by name.</summary>
internal static class Scenarios
{
    public const string Mix = "mix";

    /// <summary>All scenarios that are not a mix of others.</summary>
    public static ImmutableArray<string> Single { get; } =
    [
        "decide", "check", "evaluate", "me-workspaces", "home", "switch", "grant-revoke", "cases", "insights", "account-team", "activities", "proof", "put-activity",
        "assessments", "recommendations", "runs", "courses", "transcript", "consumption", "learn",
    ];

    public static ImmutableArray<string> All { get; } = [.. Single, Mix];

    /// <summary>
    /// A usual mix. People mostly read; one in a hundred operations changes rights. Assessments run about once a week, which is too
    /// rare to be in it.
    /// </summary>
    public static MixWeights DefaultMix { get; } = new(
    [
        ("check", 50), ("me-workspaces", 10), ("home", 10), ("switch", 4), ("insights", 4), ("cases", 4), ("grant-revoke", 1), ("account-team", 1),
        ("activities", 3), ("proof", 2), ("put-activity", 2), ("assessments", 2), ("recommendations", 2), ("courses", 2), ("transcript", 1), ("consumption", 1), ("learn", 1),
    ]);

    /// <param name="weights">The weights of the mix.</param>
    public static Scenario Of(string name, SeededCluster cluster, MixWeights weights) =>
        name == Mix ? MixOf(cluster, weights) : new(name, OperationsOf(name, cluster));

    /// <summary>Returns how many operations can run at the same time in each workspace, because a change uses its slot alone. Null for any number.</summary>
    public static int? MostUnderWay(string name, MixWeights weights) => name switch
    {
        "grant-revoke" or "cases" or "put-activity" or "learn" => DatasetSize.SlotsPerWorkspace,
        "runs" => TechnologyTable.All.Length,
        Mix => weights.Of.Min(w => MostUnderWay(w.Scenario, weights)),
        _ => null,
    };

    private static Func<Random, Operation> OperationsOf(string name, SeededCluster cluster)
    {
        switch (name)
        {
            case "decide":
                return random => Of(Anybody(random), random.Next(cluster.WorkspaceIds.Length), (v, w) => v.DecideAsync(w));
            case "check":
                return random => Of(Anybody(random), random.Next(cluster.WorkspaceIds.Length), (v, w) => v.CheckAsync(w));
            case "evaluate":
                return random => Of(Anybody(random), random.Next(cluster.WorkspaceIds.Length), (v, w) => v.EvaluateAsync(w));
            case "me-workspaces":
                return random => Of(Anybody(random), 0, (v, _) => v.ListAsync());
            case "home":
                return random => Of(Anybody(random), 0, (v, _) => v.GoHomeAsync());
            case "switch":
                return random => OfMember(random, (v, w) => v.SwitchAsync(w));
            case "insights":
                return random => OfMember(random, (v, w) => v.ReadInsightsAsync(w));
            case "account-team":
                return random => OfMember(random, (v, w) => v.ReadTeamAsync(w));
            case "activities":
                return random => OfMember(random, (v, w) => v.ReadActivitiesAsync(w));
            case "proof":
                return random => OfMember(random, (v, w) => v.ReadProofAsync(w));
            case "assessments":
                return random => OfMember(random, (v, w) => v.ReadAssessmentsAsync(w));
            case "recommendations":
                return random => TechnologyTable.All[random.Next(TechnologyTable.All.Length)] is var technology
                    ? OfMember(random, (v, w) => v.ReadRecommendationsAsync(w, technology.Id)) : default;
            case "courses":
                return random => Of(Anybody(random), random.Next(DatasetSize.Courses / 10), (v, tens) => v.SearchCoursesAsync(tens));
            case "transcript":
                return random => new(name, cluster.EnrollmentBlocks[random.Next(cluster.EnrollmentBlocks.Length)].ReadTranscriptAsync);
            case "consumption":
                return random => OfMember(random, (v, w) => v.ReadConsumptionAsync(w));
            case "grant-revoke":
                return InTurns(cluster.ChangingGroups, Change);
            case "cases":
                return InTurns(cluster.CaseBlocks, block => new(name, block.UpdateAsync));
            case "put-activity":
                return InTurns(cluster.ActivityBlocks, block => new(name, block.PutAsync));
            case "learn":
                return InTurns(cluster.EnrollmentBlocks, block => new(name, block.MoveOnAsync));
            case "runs":
                return InTurns(cluster.Technologies, one => one.IsRunning ? new("run-results", one.ReportAsync) : new("start-run", one.StartAsync));
            default:
                throw new ArgumentException($"There is no scenario '{name}'.", nameof(name));
        }

        Visitor Anybody(Random random) => cluster.Visitors[random.Next(cluster.Visitors.Length)];

        Operation Of(Visitor visitor, int number, Func<Visitor, int, Task> act) => new(name, () => act(visitor, number));

        Operation OfMember(Random random, Func<Visitor, int, Task> act) =>
            Anybody(random) is var visitor ? Of(visitor, visitor.Workspaces[random.Next(visitor.Workspaces.Length)], act) : default;
    }

    // If it is unknown whether the group is granted, it is revoked, which is correct in both cases.
    private static Operation Change(ChangingGroup group)
    {
        var grant = group.IsGranted == false;
        return new(grant ? "grant" : "revoke", () => group.SetAsync(grant), group.ConfirmAsync);
    }

    // Each item is used by one operation at a time. The options ensure that there are at least as many items as operations.
    private static Func<Random, Operation> InTurns<T>(ImmutableArray<T> all, Func<T, Operation> next)
    {
        var free = new ConcurrentQueue<T>(all);
        return _ => free.TryDequeue(out var one)
            ? next(one) with { Release = () => free.Enqueue(one) }
            : throw new InvalidOperationException("More operations are under way than there are slots.");
    }

    private static Scenario MixOf(SeededCluster cluster, MixWeights weights)
    {
        var parts = weights.Of.Select(w => (w.Weight, Next: OperationsOf(w.Scenario, cluster))).ToImmutableArray();
        var sum = parts.Sum(p => p.Weight);
        return new(Mix, random =>
        {
            var draw = random.Next(sum);
            foreach (var (weight, next) in parts)
            {
                if (draw < weight)
                {
                    return next(random);
                }

                draw -= weight;
            }

            throw new InvalidOperationException("The weights do not add up.");
        });
    }
}
