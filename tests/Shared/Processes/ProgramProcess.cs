using System.Diagnostics;
using System.Globalization;

namespace EngageCenter;

/// <summary>A program in its own process, which ends with the test.</summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    // A host has 45 s to stop, and then 5 s to give up.
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Output output;
    private readonly Output errors;

    private ProgramProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        process = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        output = new(process.StandardOutput);
        errors = new(process.StandardError);
    }

    public int Id => process.Id;

    public string Output => output.Text;

    public string Errors => errors.Text;

    public bool HasEnded => process.HasExited;

    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static ProgramProcess Of(string program, string folder, params IEnumerable<string> arguments) => Of(Place.Loopback, program, folder, arguments);

    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static ProgramProcess Of(Place place, string program, string folder, params IEnumerable<string> arguments)
    {
        var command = place.Command(program, arguments);
        return new(new ProcessStartInfo(command.Program, command.Arguments) { WorkingDirectory = folder });
    }

    /// <summary>Starts a .NET program without the environment and settings of the person who runs the tests.</summary>
    public static ProgramProcess OfDotnet(string assembly, string folder, IEnumerable<KeyValuePair<string, string>> settings, Place? place = null)
    {
        var command = (place ?? Place.Loopback).Command(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [assembly]);
        var start = new ProcessStartInfo(command.Program, command.Arguments) { WorkingDirectory = folder };
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return new(start);
    }

    /// <summary>Sends SIGKILL, which the process does not notice.</summary>
    public async Task Kill()
    {
        process.Kill();
        await Ended();
    }

    /// <summary>Sends SIGTERM, as a shell or a service manager does, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Stop()
    {
        await Terminate();
        return await Ended();
    }

    /// <summary>Sends SIGTERM, without waiting for the end.</summary>
    public Task Terminate() => Signal("TERM");

    /// <summary>Sends SIGSTOP: the process stands still until <see cref="Resume"/>, without noticing it.</summary>
    public Task Pause() => Signal("STOP");

    /// <summary>Sends SIGCONT.</summary>
    public Task Resume() => Signal("CONT");

    /// <returns>The exit code.</returns>
    public async Task<int> Ended()
    {
        using var bound = new CancellationTokenSource(StopBound);
        try
        {
            await process.WaitForExitAsync(bound.Token);
            await Task.WhenAll(output.Completion, errors.Completion).WaitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"It did not end within {StopBound.TotalSeconds:0} s. {this}");
        }

        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    public override string ToString() => $"Standard output:\n{Output}\nStandard error:\n{Errors}";

    private async Task Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static bool IsSetting(string name) =>
        name.Contains("__", StringComparison.Ordinal)
        || name.StartsWith("OTEL_", StringComparison.Ordinal)
        || name is "ASPNETCORE_ENVIRONMENT" or "DOTNET_ENVIRONMENT" or "ASPNETCORE_URLS" or "DOTNET_URLS";
}
