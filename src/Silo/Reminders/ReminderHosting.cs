using EngageCenter.Storage;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using Orleans.Reminders.AzureStorage;

namespace EngageCenter.Reminders;

/// <summary>
/// Where the silo keeps its reminders, so that what a grain has planned survives the silo. They belong to the cluster: each
/// silo reads the same ones, and rings for the grains of its part.
/// </summary>
internal static class ReminderHosting
{
    private const string Section = "Orleans:Reminders";

    /// <summary>
    /// As <c>Orleans:Reminders</c> says. If it says nothing, with the members of the cluster: in the Redis or the Azure account
    /// that has them, or, for a cluster on one machine, in the SQLite file, whichever storage the grains have.
    /// </summary>
    /// <exception cref="OrleansConfigurationException">A provider of clustering that has no place for reminders.</exception>
    public static ISiloBuilder AddReminderTable(this ISiloBuilder silo)
    {
        if (silo.Configuration.GetSection(Section).Exists())
        {
            return silo; // Orleans has read it.
        }

        return silo.Configuration["Orleans:Clustering:ProviderType"] switch
        {
            // Silos of a development cluster are on one machine and share the file, as they do for the grains' state.
            null or "Development" => silo.AddSqliteReminders(),
            "Redis" or "AzureRedisCache" => silo.AddRedisRemindersOfTheCluster(),
            "AzureTableStorage" => silo.AddTableRemindersOfTheCluster(),
            var provider => throw new OrleansConfigurationException(
                $"Orleans:Clustering:ProviderType is '{provider}', which does not say where reminders are kept: set {Section}:ProviderType "
                + "('Redis', 'AzureTableStorage', 'AdoNet' or another provider of reminders that the silo has) and what that provider needs."),
        };
    }

    // However that Redis is named, by a connection string or by a client among the services.
    private static ISiloBuilder AddRedisRemindersOfTheCluster(this ISiloBuilder silo)
    {
        silo.UseRedisReminderService(_ => { });
        silo.Services.AddOptions<RedisReminderTableOptions>().Configure<IOptions<RedisClusteringOptions>>((reminders, clustering) =>
        {
            var members = clustering.Value;
            reminders.ConfigurationOptions = members.ConfigurationOptions;
            reminders.CreateMultiplexer = _ => members.CreateMultiplexer(members);
        });
        return silo;
    }

    // In a table beside that of the members, by the client of AddClusterTables.
    private static ISiloBuilder AddTableRemindersOfTheCluster(this ISiloBuilder silo)
    {
        silo.UseAzureTableReminderService((OptionsBuilder<AzureTableReminderStorageOptions> reminders) =>
            reminders.Configure<IOptions<AzureStorageClusteringOptions>>((options, members) => options.TableServiceClient = members.Value.TableServiceClient!));
        return silo;
    }
}
