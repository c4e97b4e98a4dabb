using Azure.Core;
using Azure.Storage.Blobs;

namespace EngageCenter.Storage;

/// <summary>
/// How clients of Azure Blob Storage wait and try again. The SDK's own bounds (100 s an attempt, three retries) are
/// longer than the call of a grain lives.
/// </summary>
internal static class BlobClients
{
    /// <summary>For one attempt, from the connection to the last byte.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>After the first attempt, where the store did not answer, or answered that it is busy or broken.</summary>
    public const int MaxRetries = 2;

    /// <summary>The longest wait before another attempt.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    public static BlobClientOptions Options() => new()
    {
        Retry =
        {
            Mode = RetryMode.Exponential,
            MaxRetries = MaxRetries,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = MaxDelay,
            NetworkTimeout = AttemptTimeout,
        },
    };
}
