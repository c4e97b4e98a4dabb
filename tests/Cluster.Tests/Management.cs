using System.Globalization;
using Azure.Data.Tables;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using StackExchange.Redis;

namespace EngageCenter.Cluster.Tests;

/// <summary>Asks Orleans about a cluster. This activates no grain of the service.</summary>
internal sealed class Management : IAsyncDisposable
{
    private readonly RunningCluster cluster;
    private readonly IHost host;

    private Management(RunningCluster cluster)
    {
        this.cluster = cluster;
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(cluster.Tls.Settings()!);
        builder.UseOrleansClient(client => FindMembers(client.AddClusterTls(isRemote: true))
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (RunningCluster.ClusterId, EngageCenterService.DefaultId)));
        host = builder.Build();
    }

    private IReminderTable Reminders => host.Services.GetRequiredService<IReminderTable>();

    public static async Task<Management> Of(RunningCluster cluster)
    {
        var management = new Management(cluster);
        try
        {
            await management.host.StartAsync();
            await management.Reminders.StartAsync();
            return management;
        }
        catch
        {
            await management.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the silos that run each grain of a type, by the grain's key. There can be more than one if an activation is outdated.</summary>
    public async Task<ILookup<string, Node>> Activations(string grainType) =>
        (await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics())
            .Where(activation => activation.GrainId.Type.ToString() == grainType)
            .ToLookup(activation => activation.GrainId.Key.ToString()!, activation => SiloAt(activation.SiloAddress));

    /// <summary>Returns when a workspace's reminder for assessments is due, from the table itself, so that no silo has to run.</summary>
    public async Task<DateTimeOffset?> AssessmentsReminder(string workspace) =>
        await Reminders.ReadRow(GrainId.Create("assessments", workspace), "schedule") is { } entry
            ? new DateTimeOffset(DateTime.SpecifyKind(entry.StartAt, DateTimeKind.Utc)) // which Azure's table does not say
            : null;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await host.StopAsync();
        }
        finally
        {
            host.Dispose();
        }
    }

    private IClientBuilder FindMembers(IClientBuilder client)
    {
        if (cluster.Redis is null)
        {
            TableServiceClient tables = new(cluster.Azurite!.ConnectionString);
            client.Services.UseAzureTableReminderService(options => options.TableServiceClient = tables);
            return client.UseAzureStorageClustering(options => options.TableServiceClient = tables);
        }

        var redis = ConfigurationOptions.Parse(cluster.Redis.ConnectionString);
        client.Services.UseRedisReminderService(options => options.ConfigurationOptions = redis);
        return client.UseRedisClustering(options => options.ConfigurationOptions = redis);
    }

    private Node SiloAt(SiloAddress address) =>
        cluster.SiloNodes.Single(silo => silo.SiloPort == address.Endpoint.Port.ToString(CultureInfo.InvariantCulture));
}
