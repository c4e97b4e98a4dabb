using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// Grain state as blobs, one for each state of a grain, in the format of Microsoft.Orleans.Persistence.AzureStorage:
/// the blob <c>{stateName}-{grainId}.json</c> with the serializer's bytes. Every write names the version that it
/// replaces, by its ETag, or that there must be none.
/// </summary>
/// <remarks>
/// A write or a clear against another version than the stored one throws <see cref="InconsistentStateException"/>. So
/// does a write whose first attempt was stored and whose answer was lost, since the SDK tries again and then meets its
/// own version: what was stored is then in doubt, as after any of the others. A store that fails throws an
/// <see cref="IOException"/>, one that does not answer within <see cref="OperationTimeout"/> a
/// <see cref="TimeoutException"/>. After each of them whoever holds the state has to read it again.
/// </remarks>
internal sealed partial class AzureBlobGrainStorage(
    string name,
    BlobContainerClient container,
    IGrainStorageSerializer serializer,
    IActivatorProvider activators,
    TimeProvider time,
    ILogger<AzureBlobGrainStorage> logger) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>
    /// For one read, write or clear with all its attempts, whatever the store asks to wait in between. Below the
    /// response timeout of a grain call, so that its caller learns of the failure rather than of a timeout.
    /// </summary>
    public static readonly TimeSpan OperationTimeout = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The largest state, serialized. It is sent in one request, the only kind that a store applies whole or not at
    /// all, and that has to fit into <see cref="BlobClients.AttemptTimeout"/>.
    /// </summary>
    public const int MaxStateBytes = 16 * 1024 * 1024;

    /// <summary>Azure's own limit on the name of a blob, in characters.</summary>
    public const int MaxNameLength = 1024;

    // Without the query, which may be a shared access signature.
    private readonly string address = container.Uri.GetLeftPart(UriPartial.Path);

    // Reads stop with their token. Writes and clears have none: half-way, nobody could say whether they were stored.
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blob = BlobOf(stateName, grainId);
        var (content, etag) = await Ask("read", blob, bound => Download(blob, bound), cancellationToken);

        // Empty where there is nothing, or what a clear without deletion leaves behind.
        var state = content.IsEmpty ? New<T>() : serializer.Deserialize<T>(new BinaryData(content));
        grainState.RecordExists = !content.IsEmpty && state is not null;
        grainState.State = state ?? New<T>();
        grainState.ETag = etag?.ToString()!;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var blob = BlobOf(stateName, grainId);
        var content = serializer.Serialize(grainState.State);
        var length = content.ToMemory().Length;
        if (length > MaxStateBytes)
        {
            throw new InvalidOperationException($"The state '{stateName}' of {grainId} has {length} bytes, and {MaxStateBytes} are the most. Nothing was stored.");
        }

        var options = new BlobUploadOptions
        {
            HttpHeaders = new() { ContentType = "application/octet-stream" },
            Conditions = HasVersion(grainState) ? Replacing(grainState) : new() { IfNoneMatch = ETag.All },
            TransferOptions = new StorageTransferOptions { InitialTransferSize = MaxStateBytes },
        };
        var stored = await Ask("write", blob, bound => blob.UploadAsync(content, options, bound), conflictOf: grainState);
        grainState.ETag = stored.Value.ETag.ToString();
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var blob = BlobOf(stateName, grainId);
        if (HasVersion(grainState))
        {
            await Ask("clear", blob, bound => Delete(blob, Replacing(grainState), bound), conflictOf: grainState);
        }
        else if (await Ask("clear", blob, bound => blob.ExistsAsync(bound)))
        {
            throw Conflict(blob, grainState);
        }

        grainState.State = New<T>();
        grainState.RecordExists = false;
        grainState.ETag = null!;
    }

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe($"{nameof(AzureBlobGrainStorage)}-{name}", ServiceLifecycleStage.ApplicationServices, Start);

    /// <exception cref="IOException">The container cannot be used; the message says which, and why.</exception>
    private async Task Start(CancellationToken cancellationToken)
    {
        try
        {
            await Ask("create", null, bound => container.CreateIfNotExistsAsync(cancellationToken: bound), cancellationToken);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new IOException($"The container '{address}' of the grain storage '{name}' cannot be used. {e.Message}");
        }
    }

    private static async Task<(ReadOnlyMemory<byte> Content, ETag? ETag)> Download(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            using var download = (await blob.DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            if (download.Details.ContentLength > MaxStateBytes)
            {
                throw new InvalidDataException($"The blob '{blob.Name}' has {download.Details.ContentLength} bytes, and {MaxStateBytes} are the most.");
            }

            var content = new byte[download.Details.ContentLength];
            await download.Content.ReadExactlyAsync(content, cancellationToken);
            return (content, download.Details.ETag);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            // Not where the container is missing: a store that disappears must fail, not come back empty.
            return default;
        }
    }

    private static async Task<bool> Delete(BlobClient blob, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        try
        {
            await blob.DeleteAsync(DeleteSnapshotsOption.None, conditions, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            // What was asked for, and what a second attempt finds when the first one's answer was lost.
            return false;
        }
    }

    /// <summary>Asks the store, in bounded time, and tells of failures in types that are known where there is no SDK.</summary>
    private async Task<TAnswer> Ask<TAnswer>(
        string what, BlobClient? blob, Func<CancellationToken, Task<TAnswer>> request, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(OperationTimeout, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await request(bound.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && Failure(e) is { } failure)
        {
            LogFailure(e, what, blob?.Name ?? "the container", address);
            throw failure;
        }
    }

    private async Task<TAnswer> Ask<TAnswer, T>(
        string what, BlobClient blob, Func<CancellationToken, Task<TAnswer>> request, IGrainState<T> conflictOf)
    {
        return await Ask(what, blob, async bound =>
        {
            try
            {
                return await request(bound);
            }
            catch (RequestFailedException e) when (IsConflict(e))
            {
                throw Conflict(blob, conflictOf);
            }
        });
    }

    // 412 for another version, 409 for one where none was expected; where there is none any more, 412 or 404.
    private static bool IsConflict(RequestFailedException e) =>
        e.Status == 412 || e.ErrorCode == BlobErrorCode.BlobAlreadyExists || e.ErrorCode == BlobErrorCode.BlobNotFound;

    private static InconsistentStateException Conflict<T>(BlobClient blob, IGrainState<T> state) => new(
        $"The blob '{blob.Name}' has another version, or the answer to an earlier attempt of this operation was lost.", "unknown", state.ETag);

    /// <summary>What to throw in place of an exception of the SDK's or of its credentials; none for our own.</summary>
    private static Exception? Failure(Exception e) => e switch
    {
        InconsistentStateException or InvalidDataException => null,

        // After the last of several attempts.
        AggregateException { InnerExceptions: [.., var last] } => Failure(last),
        RequestFailedException { Status: > 0 } failed => new IOException($"The store failed: {failed.Status} {failed.ErrorCode}."),
        OperationCanceledException => new TimeoutException("The store did not answer in time."),
        _ => new IOException($"The store could not be asked: {e.Message}"),
    };

    private BlobClient BlobOf(string stateName, GrainId grainId)
    {
        var blobName = $"{stateName}-{grainId}.json";
        var blob = container.GetBlobClient(blobName);

        // An address with the segment '..' is that of another blob, even of another container; Azure takes '\' for '/'.
        var reached = new BlobUriBuilder(blob.Uri);
        return blobName.Length <= MaxNameLength && !blobName.Contains('\\', StringComparison.Ordinal)
            && reached.BlobName == blobName && reached.BlobContainerName == container.Name
            ? blob
            : throw new ArgumentException($"The state '{stateName}' of {grainId} has a name that cannot be the name of a blob.", nameof(grainId));
    }

    private static bool HasVersion<T>(IGrainState<T> state) => !string.IsNullOrEmpty(state.ETag);

    private static BlobRequestConditions Replacing<T>(IGrainState<T> state) => new() { IfMatch = new ETag(state.ETag!) };

    private T New<T>() => activators.GetActivator<T>().Create();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not {What} {Blob} ({Container}).")]
    private partial void LogFailure(Exception exception, string what, string blob, string container);
}
