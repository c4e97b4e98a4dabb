using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace EngageCenter.Storage;

/// <summary>
/// Lists the grains that have blobs in a container of Azure Blob Storage. Orleans' provider names the blobs
/// <c>{stateName}-{grainType}/{key}.json</c>.
/// </summary>
internal sealed class BlobStoredGrains(BlobContainerClient container) : IStoredGrains
{
    private const string Suffix = ".json";

    public async IAsyncEnumerable<string> Keys(string grainType, string stateName, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = $"{stateName}-{grainType}/";
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, folder + prefix, cancellationToken))
        {
            yield return blob.Name[folder.Length..^Suffix.Length];
        }
    }
}
