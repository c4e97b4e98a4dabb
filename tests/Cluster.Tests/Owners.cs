namespace EngageCenter.Cluster.Tests;

/// <summary>Finds out which silos have activations of workspaces.</summary>
internal static class Owners
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    /// <summary>Returns the workspaces that still have activations on more than one silo after all have settled.</summary>
    public static async Task<IReadOnlyList<string>> MoreThanOne(RunningCluster cluster, IReadOnlyList<string> workspaces)
    {
        await using var management = await Management.Of(cluster);
        IReadOnlyList<string> several = [];
        try
        {
            await Until.True(
                async () =>
                {
                    ILookup<string, Node> owners;
                    try
                    {
                        owners = await management.Activations("workspace");
                    }
                    catch (InvalidOperationException)
                    {
                        // A silo whose Redis does not answer yet throws an exception that has no codec here; it is asked again.
                        return false;
                    }

                    several = [.. owners.Where(o => o.Count() > 1).Select(o => $"{o.Key} has {o.Count()} owners")];
                    return several.Count == 0 && workspaces.All(owners.Contains);
                },
                bound, "each workspace has an owner, and no other");
        }
        catch (TimeoutException) when (several.Count > 0)
        {
            return several;
        }

        return several;
    }
}
