using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;

namespace EngageCenter;

/// <summary>
/// Creates the client of the Azure Tables in which a cluster keeps its members, with limits on its time, if
/// <c>Orleans:Clustering:ProviderType</c> is <c>AzureTableStorage</c>. Orleans reads the other settings of the section.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term><c>ServiceKey</c></term><description>The key of a <see cref="TableServiceClient"/> in the service collection.
/// If there is none, it is created from <c>ConnectionStrings:&lt;ServiceKey&gt;</c>: a connection string of Azure Storage,
/// or the https address of an account's tables. With an address the host uses its identity in Entra ID: a managed identity
/// in Azure, the developer's own elsewhere.</description></item>
/// <item><term><c>ConnectionString</c></term><description>Used without a service key: a connection string of Azure Storage,
/// or the address of an account's tables with a shared access signature.</description></item>
/// <item><term><c>ConnectionName</c></term><description>Used without either: the name of an entry in
/// <c>ConnectionStrings</c>.</description></item>
/// </list>
/// </remarks>
public static class ClusterTables
{
    /// <summary>The time limit of one attempt. The SDK's own limit, 100 s, is longer than anything here waits for.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The number of further attempts if the store did not respond, or responded that it is busy or failed.
    /// </summary>
    public const int MaxRetries = 2;

    /// <exception cref="SettingException">
    /// The connection is missing or not usable. The message names the setting without its value.
    /// </exception>
    public static ISiloBuilder AddClusterTables(this ISiloBuilder silo)
    {
        if (Tables(silo.Services, silo.Configuration, services => services.GetRequiredService<IOptions<AzureStorageClusteringOptions>>().Value.TableName) is { } tables)
        {
            silo.Services.AddOptions<AzureStorageClusteringOptions>()
                .PostConfigure<IServiceProvider>((options, services) => options.TableServiceClient = tables(services));
        }

        return silo;
    }

    /// <inheritdoc cref="AddClusterTables(ISiloBuilder)"/>
    public static IClientBuilder AddClusterTables(this IClientBuilder client)
    {
        if (Tables(client.Services, client.Configuration, services => services.GetRequiredService<IOptions<AzureStorageGatewayOptions>>().Value.TableName) is { } tables)
        {
            client.Services.AddOptions<AzureStorageGatewayOptions>()
                .PostConfigure<IServiceProvider>((options, services) => options.TableServiceClient = tables(services));
        }

        return client;
    }

    private static Func<IServiceProvider, TableServiceClient>? Tables(
        IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, string> members)
    {
        var clustering = configuration.GetSection("Orleans:Clustering");
        if (clustering["ProviderType"] != "AzureTableStorage")
        {
            return null;
        }

        var access = new TablesAccess();
        string setting;
        Func<IServiceProvider, TableServiceClient> tables;
        if (clustering["ServiceKey"] is { Length: > 0 } key)
        {
            setting = $"ConnectionStrings:{key}";

            // A host may have registered its own client.
            if (!services.Any(s => s.ServiceType == typeof(TableServiceClient) && key.Equals(s.ServiceKey)))
            {
                services.AddKeyedSingleton(key, Client(configuration, setting, access, (account, options) => new(RequireHttps(account), Identity(), options)));
            }

            tables = provider => provider.GetRequiredKeyedService<TableServiceClient>(key);
        }
        else
        {
            setting = clustering["ConnectionString"] is null or "" && clustering["ConnectionName"] is { Length: > 0 } name
                ? $"ConnectionStrings:{name}"
                : $"{clustering.Path}:ConnectionString";
            var client = Client(configuration, setting, access, (account, options) => new(account, options));
            tables = _ => client;
        }

        services.AddHealthChecks().AddCheck("tables", access, tags: ["ready"]);
        services.AddSingleton<IHostedService>(provider => new TablesEntry(
            access, () => tables(provider).GetTableClient(members(provider)), setting, provider.GetRequiredService<ILogger<TablesAccess>>()));
        return tables;
    }

    private static TableServiceClient Client(
        IConfiguration configuration, string setting, TablesAccess access, Func<Uri, TableClientOptions, TableServiceClient> at)
    {
        var connection = configuration[setting];
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new SettingException($"{setting} is missing. Set it to the https address of the tables of an Azure account, or to a connection string.");
        }

        try
        {
            var options = new TableClientOptions();
            Bound(options.Retry);
            options.AddPolicy(access, HttpPipelinePosition.PerCall);
            return Uri.TryCreate(connection, UriKind.Absolute, out var account) ? at(account, options) : new(connection, options);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // The message leaves out the value, which may contain a secret.
            throw new SettingException($"{setting} is neither the https address of an account's tables nor a connection string: {e.Message}");
        }
    }

    // A token that is sent in plain text can be read by anybody on the network.
    private static Uri RequireHttps(Uri account) =>
        account.Scheme == Uri.UriSchemeHttps ? account : throw new FormatException($"It starts with {account.Scheme}:.");

    private static DefaultAzureCredential Identity()
    {
        var identity = new DefaultAzureCredentialOptions();
        Bound(identity.Retry);
        return new(identity);
    }

    private static void Bound(RetryOptions retry)
    {
        (retry.Mode, retry.MaxRetries, retry.NetworkTimeout) = (RetryMode.Exponential, MaxRetries, AttemptTimeout);
        (retry.Delay, retry.MaxDelay) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1));
    }
}
