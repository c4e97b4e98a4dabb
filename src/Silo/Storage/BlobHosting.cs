using Azure.Storage.Blobs;
using Orleans.Configuration;
using Orleans.Providers;

namespace EngageCenter.Storage;

/// <summary>
/// Creates the clients of Orleans' provider <c>AzureBlobStorage</c> with the limits of <see cref="BlobClients"/>. Orleans
/// reads the other settings of <c>Orleans:GrainStorage:&lt;name&gt;</c>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term><c>ContainerName</c></term><description><c>grainstate</c> by default. Created when the silo
/// starts.</description></item>
/// <item><term><c>ServiceKey</c></term><description>The key of a <see cref="BlobServiceClient"/> in the service collection.
/// If there is none, it is created from <c>ConnectionStrings:&lt;ServiceKey&gt;</c>: a connection string of Azure Storage,
/// or the address of an account, with which the silo uses its identity in Entra ID.</description></item>
/// <item><term><c>ConnectionString</c></term><description>Used without a service key: a connection string of Azure Storage,
/// or the address of an account with a shared access signature.</description></item>
/// <item><term><c>ConnectionName</c></term><description>Used without either: the name of an entry in
/// <c>ConnectionStrings</c>.</description></item>
/// </list>
/// </remarks>
internal static class BlobHosting
{
    private const string ProviderType = "AzureBlobStorage";

    /// <exception cref="OrleansConfigurationException">
    /// A setting is not usable. The message names it, and leaves out a value that may contain a secret.
    /// </exception>
    public static ISiloBuilder AddBlobStorage(this ISiloBuilder silo)
    {
        foreach (var section in silo.Configuration.GetSection("Orleans:GrainStorage").GetChildren().Where(s => s["ProviderType"] == ProviderType))
        {
            var account = Account(silo.Services, section, silo.Configuration);
            var container = ContainerName(section);
            silo.Services.AddOptions<AzureBlobStorageOptions>(section.Key).PostConfigure<IServiceProvider>((options, services) =>
            {
                options.BlobServiceClient = account(services);
                options.BuildContainerFactory = (_, _) => new BlobContainer(container);
            });
            if (section.Key == ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            {
                silo.Services.AddSingleton<IStoredGrains>(services => new BlobStoredGrains(account(services).GetBlobContainerClient(container)));
                silo.Services.AddSingleton<IStoredRows>(services => new BlobStoredRows(account(services).GetBlobContainerClient(container)));
            }
        }

        return silo;
    }

    private static Func<IServiceProvider, BlobServiceClient> Account(IServiceCollection services, IConfigurationSection section, IConfiguration configuration)
    {
        if (section["ServiceKey"] is { Length: > 0 } key)
        {
            // A host may have registered its own client.
            if (!services.Any(s => s.ServiceType == typeof(BlobServiceClient) && key.Equals(s.ServiceKey)))
            {
                services.AddKeyedSingleton(key, AccountOf($"ConnectionStrings:{key}", configuration));
            }

            return provider => provider.GetRequiredKeyedService<BlobServiceClient>(key);
        }

        var client = AccountOf(section, configuration);
        return _ => client;
    }

    private static BlobServiceClient AccountOf(string setting, IConfiguration configuration)
    {
        var connection = configuration[setting];
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new OrleansConfigurationException($"{setting} is missing. Set it to the address of an Azure Storage account, or to a connection string.");
        }

        return Read(
            () => Uri.TryCreate(connection, UriKind.Absolute, out var account) ? BlobClients.CreateWithIdentity(account) : BlobClients.Create(connection),
            $"{setting} is neither the https address of an Azure Storage account nor a connection string");
    }

    private static BlobServiceClient AccountOf(IConfigurationSection section, IConfiguration configuration)
    {
        var (setting, connection) = ($"{section.Path}:ConnectionString", section["ConnectionString"]);
        if (string.IsNullOrEmpty(connection) && section["ConnectionName"] is { Length: > 0 } name)
        {
            (setting, connection) = ($"ConnectionStrings:{name}", configuration.GetConnectionString(name));
        }

        if (string.IsNullOrEmpty(connection))
        {
            throw new OrleansConfigurationException(
                $"{section.Path} names no account. Set ServiceKey, ConnectionString, or ConnectionName with its connection string.");
        }

        return Read(
            () => Uri.TryCreate(connection, UriKind.Absolute, out var address) ? BlobClients.Create(address) : BlobClients.Create(connection),
            $"{setting} is not a connection string of Azure Storage");
    }

    private static BlobServiceClient Read(Func<BlobServiceClient> create, string refusal)
    {
        try
        {
            return create();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // The message leaves out the value, which may contain a secret.
            throw new OrleansConfigurationException($"{refusal}: {e.Message}");
        }
    }

    private static string ContainerName(IConfigurationSection section)
    {
        var name = section["ContainerName"] is { Length: > 0 } configured ? configured : BlobContainer.DefaultName;
        return BlobContainer.IsName(name) ? name : throw new OrleansConfigurationException(
            $"{section.Path}:ContainerName is '{name}'; it must have 3 to 63 lower-case letters, digits, and single hyphens between them.");
    }
}
