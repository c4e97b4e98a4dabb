using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace EngageCenter.Storage;

/// <summary>
/// Creates clients of Azure Blob Storage with limits on waiting and on retries. The SDK's own limits (100 s for an attempt,
/// no limit on the store's Retry-After) are longer than a grain call may take.
/// </summary>
internal static class BlobClients
{
    /// <summary>The time limit of one attempt, from the connection to the last byte.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The number of further attempts if the store did not respond, or responded that it is busy or failed.
    /// </summary>
    public const int MaxRetries = 2;

    /// <summary>
    /// The longest pause before another attempt. If the store asks for a longer one, there is no further attempt.
    /// </summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Each pause may be longer by up to this part, at random, so that silos do not try again at the same time.
    /// </summary>
    private const double MaxJitter = 0.2;

    private static readonly TimeSpan firstDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>The maximum duration of one read, write or clear with all its attempts.</summary>
    public static TimeSpan OperationTimeout => (1 + MaxRetries) * AttemptTimeout + MaxRetries * (1 + MaxJitter) * MaxDelay;

    public static BlobServiceClient Create(string connectionString) => new(connectionString, Options(firstDelay));

    /// <summary>Creates a client from an account's address that contains a shared access signature.</summary>
    public static BlobServiceClient Create(Uri address) => new(address, Options(firstDelay));

    /// <summary>
    /// Creates a client that uses the silo's identity in Entra ID: a managed identity in Azure, the developer's own
    /// elsewhere.
    /// </summary>
    public static BlobServiceClient CreateWithIdentity(Uri address)
    {
        var identity = new DefaultAzureCredentialOptions { RetryPolicy = new BoundedRetries(firstDelay) };
        identity.Retry.NetworkTimeout = AttemptTimeout;
        return new(address, new DefaultAzureCredential(identity), Options(firstDelay));
    }

    internal static BlobClientOptions Options(TimeSpan firstDelay)
    {
        var options = new BlobClientOptions { RetryPolicy = new BoundedRetries(firstDelay) };
        options.Retry.NetworkTimeout = AttemptTimeout;
        options.AddPolicy(new StoreFailures(), HttpPipelinePosition.PerCall);
        return options;
    }

    private sealed class BoundedRetries(TimeSpan firstDelay) : RetryPolicy(
        MaxRetries, DelayStrategy.CreateExponentialDelayStrategy(firstDelay, MaxDelay))
    {
        protected override bool ShouldRetry(HttpMessage message, Exception? exception) =>
            !AsksToWait(message) && base.ShouldRetry(message, exception);

        protected override async ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
            !AsksToWait(message) && await base.ShouldRetryAsync(message, exception);

        // The SDK waits as long as the header says, even if that is longer than the maximum delay.
        private static bool AsksToWait(HttpMessage message) =>
            message.HasResponse && RetryAfter(message.Response) > MaxDelay;

        private static TimeSpan RetryAfter(Response response)
        {
            return (Number("retry-after-ms") ?? Number("x-ms-retry-after-ms")) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds)
                : Number("Retry-After") is { } seconds ? TimeSpan.FromSeconds(seconds)
                // A date counts as a long wait.
                : response.Headers.Contains("Retry-After") ? TimeSpan.MaxValue
                : TimeSpan.Zero;

            int? Number(string name) => response.Headers.TryGetValue(name, out var value) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
    }
}
