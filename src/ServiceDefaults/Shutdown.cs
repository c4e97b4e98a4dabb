using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EngageCenter;

/// <summary>
/// Stops a host in order: on SIGTERM it becomes not ready at once, still serves for
/// <see cref="ShutdownOptions.DrainDelay"/>, and then stops, all within <see cref="ShutdownOptions.Timeout"/>.
/// docs/run/operate.md describes the steps.
/// </summary>
public static partial class Shutdown
{
    /// <summary>
    /// How long a host may take to end after its shutdown timeout. Then the process ends even if something still hangs,
    /// because a service manager would only kill it later.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <exception cref="SettingException">A setting is not usable; the message says which and why.</exception>
    public static IHostApplicationBuilder AddShutdown(this IHostApplicationBuilder builder)
    {
        var options = ShutdownOptions.Read(builder.Configuration);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(options);
        builder.Services.AddHostedService<Draining>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Timeout);

        // HostProgram already reports why a host does not start.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        return builder;
    }

    /// <summary>Runs until the host was asked to stop and has stopped, or has exceeded its time.</summary>
    /// <returns>The exit code: 0, or 1 if the host did not stop in time.</returns>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
        // Resolved now, because the services of a stopped host are disposed.
        var time = app.Services.GetRequiredService<TimeProvider>();
        var bound = app.Services.GetRequiredService<ShutdownOptions>().Timeout + Grace;
        var (lifetime, logger) = (app.Lifetime, app.Logger);

        var stopping = lifetime.ApplicationStopping;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(told.SetResult);
        var running = app.RunAsync(CancellationToken.None);

        // A host that hangs sends no signal, so the time limit is all that can be waited for besides the end.
        if (await Task.WhenAny(running, told.Task) == told.Task
            && await Task.WhenAny(running, Task.Delay(bound, time, CancellationToken.None)) != running)
        {
            LogGaveUp(logger, bound.TotalSeconds);
            return 1;
        }

        try
        {
            await running;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped before it had started, for example while it waited for its cluster.
        }

        return 0;
    }

    [LoggerMessage(LogLevel.Critical, "The host did not stop within {Seconds} s, so the process ends now")]
    private static partial void LogGaveUp(ILogger logger, double seconds);
}

/// <summary>The configuration section <c>Shutdown</c>.</summary>
public sealed class ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <summary>
    /// How long a host still serves after it has become not ready, so that load balancers notice and send no more requests.
    /// Use more than the interval of their probes times the number of failures they need. Default: 5 s, range 0 to 1 min.
    /// </summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time from the signal to the end, including the drain delay. Whatever has not stopped by then is abandoned.
    /// Default: 45 s, which is the delay, 30 s for activations to release what they own and for requests to finish, and 10 s
    /// for the rest. Range 1 s to 10 min, and longer than the delay.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(45);

    internal static ShutdownOptions Read(IConfiguration configuration)
    {
        var options = configuration.Read<ShutdownOptions>(Section);
        if (options.DrainDelay < TimeSpan.Zero || options.DrainDelay > TimeSpan.FromMinutes(1))
        {
            throw new SettingException($"{Section}:{nameof(DrainDelay)} is {options.DrainDelay}; it must be from 0 to 1 minute.");
        }

        return options.Timeout >= TimeSpan.FromSeconds(1) && options.Timeout <= TimeSpan.FromMinutes(10) && options.Timeout > options.DrainDelay
            ? options
            : throw new SettingException(
                $"{Section}:{nameof(Timeout)} is {options.Timeout}; it must be from 1 second to 10 minutes, and longer than {Section}:{nameof(DrainDelay)}.");
    }
}

/// <summary>Fails readiness before any service stops, and keeps all services running for the drain delay.</summary>
internal sealed partial class Draining(ShutdownOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Draining> logger)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A signal has already done this, but a call that stops the host has not.
        lifetime.StopApplication();
        LogDraining(options.DrainDelay.TotalSeconds);

        // Load balancers do not report that they have noticed, so time itself is waited for.
        await Task.Delay(options.DrainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "The host is not ready any more. It still serves requests for {Seconds} s and then stops")]
    private partial void LogDraining(double seconds);
}
