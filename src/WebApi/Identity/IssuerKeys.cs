using System.Collections.Immutable;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// The issuer's configuration and signing keys, read in the background: at start, and every <see cref="Interval"/> from
/// then on. A request never starts a read. It uses the keys of the last read; while there are none, it waits for the read
/// that is under way, for <see cref="Patience"/> at most. docs/adr/0024-keys-of-the-issuer.md has the reasons.
/// </summary>
internal sealed partial class IssuerKeys : BaseConfigurationManager, IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>From the end of one read to the next. Less than 5 minutes: a removed key ends by then, and a new one counts.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(4);

    /// <summary>Keys older than this count as unknown: the issuer has not answered for all that time.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    /// <summary>How long a request waits while no keys are known.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long one read may take.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The longest pause after failed reads. The first is 1 s, and each is twice the one before.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // A configuration without keys is a fault of the issuer.
    private static readonly OpenIdConnectConfigurationValidator validator = new() { MinimumNumberOfKeys = 1 };

    private readonly IDocumentRetriever documents;
    private readonly TimeSpan shortestInterval;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    private volatile TaskCompletionSource reading = NewSignal();
    private volatile TaskCompletionSource asked = NewSignal();
    private volatile Known? known;

    /// <param name="metadataAddress">Where the issuer says its configuration.</param>
    /// <param name="documents">How it is fetched. Bounds the size of what it takes.</param>
    /// <param name="shortestInterval">The least time between two reads, however many ask for one.</param>
    /// <param name="time">The clock of every wait.</param>
    /// <param name="logger">Told of failed reads and of changed keys.</param>
    public IssuerKeys(string metadataAddress, IDocumentRetriever documents, TimeSpan shortestInterval, TimeProvider time, ILogger logger)
    {
        this.documents = documents;
        this.shortestInterval = shortestInterval;
        this.time = time;
        this.logger = logger;
        MetadataAddress = metadataAddress;

        // The library would go on accepting the keys of earlier configurations for an hour.
        UseLastKnownGoodConfiguration = false;
    }

    /// <summary>The result of the last successful read; null if there is none, or if it is too old.</summary>
    public OpenIdConnectConfiguration? Current => Fresh?.Configuration;

    /// <summary>
    /// Stands for the issuer's name and keys of <see cref="Current"/>; null where that is. The same object as long as each
    /// read brings the same name and keys, and another one from the first read on that does not.
    /// </summary>
    public object? CurrentSet => Fresh?.Set;

    private Known? Fresh => known is { } last && time.GetUtcNow() - last.ReadAt <= MaxAge ? last : null;

    /// <summary>Ends with the read that is under way. Between two reads it has ended.</summary>
    public Task Reading => reading.Task;

    /// <summary>Reads the keys again and again, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            var thisRead = Begin();
            failures = await TryReadAsync(stopping) ? 0 : failures + 1;

            // Before the waiters go on, so that the next read is due by the end of this one.
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
    /// Has the keys read soon, because a token names one that is not known. At most one read per shortest interval comes
    /// of it, and none while the issuer's failures are waited out.
    /// </summary>
    public void ReadSoon() => asked.TrySetResult();

    /// <exception cref="IssuerUnavailableException">No keys are known, and the read under way brought none in time.</exception>
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

    /// <summary>Does nothing. The library asks for a read for each token that fails, whatever is wrong with it.</summary>
    public override void RequestRefresh()
    {
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan PauseAfter(int failures) =>
        failures > 5 ? LongestPause : TimeSpan.FromSeconds(1 << (failures - 1));

    // Whoever asks from now on asks for the read after this one.
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
            // Whether or not the retriever heeds the token.
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
            // Whatever the issuer answers, the next read may bring better.
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
            // An interval, a pause or a bound: time itself is what is waited for.
            await Task.Delay(wait, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Information, "The issuer signs with the keys {Keys}")]
    private partial void LogKeys(string keys);

    [LoggerMessage(LogLevel.Warning, "The issuer's keys cannot be read from {Address}: {Why}")]
    private partial void LogFailed(string address, string why);

    [LoggerMessage(LogLevel.Warning, "What the issuer says at {Address} is not usable: {Why}")]
    private partial void LogUnusable(string address, string why);

    private sealed record Known(OpenIdConnectConfiguration Configuration, string Keys, KeySet Set, DateTimeOffset ReadAt);

    // By what a key is and not only by its name: an issuer could give the name of a removed key to another one.
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

/// <summary>The issuer's keys are not known, so that no token can be told from a forged one.</summary>
internal sealed class IssuerUnavailableException() : Exception("The issuer's signing keys cannot be read now.");

/// <summary>Reads the keys for as long as the host runs.</summary>
internal sealed class IssuerKeysReader(IOptionsMonitor<JwtBearerOptions> options) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Get(JwtBearerDefaults.AuthenticationScheme).ConfigurationManager is IssuerKeys keys
            ? keys.RunAsync(stoppingToken)
            : Task.CompletedTask;
}
