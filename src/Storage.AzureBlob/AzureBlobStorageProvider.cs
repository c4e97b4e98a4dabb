using Azure.Storage.Blobs;
using EngageCenter.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

// The name and the keys of Microsoft.Orleans.Persistence.AzureStorage, so that either serves the same configuration.
[assembly: RegisterProvider("AzureBlobStorage", "GrainStorage", "Silo", typeof(AzureBlobStorageProvider))]

namespace EngageCenter.Storage;

/// <summary>Reads <c>Orleans:GrainStorage:&lt;name&gt;</c> where its <c>ProviderType</c> is <c>AzureBlobStorage</c>.</summary>
/// <remarks>
/// <list type="table">
/// <item><term><c>ContainerName</c></term><description><c>grainstate</c>. Created when the silo starts.</description></item>
/// <item><term><c>ServiceKey</c></term><description>The key of a <see cref="BlobServiceClient"/> among the services.</description></item>
/// <item><term><c>ConnectionString</c></term><description>Without a service key: a connection string of Azure Storage, or
/// the address of an account with a shared access signature.</description></item>
/// <item><term><c>ConnectionName</c></term><description>Without either: the name of one in <c>ConnectionStrings</c>.</description></item>
/// <item><term><c>SerializerKey</c></term><description>The key of an <see cref="IGrainStorageSerializer"/> among the services.
/// Without it the one with the provider's name, or the silo's.</description></item>
/// </list>
/// </remarks>
internal sealed class AzureBlobStorageProvider : IProviderBuilder<ISiloBuilder>
{
    public const string DefaultContainer = "grainstate";

    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        ArgumentNullException.ThrowIfNull(name);
        builder.Services.AddGrainStorage(name, (services, provider) => Create(services, provider, configurationSection));
    }

    private static AzureBlobGrainStorage Create(IServiceProvider services, string name, IConfigurationSection section) => new(
        name,
        Container(services, section),
        Serializer(services, name, section),
        services.GetRequiredService<IActivatorProvider>(),
        services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILogger<AzureBlobGrainStorage>>());

    private static BlobContainerClient Container(IServiceProvider services, IConfigurationSection section)
    {
        var container = section["ContainerName"] is { Length: > 0 } configured ? configured : DefaultContainer;
        if (!IsContainerName(container))
        {
            throw new OrleansConfigurationException(
                $"{section.Path}:ContainerName is '{container}'. A container has 3 to 63 lower-case letters, digits and single hyphens between them.");
        }

        return Service(services, section).GetBlobContainerClient(container);
    }

    private static BlobServiceClient Service(IServiceProvider services, IConfigurationSection section)
    {
        if (section["ServiceKey"] is { Length: > 0 } key)
        {
            return services.GetKeyedService<BlobServiceClient>(key)
                ?? throw new OrleansConfigurationException($"{section.Path}:ServiceKey is '{key}', and no BlobServiceClient has that key.");
        }

        var (setting, connection) = ($"{section.Path}:ConnectionString", section["ConnectionString"]);
        if (string.IsNullOrEmpty(connection) && section["ConnectionName"] is { Length: > 0 } connectionName)
        {
            (setting, connection) = ($"ConnectionStrings:{connectionName}", services.GetRequiredService<IConfiguration>().GetConnectionString(connectionName));
        }

        if (string.IsNullOrEmpty(connection))
        {
            throw new OrleansConfigurationException(
                $"{section.Path} names no account: ServiceKey, ConnectionString and the connection string of ConnectionName are missing.");
        }

        try
        {
            return Uri.TryCreate(connection, UriKind.Absolute, out var address)
                ? new BlobServiceClient(address, BlobClients.Options())
                : new BlobServiceClient(connection, BlobClients.Options());
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // Without the value, which holds a secret.
            throw new OrleansConfigurationException($"{setting} is no connection string of Azure Storage: {e.Message}");
        }
    }

    private static IGrainStorageSerializer Serializer(IServiceProvider services, string name, IConfigurationSection section) =>
        section["SerializerKey"] is { Length: > 0 } key
            ? services.GetRequiredKeyedService<IGrainStorageSerializer>(key)
            : services.GetKeyedService<IGrainStorageSerializer>(name) ?? services.GetRequiredService<IGrainStorageSerializer>();

    private static bool IsContainerName(string name) =>
        name.Length is >= 3 and <= 63
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);
}
