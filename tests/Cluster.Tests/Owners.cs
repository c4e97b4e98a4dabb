using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using StackExchange.Redis;

namespace EngageCenter.Cluster.Tests;

/// <summary>Asks every silo, by Orleans' own management, which grains it runs.</summary>
internal static class Owners
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    /// <summary>Workspaces that more than one silo has an activation of, once all have settled.</summary>
    public static async Task<IReadOnlyList<string>> MoreThanOne(RunningCluster cluster, IReadOnlyList<string> workspaces)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleansClient(client => client
            .UseRedisClustering(redis => redis.ConfigurationOptions = ConfigurationOptions.Parse(cluster.Redis.ConnectionString))
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (RunningCluster.ClusterId, EngageCenterService.DefaultId)));
        using var host = builder.Build();
        await host.StartAsync();
        var management = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        IReadOnlyList<string> several = [];
        try
        {
            await Until.True(
                async () =>
                {
                    var running = await management.GetDetailedGrainStatistics();
                    var owners = running.Select(r => r.GrainId).Where(id => id.Type.ToString() == "workspace").CountBy(id => id.Key.ToString()!).ToList();
                    several = [.. owners.Where(o => o.Value > 1).Select(o => $"{o.Key} has {o.Value} owners")];
                    return several.Count == 0 && workspaces.All(w => owners.Any(o => o.Key == w));
                },
                bound, "each workspace has an owner, and no other");
        }
        catch (TimeoutException) when (several.Count > 0)
        {
            return several;
        }
        finally
        {
            await host.StopAsync();
        }

        return several;
    }
}
