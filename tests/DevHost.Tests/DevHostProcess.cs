using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// The real program in a process of its own, from its start to its end. Where it keeps its state is the folder that it
/// is given, so that a second process on the same folder is its restart.
/// </summary>
internal sealed class DevHostProcess : IAsyncDisposable
{
    /// <summary>Takes some 3 s on two cores that have nothing else to do.</summary>
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(30);

    // Copied with its runtime configuration next to the tests, since they refer to it.
    private static readonly string program = Path.Combine(AppContext.BaseDirectory, "EngageCenter.DevHost.dll");

    private readonly Process process;
    private readonly Output output;
    private readonly Output errors;

    private DevHostProcess(DevHostOptions options)
    {
        Options = options;
        process = Process.Start(StartInfo(options)) ?? throw new InvalidOperationException("The process did not start.");
        output = new(process.StandardOutput);
        errors = new(process.StandardError);
    }

    public DevHostOptions Options { get; }

    public string Output => output.Text;

    public string Errors => errors.Text;

    public static async Task<DevHostProcess> Start(DevHostOptions options)
    {
        var host = Launch(options);
        try
        {
            await host.Welcomed();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Started, but not yet up.</summary>
    public static DevHostProcess Launch(DevHostOptions options) => new(options);

    public async Task Welcomed()
    {
        try
        {
            await Until.True(() => Task.FromResult(HasEnded || HasLine(Options.LastOfWelcome)), StartBound, "the welcome");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}. {this}");
        }

        if (HasEnded)
        {
            throw new InvalidOperationException($"It ended with {await Ended()}. {this}");
        }
    }

    public DevHostClient Client() => new(Options);

    /// <summary>SIGKILL: nothing in the process hears of it.</summary>
    public async Task Kill()
    {
        process.Kill();
        await Ended();
    }

    /// <summary>SIGTERM, as a shell or a service manager sends it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Stop()
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await Ended();
    }

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

    /// <summary>The most memory that was resident since the last <see cref="ResetPeak"/>, in bytes.</summary>
    public long PeakMemory => MemoryOf("VmHWM");

    /// <summary>The resident memory, in bytes.</summary>
    public long Memory => MemoryOf("VmRSS");

    public void ResetPeak() => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");

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

    private bool HasEnded => process.HasExited;

    private bool HasLine(string with) => Output.Split('\n')[..^1].Any(line => line.Contains(with, StringComparison.Ordinal));

    private long MemoryOf(string field)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").Single(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    private static ProcessStartInfo StartInfo(DevHostOptions options)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { program },
            WorkingDirectory = options.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Nothing of whoever runs the tests: no settings of theirs, and no environment.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in options.Environment())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static bool IsSetting(string name) =>
        name.Contains("__", StringComparison.Ordinal)
        || name is "ASPNETCORE_ENVIRONMENT" or "DOTNET_ENVIRONMENT" or "ASPNETCORE_URLS" or "DOTNET_URLS";
}

/// <summary>What a stream has said so far.</summary>
internal sealed class Output
{
    private readonly StringBuilder text = new();

    public Output(StreamReader reader) => Completion = Read(reader);

    public Task Completion { get; }

    public string Text
    {
        get
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }

    private async Task Read(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }
}

/// <summary>How a DevHost is started. The same options again are its restart.</summary>
internal sealed record DevHostOptions(string Folder)
{
    public Uri Service { get; init; } = Loopback();

    public Uri Entra { get; init; } = Loopback();

    public bool Sample { get; init; } = true;

    public string StoreFile { get; init; } = Path.Combine(Folder, "store", "engage-center.db");

    /// <summary>More variables, which win over the others.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public DevHostOptions With(string name, string value) => this with { Settings = new Dictionary<string, string>(Settings) { [name] = value } };

    /// <summary>What the last line of the welcome has in it.</summary>
    public string LastOfWelcome => Sample && !Settings.ContainsKey("LocalEntra__DirectoryFile") ? "/v1/me/home" : "LocalEntra   ";

    public IEnumerable<KeyValuePair<string, string>> Environment() =>
    [
        new("WebApi__Url", Service.GetLeftPart(UriPartial.Authority)),
        new("LocalEntra__Url", Entra.GetLeftPart(UriPartial.Authority)),
        new("LocalEntra__KeyFile", Path.Combine(Folder, "key.pem")),
        new("Storage__SqliteFile", StoreFile),
        new("DevHost__Sample", Sample ? "true" : "false"),
        .. Settings,
    ];

    private static Uri Loopback() => new($"http://{IPAddress.Loopback}:{FreePort.Next()}");
}
