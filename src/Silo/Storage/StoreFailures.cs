using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;

namespace EngageCenter.Storage;

/// <summary>
/// Turns what is left of a failure after the last attempt into types that a caller without the SDK knows: an
/// <see cref="IOException"/>, and a <see cref="TimeoutException"/> if the store did not answer in time.
/// </summary>
/// <remarks>
/// What the storage provider reads as an answer passes: another version (412, 409 BlobAlreadyExists), and no blob (404
/// BlobNotFound). A container that is missing does not pass: the provider would read it as an empty store, and create it anew.
/// </remarks>
internal sealed class StoreFailures : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("A store is asked asynchronously.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        // The whole answer, so that reading it is a part of the attempt, with its bound and its repetitions.
        message.BufferResponse = true;
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        catch (Exception e) when (Failure(message, e) is { } failure)
        {
            throw failure;
        }

        Refuse(message);
    }

    /// <exception cref="IOException">The answer is a failure.</exception>
    /// <exception cref="RowRefusedException">It is a blob without content.</exception>
    private static void Refuse(HttpMessage message)
    {
        var response = message.Response;
        var code = response.Headers.TryGetValue("x-ms-error-code", out var value) ? new BlobErrorCode(value) : default;
        var passes = response.Status < 400 || response.Status == 412
            || code == BlobErrorCode.BlobAlreadyExists || code == BlobErrorCode.BlobNotFound || code == BlobErrorCode.ContainerAlreadyExists
            // An answer to HEAD has no body, and from some stores no code.
            || (response.Status == 404 && message.Request.Method == RequestMethod.Head);
        if (!passes)
        {
            throw new IOException($"The store failed: {response.Status} {value}. {AddressOf(message)}");
        }

        // The provider would read it as a state that is not there. The service clears a state by deleting its blob.
        if (response.Status == 200 && message.Request.Method == RequestMethod.Get && response.Headers.ContentLength == 0)
        {
            throw new RowRefusedException("its blob is empty");
        }
    }

    /// <summary>What to throw in place of an exception; none for what the caller asked for.</summary>
    private static Exception? Failure(HttpMessage message, Exception e) => e switch
    {
        _ when message.CancellationToken.IsCancellationRequested => null,

        // After the last of several attempts.
        AggregateException { InnerExceptions: [.., var last] } => Failure(message, last),
        OperationCanceledException => new TimeoutException($"The store did not answer in time. {AddressOf(message)}"),
        _ => new IOException($"The store could not be asked: {e.Message} {AddressOf(message)}"),
    };

    // Without the query, which may be a shared access signature.
    private static string AddressOf(HttpMessage message) => $"({message.Request.Method} {message.Request.Uri.ToUri().GetLeftPart(UriPartial.Path)})";
}
