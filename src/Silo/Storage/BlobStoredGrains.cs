using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace EngageCenter.Storage;

/// <summary>
/// Which grains a container of Azure Blob Storage has blobs of: those named <c>{stateName}-{grainType}/{key}.json</c>, as both
/// providers of the type <c>AzureBlobStorage</c> name them.
/// </summary>
/// <param name="section">That of the storage provider, which finds its container by the same settings.</param>
internal sealed class BlobStoredGrains(IServiceProvider services, IConfigurationSection section) : IStoredGrains
{
    private const string DefaultContainer = "grainstate";
    private const string Suffix = ".json";

    public async IAsyncEnumerable<string> Keys(string grainType, string stateName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = $"{stateName}-{grainType}/";
        await foreach (var blob in Container().GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken))
        {
            yield return blob.Name[prefix.Length..^Suffix.Length];
        }
    }

    private BlobContainerClient Container()
    {
        var container = section["ContainerName"] is { Length: > 0 } configured ? configured : DefaultContainer;
        return Account().GetBlobContainerClient(container);
    }

    private BlobServiceClient Account()
    {
        if (section["ServiceKey"] is { Length: > 0 } key)
        {
            return services.GetRequiredKeyedService<BlobServiceClient>(key);
        }

        var connection = section["ConnectionString"];
        if (string.IsNullOrEmpty(connection) && section["ConnectionName"] is { Length: > 0 } name)
        {
            connection = services.GetRequiredService<IConfiguration>().GetConnectionString(name);
        }

        return Uri.TryCreate(connection, UriKind.Absolute, out var address)
            ? new BlobServiceClient(address, BlobClients.Options())
            : new BlobServiceClient(connection, BlobClients.Options());
    }
}
