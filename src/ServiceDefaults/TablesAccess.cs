using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EngageCenter;

/// <summary>
/// Whether the cluster's tables let this host in, by their last answer to it, so that it costs no request of its own: Orleans
/// reads who the members are every few seconds. Not ready while they refuse it.
/// </summary>
internal sealed partial class TablesAccess : HttpPipelinePolicy, IHealthCheck
{
    private volatile string? refusal;

    /// <summary>Where it is said that they refuse this host, or let it in again.</summary>
    public ILogger? Log { get; set; }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(refusal is { } why ? HealthCheckResult.Unhealthy($"The cluster's tables refuse this host: {why}.") : HealthCheckResult.Healthy());

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        Note(message.Response);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        Note(message.Response);
    }

    // An answer that says the account is busy or broken says nothing about who may enter.
    private void Note(Response answer)
    {
        var (before, now) = (refusal, answer.Status is 401 or 403 ? $"{answer.Status} {answer.ReasonPhrase}" : answer.Status < 500 ? null : refusal);
        refusal = now;
        if (Log is null || (before is null) == (now is null))
        {
            return;
        }

        if (now is null)
        {
            LogLetIn(Log);
        }
        else
        {
            LogRefused(Log, now);
        }
    }

    [LoggerMessage(LogLevel.Error, "The cluster's tables refuse this host, which is not ready until they let it in: {Why}")]
    private static partial void LogRefused(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "The cluster's tables let this host in again")]
    private static partial void LogLetIn(ILogger logger);
}

/// <summary>
/// Reads the members once before anything else starts: a host whom the tables refuse says so and ends, while Orleans would go on
/// trying. Tables that cannot be reached are left to Orleans, which waits for them.
/// </summary>
internal sealed class TablesEntry(TablesAccess access, Func<TableClient> members, string setting, ILogger logger) : IHostedLifecycleService
{
    /// <exception cref="SettingException">The account does not let this host in.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in members().QueryAsync<TableEntity>("PartitionKey eq ''", maxPerPage: 1, cancellationToken: cancellationToken))
            {
                break;
            }
        }
        catch (RequestFailedException e) when (e.Status is 401 or 403)
        {
            throw new SettingException($"The account of {setting} does not let this host into its tables: {e.Status} {e.ErrorCode}.");
        }
        catch (AuthenticationFailedException e)
        {
            throw new SettingException($"This host has no identity for the account of {setting}: {e.Message}");
        }
        catch (RequestFailedException)
        {
            // Not there yet, or not reached: Orleans makes the table, and tries for longer.
        }
        catch (AggregateException)
        {
            // Not reached, by any attempt.
        }

        access.Log = logger;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
