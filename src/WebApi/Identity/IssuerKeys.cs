using System.Collections.Immutable;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Reads the issuer's configuration and signing keys in the background: at start, and then every <see cref="Interval"/>. A
/// request never starts a read. It uses the keys of the last read; if there are none, it waits for the read in progress, for
/// <see cref="Patience"/> at most. docs/adr/0024-keys-of-the-issuer.md gives the reasons.
/// </summary>
internal sealed partial class IssuerKeys : BaseConfigurationManager, IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>
    /// The time from the end of one read to the next. It is below 5 minutes, so that within that time a removed key stops
    /// working and a new key works.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(4);

    /// <summary>Keys that were read longer ago count as unknown.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    /// <summary>How long a request waits if no keys are known.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long one read may take.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The longest pause after failed reads. The first pause is 1 s, and each further one is twice as long.
    /// </summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // A configuration without keys is refused as an error of the issuer.
    private static readonly OpenIdConnectConfigurationValidator validator = new() { MinimumNumberOfKeys = 1 };

    private readonly IDocumentRetriever documents;
    private readonly TimeSpan shortestInterval;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    private volatile TaskCompletionSource reading = NewSignal();
    private volatile TaskCompletionSource asked = NewSignal();
    private volatile Known? known;

    /// <param name="metadataAddress">The address of the issuer's configuration.</param>
    /// <param name="documents">Fetches the configuration and limits its size.</param>
    /// <param name="shortestInterval">The minimum time between two reads, however many requests ask for one.</param>
    /// <param name="time">The clock of every wait.</param>
    /// <param name="logger">Logs failed reads and changed keys.</param>
    public IssuerKeys(string metadataAddress, IDocumentRetriever documents, TimeSpan shortestInterval, TimeProvider time, ILogger logger)
    {
        this.documents = documents;
        this.shortestInterval = shortestInterval;
        this.time = time;
        this.logger = logger;
        MetadataAddress = metadataAddress;

        // Otherwise the library accepts the keys of earlier configurations for another hour.
        UseLastKnownGoodConfiguration = false;
    }

    /// <summary>The result of the last successful read; null if there is none or it is too old.</summary>
    public OpenIdConnectConfiguration? Current => Fresh?.Configuration;

    /// <summary>
    /// Identifies the issuer's name and keys in <see cref="Current"/>; null if that is null. The object stays the same while
    /// reads return the same name and keys, and is a new one after the first read that does not.
    /// </summary>
    public object? CurrentSet => Fresh?.Set;

    private Known? Fresh => known is { } last && time.GetUtcNow() - last.ReadAt <= MaxAge ? last : null;

    /// <summary>Completes with the read in progress. Between two reads it is completed.</summary>
    public Task Reading => reading.Task;

    /// <summary>Reads the keys repeatedly until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            var thisRead = Begin();
            failures = await TryReadAsync(stopping) ? 0 : failures + 1;

            // Before the waiting requests continue, so that the time of the next read counts from the end of this one.
            var ended = time.GetUtcNow();
            thisRead.SetResult();
            if (failures > 0)
            {
                await UntilAsync(ended + PauseAfter(failures), stopping);
            }
            else
            {
                await UntilAsync(ended + shortestInterval, stopping);
                await Task.WhenAny(UntilAsync(ended + Interval, stopping), asked.Task);
            }
        }
    }

    /// <summary>
    /// Asks for an early read because a token names an unknown key. This causes at most one read in the shortest interval,
    /// and none during the pause after a failed read.
    /// </summary>
    public void ReadSoon() => asked.TrySetResult();

    /// <exception cref="IssuerUnavailableException">
    /// No keys are known, and the read in progress returned none in time.
    /// </exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (Current is { } configuration)
        {
            return configuration;
        }

        await Task.WhenAny(Reading, UntilAsync(time.GetUtcNow() + Patience, cancel));
        cancel.ThrowIfCancellationRequested();
        return Current ?? throw new IssuerUnavailableException();
    }

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) => await GetConfigurationAsync(cancel);

    /// <summary>Does nothing. The library asks for a read for every token that fails, whatever the reason.</summary>
    public override void RequestRefresh()
    {
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan PauseAfter(int failures) =>
        failures > 5 ? LongestPause : TimeSpan.FromSeconds(1 << (failures - 1));

    // From here on, ReadSoon asks for the read after this one.
    private TaskCompletionSource Begin()
    {
        asked = NewSignal();
        if (reading.Task.IsCompleted)
        {
            reading = NewSignal();
        }

        return reading;
    }

    private async Task<bool> TryReadAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(ReadTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            // WaitAsync ends the wait even if the retriever ignores the cancellation token.
            var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(MetadataAddress, documents, either.Token).WaitAsync(either.Token);
            var validity = validator.Validate(configuration);
            if (!validity.Succeeded)
            {
                LogUnusable(MetadataAddress, validity.ErrorMessage ?? "");
                return false;
            }

            Accept(configuration);
            return true;
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception failure)
        {
            // Every failure is only logged, because the next read may succeed.
            LogFailed(MetadataAddress, failure.GetBaseException().Message);
            return false;
        }
    }

    private void Accept(OpenIdConnectConfiguration configuration)
    {
        var keys = string.Join(", ", configuration.SigningKeys.Select(k => k.KeyId).Order(StringComparer.Ordinal));
        var set = KeySet.Of(configuration);
        if (known is not { } last || last.Keys != keys)
        {
            LogKeys(keys);
        }

        known = new(configuration, keys, known?.Set is { } before && before.IsSameAs(set) ? before : set, time.GetUtcNow());
    }

    private async Task UntilAsync(DateTimeOffset due, CancellationToken cancel)
    {
        var wait = due - time.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            // Waits for time itself: an interval, a pause or a time limit.
            await Task.Delay(wait, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Information, "The issuer signs with the keys {Keys}")]
    private partial void LogKeys(string keys);

    [LoggerMessage(LogLevel.Warning, "The issuer's keys cannot be read from {Address}: {Why}")]
    private partial void LogFailed(string address, string why);

    [LoggerMessage(LogLevel.Warning, "The issuer's configuration at {Address} is not usable: {Why}")]
    private partial void LogUnusable(string address, string why);

    private sealed record Known(OpenIdConnectConfiguration Configuration, string Keys, KeySet Set, DateTimeOffset ReadAt);

    // Compares the keys themselves and not only their ids, because an issuer could reuse the id of a removed key.
    private sealed record KeySet(string Issuer, ImmutableArray<string> Keys, bool IsComparable)
    {
        public static KeySet Of(OpenIdConnectConfiguration configuration) => new(
            configuration.Issuer,
            [.. configuration.SigningKeys.Where(key => key.CanComputeJwkThumbprint())
                .Select(key => $"{key.KeyId} {Convert.ToHexString(key.ComputeJwkThumbprint())}").Order(StringComparer.Ordinal)],
            configuration.SigningKeys.All(key => key.CanComputeJwkThumbprint()));

        public bool IsSameAs(KeySet other) => IsComparable && other.IsComparable && Issuer == other.Issuer && Keys.SequenceEqual(other.Keys);
    }
}

/// <summary>Thrown if the issuer's keys are unknown, so that a valid token cannot be told from a forged one.</summary>
internal sealed class IssuerUnavailableException() : Exception("The issuer's signing keys cannot be read now.");

/// <summary>Reads the issuer's keys for as long as the host runs.</summary>
internal sealed class IssuerKeysReader(IOptionsMonitor<JwtBearerOptions> options) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Get(JwtBearerDefaults.AuthenticationScheme).ConfigurationManager is IssuerKeys keys
            ? keys.RunAsync(stoppingToken)
            : Task.CompletedTask;
}
