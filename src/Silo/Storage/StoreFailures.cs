using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;

namespace EngageCenter.Storage;

/// <summary>
/// Converts a failure after the last attempt into exception types that callers without the SDK know: an
/// <see cref="IOException"/>, or a <see cref="TimeoutException"/> if the store did not respond in time.
/// </summary>
/// <remarks>
/// Responses that the storage provider understands pass unchanged: another version (412, 409 BlobAlreadyExists) and a
/// missing blob (404 BlobNotFound). A missing container does not pass, because the provider would read it as an empty store
/// and create it again.
/// </remarks>
internal sealed class StoreFailures : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The store must be called asynchronously.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        // Buffers the whole response, so that reading it belongs to the attempt, with its time limit and its retries.
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

    /// <exception cref="IOException">The response is a failure.</exception>
    /// <exception cref="RowRefusedException">The blob has no content.</exception>
    private static void Refuse(HttpMessage message)
    {
        var response = message.Response;
        var code = response.Headers.TryGetValue("x-ms-error-code", out var value) ? new BlobErrorCode(value) : default;
        var passes = response.Status < 400 || response.Status == 412
            || code == BlobErrorCode.BlobAlreadyExists || code == BlobErrorCode.BlobNotFound || code == BlobErrorCode.ContainerAlreadyExists
            // A response to HEAD has no body, and some stores send no code with it.
            || (response.Status == 404 && message.Request.Method == RequestMethod.Head);
        if (!passes)
        {
            throw new IOException($"The store failed: {response.Status} {value}. {AddressOf(message)}");
        }

        // The provider would read it as an absent state. The service itself clears a state by deleting its blob.
        if (response.Status == 200 && message.Request.Method == RequestMethod.Get && response.Headers.ContentLength == 0)
        {
            throw new RowRefusedException("its blob is empty");
        }
    }

    /// <summary>Returns the exception to throw instead; null if the caller cancelled the call.</summary>
    private static Exception? Failure(HttpMessage message, Exception e) => e switch
    {
        _ when message.CancellationToken.IsCancellationRequested => null,

        // The last of several attempts gives the reason.
        AggregateException { InnerExceptions: [.., var last] } => Failure(message, last),
        OperationCanceledException => new TimeoutException($"The store did not respond in time. {AddressOf(message)}"),
        _ => new IOException($"The store could not be reached: {e.Message} {AddressOf(message)}"),
    };

    // Without the query, which may contain a shared access signature.
    private static string AddressOf(HttpMessage message) => $"({message.Request.Method} {message.Request.Uri.ToUri().GetLeftPart(UriPartial.Path)})";
}
