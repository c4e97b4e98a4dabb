using System.Globalization;
using System.Net;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// The real program in its own process. It keeps its state in the given folder, so a second process on the same folder is a
/// restart.
/// </summary>
internal sealed class DevHostProcess : IAsyncDisposable
{
    /// <summary>A start takes about 3 s on two idle cores.</summary>
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    // The program is copied next to the tests with its runtime configuration, because they reference it.
    private static readonly string program = Path.Combine(AppContext.BaseDirectory, "EngageCenter.DevHost.dll");

    private readonly ProgramProcess process;

    private DevHostProcess(DevHostOptions options)
    {
        Options = options;
        process = ProgramProcess.OfDotnet(program, options.Folder, options.Environment());
    }

    public DevHostOptions Options { get; }

    public string Output => process.Output;

    public string Errors => process.Errors;

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

    /// <summary>Starts the process without waiting until it is ready.</summary>
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

    /// <summary>Sends SIGKILL, which the process does not notice.</summary>
    public Task Kill() => process.Kill();

    /// <summary>Sends SIGTERM, as a shell or a service manager does, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> Stop() => process.Stop();

    /// <returns>The exit code.</returns>
    public Task<int> Ended() => process.Ended();

    /// <summary>The most memory that was resident since the last <see cref="ResetPeak"/>, in bytes.</summary>
    public long PeakMemory => MemoryOf("VmHWM");

    /// <summary>The resident memory, in bytes.</summary>
    public long Memory => MemoryOf("VmRSS");

    public void ResetPeak() => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");

    public ValueTask DisposeAsync() => process.DisposeAsync();

    public override string ToString() => process.ToString();

    private bool HasEnded => process.HasEnded;

    private bool HasLine(string with) => Output.Split('\n')[..^1].Any(line => line.Contains(with, StringComparison.Ordinal));

    private long MemoryOf(string field)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").Single(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}

/// <summary>The options of a DevHost. A process with the same options is its restart.</summary>
internal sealed record DevHostOptions(string Folder)
{
    public Uri Service { get; init; } = Loopback();

    public Uri Entra { get; init; } = Loopback();

    public bool Sample { get; init; } = true;

    public string StoreFile { get; init; } = Path.Combine(Folder, "store", "engage-center.db");

    /// <summary>More environment variables; they override the others.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public DevHostOptions With(string name, string value) => this with { Settings = new Dictionary<string, string>(Settings) { [name] = value } };

    /// <summary>A text in the last line of the welcome.</summary>
    public string LastOfWelcome => Sample && !Settings.ContainsKey("LocalEntra__DirectoryFile") ? "/v1/me/home" : "LocalEntra   ";

    public IEnumerable<KeyValuePair<string, string>> Environment() =>
    [
        new("WebApi__Url", Service.GetLeftPart(UriPartial.Authority)),
        new("LocalEntra__Url", Entra.GetLeftPart(UriPartial.Authority)),
        new("LocalEntra__KeyFile", Path.Combine(Folder, "key.pem")),
        new("Storage__SqliteFile", StoreFile),
        new("DevHost__Sample", Sample ? "true" : "false"),
        new("DevHost__Portal", "false"),
        .. Settings,
    ];

    private static Uri Loopback() => new($"http://{IPAddress.Loopback}:{FreePort.Next()}");
}
