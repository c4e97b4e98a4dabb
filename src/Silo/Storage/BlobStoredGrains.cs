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

    public async IAsyncEnumerable<string> Keys(string grainType, string stateName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = $"{stateName}-{grainType}/";
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken))
        {
            yield return blob.Name[prefix.Length..^Suffix.Length];
        }
    }
}
