using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EngageCenter;

/// <summary>
/// The client of the Azure Tables in which a cluster keeps its members, if <c>Orleans:Clustering:ProviderType</c> is
/// <c>AzureTableStorage</c> and <c>Orleans:Clustering:ServiceKey</c> names one. Under that key <c>ConnectionStrings</c> has a
/// connection string of Azure Storage, or the address of an account's tables, which the host then enters by its identity
/// in Entra ID: a managed identity in Azure, the developer's own elsewhere.
/// </summary>
public static class ClusterTables
{
    /// <summary>For one attempt. The SDK's own bound is 100 s; a silo that cannot renew its row for a while is declared dead.</summary>
    private static readonly TimeSpan attemptTimeout = TimeSpan.FromSeconds(5);

    /// <exception cref="SettingException">The connection is missing or not usable; the message names its setting, without the value.</exception>
    public static ISiloBuilder AddClusterTables(this ISiloBuilder silo)
    {
        Add(silo.Services, silo.Configuration);
        return silo;
    }

    /// <inheritdoc cref="AddClusterTables(ISiloBuilder)"/>
    public static IClientBuilder AddClusterTables(this IClientBuilder client)
    {
        Add(client.Services, client.Configuration);
        return client;
    }

    private static void Add(IServiceCollection services, IConfiguration configuration)
    {
        var clustering = configuration.GetSection("Orleans:Clustering");
        if (clustering["ProviderType"] == "AzureTableStorage" && clustering["ServiceKey"] is { Length: > 0 } key)
        {
            services.TryAddKeyedSingleton(key, Client($"ConnectionStrings:{key}", configuration));
        }
    }

    private static TableServiceClient Client(string setting, IConfiguration configuration)
    {
        var connection = configuration[setting];
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new SettingException($"{setting} is missing: the address of the tables of an Azure account, or a connection string.");
        }

        var options = new TableClientOptions { Retry = { Mode = RetryMode.Exponential, NetworkTimeout = attemptTimeout } };
        try
        {
            return Uri.TryCreate(connection, UriKind.Absolute, out var account)
                ? new TableServiceClient(account, new DefaultAzureCredential(), options)
                : new TableServiceClient(connection, options);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Without the value, which may hold a secret.
            throw new SettingException($"{setting} is neither the https address of an account's tables nor a connection string: {e.Message}");
        }
    }
}
