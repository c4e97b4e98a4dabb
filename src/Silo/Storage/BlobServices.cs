using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EngageCenter.Storage;

/// <summary>
/// The clients that a storage provider of the type <c>AzureBlobStorage</c> names by its <c>ServiceKey</c>. Under the
/// key, <c>ConnectionStrings</c> has either a connection string of Azure Storage, or the address of an account, which
/// the silo then enters by its identity in Entra ID: a managed identity in Azure, the developer's own elsewhere.
/// </summary>
internal static class BlobServices
{
    public static ISiloBuilder AddBlobServices(this ISiloBuilder silo)
    {
        var keys = silo.Configuration.GetSection("Orleans:GrainStorage").GetChildren()
            .Where(storage => storage["ProviderType"] == "AzureBlobStorage")
            .Select(storage => storage["ServiceKey"])
            .Where(key => !string.IsNullOrEmpty(key));
        foreach (var key in keys)
        {
            silo.Services.TryAddKeyedSingleton(key, (services, _) => Client($"ConnectionStrings:{key}", services.GetRequiredService<IConfiguration>()));
        }

        return silo;
    }

    private static BlobServiceClient Client(string setting, IConfiguration configuration)
    {
        var connection = configuration[setting];
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new OrleansConfigurationException($"{setting} is missing: the address of an account of Azure Storage, or a connection string.");
        }

        try
        {
            return Uri.TryCreate(connection, UriKind.Absolute, out var account)
                ? new BlobServiceClient(account, new DefaultAzureCredential(), BlobClients.Options())
                : new BlobServiceClient(connection, BlobClients.Options());
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // Without the value, which may hold a secret.
            throw new OrleansConfigurationException($"{setting} is neither the https address of an account of Azure Storage nor a connection string: {e.Message}");
        }
    }
}
