using EngageCenter.Storage;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using Orleans.Reminders.AzureStorage;

namespace EngageCenter.Reminders;

/// <summary>
/// Configures where the silo keeps its reminders, so that what grains have scheduled survives the silo. Reminders belong to
/// the cluster: all silos read the same ones, and each silo calls the grains of its part.
/// </summary>
internal static class ReminderHosting
{
    private const string Section = "Orleans:Reminders";

    /// <summary>
    /// Adds the reminder table that <c>Orleans:Reminders</c> configures. Without that section, reminders are kept with the
    /// members of the cluster: in its Redis or Azure account, or, for a cluster on one machine, in the SQLite file, whatever
    /// storage grains use.
    /// </summary>
    /// <exception cref="OrleansConfigurationException">The clustering provider has no place for reminders.</exception>
    public static ISiloBuilder AddReminderTable(this ISiloBuilder silo)
    {
        if (silo.Configuration.GetSection(Section).Exists())
        {
            return silo; // Orleans has configured it.
        }

        return silo.Configuration["Orleans:Clustering:ProviderType"] switch
        {
            // The silos of a development cluster are on one machine and share the file, as for grain state.
            null or "Development" => silo.AddSqliteReminders(),
            "Redis" or "AzureRedisCache" => silo.AddRedisRemindersOfTheCluster(),
            "AzureTableStorage" => silo.AddTableRemindersOfTheCluster(),
            var provider => throw new OrleansConfigurationException(
                $"Orleans:Clustering:ProviderType is '{provider}', which has no place for reminders: set {Section}:ProviderType "
                + "('Redis', 'AzureTableStorage', 'AdoNet' or another reminder provider of the silo) and the settings of that provider."),
        };
    }

    // Uses the cluster's Redis, whether it is configured by a connection string or by a registered client.
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

    // Uses a table beside the one with the members, with the client of AddClusterTables.
    private static ISiloBuilder AddTableRemindersOfTheCluster(this ISiloBuilder silo)
    {
        silo.UseAzureTableReminderService((OptionsBuilder<AzureTableReminderStorageOptions> reminders) =>
            reminders.Configure<IOptions<AzureStorageClusteringOptions>>((options, members) => options.TableServiceClient = members.Value.TableServiceClient!));
        return silo;
    }
}
