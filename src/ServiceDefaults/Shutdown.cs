using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EngageCenter;

/// <summary>
/// How a host ends: on SIGTERM it says at once that it is not ready, goes on serving for <see cref="ShutdownOptions.DrainDelay"/>,
/// and then stops, all within <see cref="ShutdownOptions.Timeout"/>. docs/run/operate.md has what happens when.
/// </summary>
public static partial class Shutdown
{
    /// <summary>
    /// How long a host that was told to give up may take to do so. The process ends then, whatever still hangs: a
    /// service manager would only kill it later.
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

        // Why a host does not start is said once, by HostProgram.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        return builder;
    }

    /// <summary>Runs until the host is told to stop, and has stopped or given up.</summary>
    /// <returns>The exit code: 0, or 1 where it did not stop in time.</returns>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
        // Taken now: a host that has stopped gives nothing away any more.
        var time = app.Services.GetRequiredService<TimeProvider>();
        var bound = app.Services.GetRequiredService<ShutdownOptions>().Timeout + Grace;
        var (lifetime, logger) = (app.Lifetime, app.Logger);

        var stopping = lifetime.ApplicationStopping;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(told.SetResult);
        var running = app.RunAsync(CancellationToken.None);

        // What hangs gives no signal: the bound is all there is to wait for beside the end.
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
            // Told to stop before it had started, while it waited for its cluster for instance.
        }

        return 0;
    }

    [LoggerMessage(LogLevel.Critical, "The host did not stop within {Seconds} s; the process ends without it")]
    private static partial void LogGaveUp(ILogger logger, double seconds);
}

/// <summary>Configuration section <c>Shutdown</c>.</summary>
public sealed class ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <summary>
    /// How long a host that is no longer ready goes on serving, so that load balancers see it first and send no more.
    /// Longer than the interval of their probes times the failures they ask for. Default 5 s, range 0 to 1 min.
    /// </summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// From the signal to the end, the drain delay included; what has not stopped by then is given up. Default 45 s: the
    /// delay, 30 s in which activations let go of what they own and requests are answered, and 10 s for the rest.
    /// Range 1 s to 10 min, and longer than the delay.
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

/// <summary>Before any service stops: readiness fails, and all of them go on serving for the drain delay.</summary>
internal sealed partial class Draining(ShutdownOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Draining> logger)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A signal has done that already; whoever stops the host by a call has not.
        lifetime.StopApplication();
        LogDraining(options.DrainDelay.TotalSeconds);

        // Whoever sends requests here does not say that it has noticed.
        await Task.Delay(options.DrainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "Not ready any more; goes on serving for {Seconds} s, then stops")]
    private partial void LogDraining(double seconds);
}
