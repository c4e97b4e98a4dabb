using System.Globalization;
using System.Net;

namespace EngageCenter.Cluster.Tests;

/// <summary>One node of the cluster, with its ports and settings. After a crash the same node has another process.</summary>
internal sealed class Node(string name, string program, string folder, Place place, int port, IReadOnlyDictionary<string, string> settings) : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(90);
    private static readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };

    // The last output of processes that have ended.
    private readonly List<string> obituaries = [];
    private ProgramProcess? process;

    public string Name => name;

    public Uri Url { get; } = new($"http://{place.Address}:{port}");

    public bool HasEnded => process is null || process.HasEnded;

    /// <summary>The port for other silos, which is part of the silo's name in Orleans; null unless the node is a silo.</summary>
    public string? SiloPort => settings.GetValueOrDefault("Orleans__Endpoints__SiloPort");

    /// <summary>The address of its metrics, if the cluster was started with them.</summary>
    public Uri MetricsUrl => new(settings["Metrics__Url"]);

    /// <summary>The port for web nodes, if the node is a silo.</summary>
    public int GatewayPort => int.Parse(settings["Orleans__Endpoints__GatewayPort"], CultureInfo.InvariantCulture);

    /// <summary>The output of the current process.</summary>
    public string Output => process!.Output;

    /// <summary>The folder of the program for the next process: this build, unless a test sets another one.</summary>
    public string Build { get; set; } = AppContext.BaseDirectory;

    public void Launch() => process = ProgramProcess.OfDotnet(Path.Combine(Build, program), folder, settings, place);

    public Task Kill() => process!.Kill();

    /// <returns>The exit code.</returns>
    public Task<int> Stop() => process!.Stop();

    /// <summary>Sends SIGTERM, without waiting for the end.</summary>
    public Task Terminate() => process!.Terminate();

    /// <returns>The exit code.</returns>
    public Task<int> Ended() => process!.Ended();

    public Task Pause() => process!.Pause();

    public Task Resume() => process!.Resume();

    /// <summary>Starts another process after the previous one has ended.</summary>
    public async Task Relaunch()
    {
        obituaries.Add(Tail(process!.ToString()));
        await process.DisposeAsync();
        Launch();
    }

    public async Task Ready()
    {
        try
        {
            await Until.True(async () => HasEnded || await IsReady(), StartBound, $"{name} is ready");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{this}", late);
        }

        if (HasEnded)
        {
            throw new InvalidOperationException($"It ended before it was ready.\n{this}");
        }
    }

    public async Task<bool> IsReady() => await Health("ready") == HttpStatusCode.OK;

    /// <param name="question">live or ready.</param>
    /// <returns>Null if there is no answer.</returns>
    public async Task<HttpStatusCode?> Health(string question)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Url, $"/health/{question}"));
            return answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => process?.DisposeAsync() ?? ValueTask.CompletedTask;

    public override string ToString() =>
        $"== {name}\n{string.Join('\n', obituaries.TakeLast(2).Append(Tail(process?.ToString() ?? "Never started.")))}";

    private static string Tail(string text) => text.Length <= 6_000 ? text : "…" + text[^6_000..];
}
