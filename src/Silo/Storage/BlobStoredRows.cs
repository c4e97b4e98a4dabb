using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace EngageCenter.Storage;

/// <summary>
/// Reads the rows of a container of Azure Blob Storage, <c>{name}-{grainType}/{key}.json</c>. Rows that change meanwhile are
/// read as they are at that moment.
/// </summary>
internal sealed class BlobStoredRows(BlobContainerClient container) : IStoredRows
{
    private const string Suffix = ".json";

    public async IAsyncEnumerable<StoredRow> All([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, cancellationToken))
        {
            var slash = blob.Name.IndexOf('/', StringComparison.Ordinal);
            var folder = slash < 0 ? "" : blob.Name[..slash];
            var kind = StoredRowKind.All.FirstOrDefault(k =>
                folder.EndsWith($"-{k.GrainType}", StringComparison.Ordinal) && k.Is(folder[..^(k.GrainType.Length + 1)]));
            if (kind is null || !blob.Name.EndsWith(Suffix, StringComparison.Ordinal))
            {
                yield return new("", blob.Name, "of a blob", ReadOnlyMemory<byte>.Empty);
            }
            else if (blob.Properties.ContentLength == 0)
            {
                yield return new(kind.GrainType, blob.Name[(slash + 1)..^Suffix.Length], folder[..^(kind.GrainType.Length + 1)], ReadOnlyMemory<byte>.Empty);
            }
            else if (await Download(blob.Name, cancellationToken) is { } content)
            {
                yield return new(kind.GrainType, blob.Name[(slash + 1)..^Suffix.Length], folder[..^(kind.GrainType.Length + 1)], content);
            }
        }
    }

    public Task<ReadOnlyMemory<byte>?> Find(string grainType, string key, string name, CancellationToken cancellationToken) =>
        Download($"{name}-{grainType}/{key}{Suffix}", cancellationToken);

    private async Task<ReadOnlyMemory<byte>?> Download(string blob, CancellationToken cancellationToken)
    {
        try
        {
            return (await container.GetBlobClient(blob).DownloadContentAsync(cancellationToken)).Value.Content.ToMemory();
        }
        catch (Azure.RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return default(ReadOnlyMemory<byte>?);
        }
    }
}
