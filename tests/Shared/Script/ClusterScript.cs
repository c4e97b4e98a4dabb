using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EngageCenter.Script;

/// <summary>The result of a run of <c>./cluster</c>.</summary>
internal sealed record Run(int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Errors}";
}

/// <summary>A process in the output of <c>./cluster status --json</c>.</summary>
internal sealed record Member(
    [property: JsonRequired] string Name,
    [property: JsonRequired] string Kind,
    [property: JsonRequired] int Pid,
    Uri? Url,
    [property: JsonRequired] string State);

/// <summary>The script, with its own folder and ports. Disposing ends what it started.</summary>
internal sealed class ClusterScript : IAsyncDisposable
{
    // The script itself waits up to 90 s until a member is ready.
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private readonly TempFolder folder = new();
    private readonly FreePort ports = FreePort.Reserve(100);

    public string Folder => folder.File("cluster");

    /// <summary>The first of the ports.</summary>
    public int PortBase => ports.First;

    public Task<Run> Up(params IEnumerable<string> arguments) => Go(
    [
        "up", "--port-base", PortBase.ToString(CultureInfo.InvariantCulture), "--build", AppContext.BaseDirectory,

        // Several hosts share this machine's memory, and there is no load balancer to wait for.
        "--set", "DOTNET_gcServer=0", "--set", "Shutdown__DrainDelay=00:00:00", .. arguments,
    ]);

    /// <summary>Runs the script and requires success.</summary>
    public async Task<string> Do(params IEnumerable<string> arguments)
    {
        var run = await Go(arguments);
        Assert.True(run.ExitCode == 0, $"./cluster {string.Join(' ', arguments)}: {run}");
        return run.Output;
    }

    public async Task<Run> Go(params IEnumerable<string> arguments)
    {
        await using var process = ProgramProcess.Of(Path.Combine(Repository.Root, "cluster"), folder.Path, [.. arguments, "--dir", Folder]);
        await Until.True(() => Task.FromResult(process.HasEnded), Bound, $"./cluster {string.Join(' ', arguments)} ends");
        return new(await process.Ended(), process.Output, process.Errors);
    }

    public async Task<IReadOnlyList<Member>> Status()
    {
        var json = JsonSerializer.Deserialize<Dictionary<string, List<Member>>>(await Do("status", "--json"), Strict)!;
        return Assert.Single(json, all => all.Key == "processes").Value;
    }

    public async Task<Member> Status(string name) => Assert.Single(await Status(), member => member.Name == name);

    public async ValueTask DisposeAsync()
    {
        await Do("down", "--clean");
        folder.Dispose();
        ports.Dispose();
    }
}
