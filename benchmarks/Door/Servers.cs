using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace EngageCenter.Door;

/// <summary>All contestants, each in its own processes, which end when this is disposed.</summary>
internal sealed class Servers(TempFolder folder, DoorSettings settings) : IAsyncDisposable
{
    public const string Cerbos = "Cerbos";

    public const string Body = """{"permissions":["ViewSupportInsights","RenameSpace"]}""";

    private const string NoneKept = ", no decisions kept";

    // A cluster has five or more processes that start on the same cores.
    private static readonly TimeSpan startBound = TimeSpan.FromMinutes(4);

    private readonly Organization organization = new(settings);
    private readonly List<ProgramProcess> processes = [];
    private readonly List<(string Folder, FreePort Ports)> clusters = [];

    public async Task<ImmutableArray<Contestant>> StartAsync()
    {
        var contestants = new List<Contestant>();
        var (bare, bareId) = await ServeAsync("bare");
        contestants.Add(new("bare GET", bare, [Contestant.Get("/")], "\"allowed\":true", [("server", [bareId])]));
        contestants.Add(new("bare POST", bare, [Contestant.Post("/", Body)], "\"allowed\":true", [("server", [bareId])]));
        var directory = folder.Write("directory.json", organization.DirectoryJson());
        if (IsWanted("pipeline"))
        {
            var (pipeline, id) = await ServeAsync("pipeline");
            contestants.Add(new(
                "pipeline", pipeline, [.. organization.People.Select(p => Contestant.Post(CheckPath("0123456789abcdef0123456789abcdef"), Body, $"{p.Id}{new string('x', 2_000)}"))],
                "\"allowed\":true", [("server", [id])]));
        }

        if (IsWanted("check") || IsWanted("me/workspaces"))
        {
            contestants.AddRange(await DevHostAsync(directory, AppContext.BaseDirectory, "", Decisions(settings.Decisions)));
            if (settings.Decisions > 0)
            {
                contestants.AddRange(await DevHostAsync(directory, AppContext.BaseDirectory, NoneKept, Decisions(0)));
            }

            if (settings.Before is { } before)
            {
                contestants.AddRange(await DevHostAsync(directory, Path.GetFullPath(before), ", before", []));
            }
        }

        foreach (var silos in settings.Silos)
        {
            contestants.AddRange(await ClusterAsync(directory, silos, "", Decisions(settings.Decisions)));
            if (settings.Decisions > 0)
            {
                contestants.AddRange(await ClusterAsync(directory, silos, NoneKept, Decisions(0)));
            }
        }

        if (IsWanted(Cerbos) && await CerbosAsync() is { } cerbos)
        {
            contestants.Add(cerbos);
        }

        return [contestants[0], .. contestants.Skip(1).Where(c => IsWanted(c.Name))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (cluster, ports) in clusters)
        {
            await ScriptAsync("down", "--clean", "--dir", cluster);
            ports.Dispose();
        }

        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }
    }

    // Without the option, the default number of decisions is used.
    private KeyValuePair<string, string>[] Decisions(int max) => settings.Decisions == 0
        ? []
        : [new("Access__LendsDecisions", max > 0 ? "true" : "false"), new("WebApi__Decisions__Max", Text(max))];

    private bool IsWanted(string name) =>
        settings.Only.IsEmpty || settings.Only.Any(only => name.StartsWith(only, StringComparison.Ordinal) || only.StartsWith(name, StringComparison.Ordinal));

    private async Task<(IPEndPoint Address, int Process)> ServeAsync(string what)
    {
        var address = FreeAddress();
        var process = ProgramProcess.Of("dotnet", folder.Path, Path.Combine(AppContext.BaseDirectory, "EngageCenter.Door.dll"), "serve", what, $"http://{address}");
        await ListensAsync(process, address);
        return (address, process.Id);
    }

    private async Task<IEnumerable<Contestant>> DevHostAsync(
        string directory, string programs, string which, KeyValuePair<string, string>[] its)
    {
        var host = await ServeDevHostAsync(directory, programs, which, its);
        return await ContestantsAsync(which, host.Address, new($"http://{host.Address}"), new($"http://{host.Entra}"), [("DevHost", [host.Process])]);
    }

    /// <summary>Starts a DevHost with an empty store and sets up its workspace.</summary>
    /// <param name="programs">The output of src/DevHost.</param>
    public async Task<NewHost> NewHostAsync(string programs, string which)
    {
        var host = await ServeDevHostAsync(folder.Write("directory.json", organization.DirectoryJson()), programs, which, []);
        var workspaceId = await Organization.SetUpAsync(new($"http://{host.Address}"), new($"http://{host.Entra}"));
        return new(host.Address, new($"http://{host.Entra}"), host.Process, CheckPath(workspaceId));
    }

    private async Task<(IPEndPoint Address, IPEndPoint Entra, int Process)> ServeDevHostAsync(
        string directory, string programs, string which, KeyValuePair<string, string>[] its)
    {
        var (service, entra) = (FreeAddress(), FreeAddress());
        var home = folder.Folder($"devhost{which}");
        var process = ProgramProcess.OfDotnet(Path.Combine(programs, "EngageCenter.DevHost.dll"), home,
        [
            new("WebApi__Url", $"http://{service}"),
            new("LocalEntra__Url", $"http://{entra}"),
            new("LocalEntra__KeyFile", Path.Combine(home, "key.pem")),
            new("LocalEntra__DirectoryFile", directory),
            new("Storage__SqliteFile", Path.Combine(home, "engage-center.db")),
            new("DevHost__Sample", "false"),
            new("DevHost__Portal", "false"),
            .. settings.Set,
            .. its,
        ]);
        await ListensAsync(process, service);
        return (service, entra, process.Id);
    }

    private async Task<IEnumerable<Contestant>> ClusterAsync(
        string directory, int silos, string which, KeyValuePair<string, string>[] its)
    {
        var (home, ports) = (folder.File($"cluster-{clusters.Count}"), FreePort.Reserve(100));
        clusters.Add((home, ports));
        await ScriptAsync(
        [
            "up", "--dir", home, "--silos", Text(silos), "--web", "1", "--port-base", Text(ports.First), "--build", AppContext.BaseDirectory,
            "--set", $"LocalEntra__DirectoryFile={directory}", "--set", "Shutdown__DrainDelay=00:00:00",
            .. settings.Set.Concat(its).SelectMany(s => (string[])["--set", $"{s.Key}={s.Value}"]),
        ]);
        using var status = JsonDocument.Parse(await ScriptAsync("status", "--json", "--dir", home));
        var members = status.RootElement.GetProperty("processes").EnumerateArray().ToList();
        var web = Url("web");
        var contestants = await ContestantsAsync(
            $", web node and {silos} silo{(silos > 1 ? "s" : "")}{which}", IPEndPoint.Parse(web.Authority), web, Url("entra"), [("web node", Ids("web")), ("silos", Ids("silo"))]);
        return contestants.Take(1);

        ImmutableArray<int> Ids(string kind) => [.. members.Where(m => m.GetProperty("kind").GetString() == kind).Select(m => m.GetProperty("pid").GetInt32())];
        Uri Url(string kind) => new(members.First(m => m.GetProperty("kind").GetString() == kind).GetProperty("url").GetString()!);
    }

    private async Task<IEnumerable<Contestant>> ContestantsAsync(
        string where, IPEndPoint address, Uri service, Uri entra, ImmutableArray<(string Kind, ImmutableArray<int> Ids)> counted)
    {
        var workspaceId = await Organization.SetUpAsync(service, entra);
        var contestants = new List<Contestant>
        {
            new($"check{where}", address,
                [.. (await Organization.TokensAsync(entra, organization.People)).Select(token => Contestant.Post(CheckPath(workspaceId), Body, token))],
                "\"allowed\":true", counted),
        };
        foreach (var groups in (int[])[1, 20, 200])
        {
            contestants.Add(new(
                $"me/workspaces, {groups} group{(groups > 1 ? "s" : "")}{where}", address,
                [.. (await Organization.TokensAsync(entra, organization.Of(groups))).Select(token => Contestant.Get("/v1/me/workspaces", token))],
                workspaceId, counted));
        }

        return contestants;
    }

    private async Task<Contestant?> CerbosAsync()
    {
        var program = Path.Combine(Repository.Root, "eng", "cerbos", "node_modules", "@cerbos", "cerbos-linux-x64", "cerbos-linux-x64");
        if (!File.Exists(program))
        {
            await Console.Error.WriteLineAsync("Without Cerbos: 'eng/needs cerbos' installs it.");
            return null;
        }

        var address = FreeAddress();
        var policies = folder.Folder("cerbos");
        await File.WriteAllTextAsync(Path.Combine(policies, "workspace.yaml"), $"""
            apiVersion: api.cerbos.dev/v1
            resourcePolicy:
              version: default
              resource: workspace
              rules:
                - actions: ["ViewSupportInsights"]
                  effect: EFFECT_ALLOW
                  roles: ["{Organization.Groups[0]}"]
                - actions: ["AccessLearning"]
                  effect: EFFECT_ALLOW
                  roles: [{string.Join(", ", Organization.Groups.Skip(1).Select(g => $"\"{g}\""))}]
            """);
        var config = folder.Write("cerbos.yaml", $$"""
            server: { httpListenAddr: "{{address}}", grpcListenAddr: "{{FreeAddress()}}" }
            storage: { driver: disk, disk: { directory: "{{policies}}" } }
            telemetry: { disabled: true }
            """);
        var process = ProgramProcess.Of(program, folder.Path, "server", "--config", config, "--log-level", "ERROR");
        await ListensAsync(process, address);
        return new(
            Cerbos, address,
            [.. organization.People.Select(p => Contestant.Post("/api/check/resources", JsonSerializer.Serialize(new
            {
                principal = new { id = $"{p.Id}", roles = Organization.Groups.Take(p.Groups) },
                resources = (object[])[new { actions = (string[])["ViewSupportInsights", "RenameSpace"], resource = new { kind = "workspace", id = "0123456789abcdef0123456789abcdef" } }],
            })))],
            "EFFECT_ALLOW", [("server", [process.Id])]);
    }

    private async Task ListensAsync(ProgramProcess process, IPEndPoint address)
    {
        processes.Add(process);
        await Until.True(async () => process.HasEnded || await AnswersAsync(address), startBound, $"{address} listens");
        if (process.HasEnded)
        {
            throw new InvalidOperationException($"A server ended. {process}");
        }
    }

    private static async Task<bool> AnswersAsync(IPEndPoint address)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<string> ScriptAsync(params IEnumerable<string> arguments)
    {
        await using var script = ProgramProcess.Of(Path.Combine(Repository.Root, "cluster"), folder.Path, arguments);
        await Until.True(() => Task.FromResult(script.HasEnded), startBound, $"./cluster {arguments.First()} ends");
        return await script.Ended() == 0 ? script.Output : throw new InvalidOperationException($"./cluster {arguments.First()} failed. {script}");
    }

    /// <param name="Path">The path of a check.</param>
    public sealed record NewHost(IPEndPoint Address, Uri Entra, int Process, string Path);

    private static string CheckPath(string workspaceId) => $"/v1/workspaces/{workspaceId}/permissions/check";

    private static IPEndPoint FreeAddress() => new(IPAddress.Loopback, FreePort.Next());

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
