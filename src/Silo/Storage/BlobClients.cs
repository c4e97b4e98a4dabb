using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace EngageCenter.Storage;

/// <summary>
/// How clients of Azure Blob Storage wait and try again. The SDK's own bounds (100 s an attempt, a store's Retry-After
/// without a limit) are longer than the call of a grain lives.
/// </summary>
internal static class BlobClients
{
    /// <summary>For one attempt, from the connection to the last byte.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>After the first attempt, where the store did not answer, or answered that it is busy or broken.</summary>
    public const int MaxRetries = 2;

    /// <summary>The longest wait before another attempt. A store that asks for a longer one is not asked again.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>Each wait may be this much longer, at random, so that silos do not come back at once.</summary>
    private const double MaxJitter = 0.2;

    private static readonly TimeSpan firstDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>One read, write or clear with all its attempts takes no longer.</summary>
    public static TimeSpan OperationTimeout => (1 + MaxRetries) * AttemptTimeout + MaxRetries * (1 + MaxJitter) * MaxDelay;

    public static BlobServiceClient Create(string connectionString) => new(connectionString, Options(firstDelay));

    /// <summary>With an account's address that carries its own credential, a shared access signature.</summary>
    public static BlobServiceClient Create(Uri address) => new(address, Options(firstDelay));

    /// <summary>By the silo's identity in Entra ID: a managed identity in Azure, the developer's own elsewhere.</summary>
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

        // The SDK waits for as long as the header says, whatever the longest delay is.
        private static bool AsksToWait(HttpMessage message) =>
            message.HasResponse && RetryAfter(message.Response) > MaxDelay;

        private static TimeSpan RetryAfter(Response response)
        {
            return (Number("retry-after-ms") ?? Number("x-ms-retry-after-ms")) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds)
                : Number("Retry-After") is { } seconds ? TimeSpan.FromSeconds(seconds)
                // A date: whoever gives one does not mean this second.
                : response.Headers.Contains("Retry-After") ? TimeSpan.MaxValue
                : TimeSpan.Zero;

            int? Number(string name) => response.Headers.TryGetValue(name, out var value) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
    }
}
