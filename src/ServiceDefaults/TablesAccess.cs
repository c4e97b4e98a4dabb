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
/// Reports whether the cluster's tables accept this host, from their last response, without requests of its own: Orleans
/// reads the members every few seconds. The host is not ready while the tables refuse it.
/// </summary>
internal sealed partial class TablesAccess : HttpPipelinePolicy, IHealthCheck
{
    private volatile string? refusal;

    /// <summary>Logs when the tables refuse this host, and when they accept it again.</summary>
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

    // A response that the account is busy or failed says nothing about access.
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

    [LoggerMessage(LogLevel.Error, "The cluster's tables refuse this host, so it is not ready until they accept it: {Why}")]
    private static partial void LogRefused(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "The cluster's tables accept this host again")]
    private static partial void LogLetIn(ILogger logger);
}

/// <summary>
/// Reads the members once before anything else starts, so that a host that the tables refuse reports it and exits. Orleans
/// would try again without end. If the tables cannot be reached, Orleans waits for them.
/// </summary>
internal sealed class TablesEntry(TablesAccess access, Func<TableClient> members, string setting, ILogger logger) : IHostedLifecycleService
{
    /// <exception cref="SettingException">The account refuses this host.</exception>
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
            throw new SettingException($"The account of {setting} refuses this host access to its tables: {e.Status} {e.ErrorCode}.");
        }
        catch (AuthenticationFailedException e)
        {
            throw new SettingException($"This host has no identity with which it can access the account of {setting}: {e.Message}");
        }
        catch (RequestFailedException)
        {
            // The table does not exist yet or cannot be reached. Orleans creates it, and tries for longer.
        }
        catch (AggregateException)
        {
            // No attempt reached the tables.
        }

        access.Log = logger;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
