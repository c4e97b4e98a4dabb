using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>The scenarios by name.</summary>
internal static class Scenarios
{
    public const string Mix = "mix";

    /// <summary>All that is not a mix of others.</summary>
    public static ImmutableArray<string> Single { get; } = ["decide", "check", "me-workspaces", "home", "switch", "grant-revoke", "cases", "insights"];

    public static ImmutableArray<string> All { get; } = [.. Single, Mix];

    /// <summary>What people do most of the time is look; of a hundred things one changes who may what.</summary>
    public static MixWeights DefaultMix { get; } =
        new([("check", 60), ("me-workspaces", 12), ("home", 12), ("switch", 5), ("insights", 6), ("cases", 4), ("grant-revoke", 1)]);

    /// <param name="weights">Of the mix.</param>
    public static Scenario Of(string name, SeededCluster cluster, MixWeights weights) =>
        name == Mix ? MixOf(cluster, weights) : new(name, OperationsOf(name, cluster));

    /// <summary>Whether each of its operations needs a slot of its own, see <see cref="DatasetSize.SlotsPerWorkspace"/>.</summary>
    public static bool NeedsSlots(string name, MixWeights weights) => name switch
    {
        "grant-revoke" or "cases" => true,
        Mix => weights.Of.Any(w => NeedsSlots(w.Scenario, weights)),
        _ => false,
    };

    private static Func<Random, Operation> OperationsOf(string name, SeededCluster cluster)
    {
        switch (name)
        {
            case "decide":
                return random => Of(Anybody(random), random.Next(cluster.WorkspaceIds.Length), (v, w) => v.DecideAsync(w));
            case "check":
                return random => Of(Anybody(random), random.Next(cluster.WorkspaceIds.Length), (v, w) => v.CheckAsync(w));
            case "me-workspaces":
                return random => Of(Anybody(random), 0, (v, _) => v.ListAsync());
            case "home":
                return random => Of(Anybody(random), 0, (v, _) => v.GoHomeAsync());
            case "switch":
                return random => OfMember(random, (v, w) => v.SwitchAsync(w));
            case "insights":
                return random => OfMember(random, (v, w) => v.ReadInsightsAsync(w));
            case "grant-revoke":
                var groups = new ConcurrentQueue<ChangingGroup>(cluster.ChangingGroups);
                return _ => Change(groups);
            case "cases":
                var blocks = new ConcurrentQueue<CaseBlock>(cluster.CaseBlocks);
                return _ => Taken(blocks) is var block ? new(name, block.UpdateAsync, null, () => blocks.Enqueue(block)) : default;
            default:
                throw new ArgumentException($"There is no scenario '{name}'.", nameof(name));
        }

        Visitor Anybody(Random random) => cluster.Visitors[random.Next(cluster.Visitors.Length)];

        Operation Of(Visitor visitor, int workspace, Func<Visitor, int, Task> act) => new(name, () => act(visitor, workspace));

        Operation OfMember(Random random, Func<Visitor, int, Task> act) =>
            Anybody(random) is var visitor ? Of(visitor, visitor.Workspaces[random.Next(visitor.Workspaces.Length)], act) : default;
    }

    // A group of which nobody knows whether it is granted is revoked, which is the same either way.
    private static Operation Change(ConcurrentQueue<ChangingGroup> groups)
    {
        var group = Taken(groups);
        var grant = group.IsGranted == false;
        return new(grant ? "grant" : "revoke", () => group.SetAsync(grant), group.ConfirmAsync, () => groups.Enqueue(group));
    }

    // The options see to it that there are as many as operations under way.
    private static T Taken<T>(ConcurrentQueue<T> free) =>
        free.TryDequeue(out var one) ? one : throw new InvalidOperationException("More operations are under way than there are slots.");

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
