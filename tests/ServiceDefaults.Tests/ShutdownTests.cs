using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EngageCenter.ServiceDefaults.Tests;

public class ShutdownTests
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Services_run_until_the_drain_delay_is_over()
    {
        var time = new TimerSignal();
        var service = new Recorder();
        await using var app = Host(time, service, ("Shutdown:DrainDelay", "00:00:10"));
        var running = app.RunToEndAsync();
        await service.Started.WaitAsync(bound);

        app.Lifetime.StopApplication();
        await time.Waits(TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(service.Stopped.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(0.2));
        await service.Stopped.WaitAsync(bound);
        Assert.Equal(0, await running.WaitAsync(bound));
    }

    [Fact]
    public async Task Stopping_the_host_by_a_call_also_fails_readiness_first()
    {
        var time = new TimerSignal();
        var service = new Recorder();
        await using var app = Host(time, service, ("Shutdown:DrainDelay", "00:00:10"));
        await app.StartAsync();

        var stopping = app.StopAsync();
        await time.Waits(TimeSpan.FromSeconds(10));
        Assert.True(app.Lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.False(service.Stopped.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(10));
        await stopping.WaitAsync(bound);
    }

    [Fact]
    public async Task Hanging_host_ends_and_reports_a_failure()
    {
        var time = new TimerSignal();
        var service = new Recorder { Hangs = true };
        var app = Host(time, service, ("Shutdown:DrainDelay", "00:00:00"), ("Shutdown:Timeout", "00:00:20"));
        var running = app.RunToEndAsync();
        await service.Started.WaitAsync(bound);

        app.Lifetime.StopApplication();
        await service.Stopped.WaitAsync(bound);
        await time.Waits(TimeSpan.FromSeconds(20) + Shutdown.Grace);
        time.Advance(TimeSpan.FromSeconds(24));
        Assert.False(running.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await running.WaitAsync(bound));
    }

    [Fact]
    public async Task Host_stopped_before_it_has_started_does_not_report_a_failure()
    {
        var service = new Recorder { StartsNever = true };
        await using var app = Host(new TimerSignal(), service, ("Shutdown:DrainDelay", "00:00:00"));
        var running = app.RunToEndAsync();
        await service.Starting.WaitAsync(bound);

        app.Lifetime.StopApplication();

        Assert.Equal(0, await running.WaitAsync(bound));
    }

    [Fact]
    public async Task Exception_at_start_is_thrown_to_the_caller()
    {
        await using var app = Host(new TimerSignal(), new Recorder { Fails = true });

        await Assert.ThrowsAsync<InvalidDataException>(app.RunToEndAsync);
    }

    [Theory]
    [InlineData("Shutdown:DrainDelay", "-00:00:01")]
    [InlineData("Shutdown:DrainDelay", "00:01:01")]
    [InlineData("Shutdown:DrainDelay", "00:00:45")]
    [InlineData("Shutdown:DrainDelay", "soon")]
    [InlineData("Shutdown:Timeout", "00:00:05")]
    [InlineData("Shutdown:Timeout", "00:10:01")]
    public void Unusable_setting_is_named(string setting, string value)
    {
        var refused = Assert.Throws<SettingException>(() => Host(new TimerSignal(), new Recorder(), (setting, value)));

        Assert.Contains("Shutdown:", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Default_drain_delay_is_5_s_of_45_s_in_total()
    {
        var options = Host(new TimerSignal(), new Recorder()).Services.GetRequiredService<ShutdownOptions>();

        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(45)), (options.DrainDelay, options.Timeout));
    }

    private static WebApplication Host(TimerSignal time, Recorder service, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            [new("urls", "http://127.0.0.1:0"), .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value))]);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.AddShutdown();
        builder.Services.AddSingleton<IHostedService>(service);
        return builder.Build();
    }

    private sealed class Recorder : IHostedService
    {
        private readonly TaskCompletionSource starting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Hangs { get; init; }

        public bool StartsNever { get; init; }

        public bool Fails { get; init; }

        public Task Starting => starting.Task;

        public Task Started => started.Task;

        public Task Stopped => stopped.Task;

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            starting.SetResult();
            if (Fails)
            {
                throw new InvalidDataException("It does not start.");
            }

            if (StartsNever)
            {
                // A service that waits for something that never comes, until it is stopped.
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            started.SetResult();
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            stopped.SetResult();
            return Hangs ? new TaskCompletionSource().Task : Task.CompletedTask;
        }
    }
}
