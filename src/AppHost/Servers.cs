using System.Diagnostics;

namespace EngageCenter.AppHost;

/// <summary>
/// Adds Redis, for the members of the cluster and reminders, and Azurite, for state. They are containers if a container engine runs,
/// otherwise the programs that <c>eng/needs</c> installs.
/// </summary>
internal sealed class Servers
{
    // The longest wait for an answer of a container engine.
    private static readonly TimeSpan engineBound = TimeSpan.FromSeconds(10);

    private readonly string? redis;
    private readonly string? azurite;

    private Servers(string? redis, string? azurite) => (this.redis, this.azurite) = (redis, azurite);

    /// <exception cref="AppHostException">There is neither a container engine nor the programs.</exception>
    public static Servers Find(string repository)
    {
        if (Answers("docker") || Answers("podman"))
        {
            return new(null, null);
        }

        var azurite = Path.Combine(repository, "eng/azurite/node_modules/.bin/azurite-blob");
        return OnPath("redis-server") is { } redis && File.Exists(azurite)
            ? new(redis, azurite)
            : throw new AppHostException("The cluster needs Redis and Azurite: install a container engine (Docker or Podman), or run 'eng/needs redis azurite'.");
    }

    // Every Azurite has this public account and key.
    public static string AzuriteAccount(int port) =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + $"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;";

    public IResourceBuilder<IResource> AddRedis(IDistributedApplicationBuilder builder, int port, string data)
    {
        string[] saved = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
        if (redis is null)
        {
            return builder.AddContainer("redis", "redis", "7.4-alpine")
                .WithEndpoint(port, 6379, name: "tcp", isProxied: false)
                .WithVolume("engage-center-apphost-redis", "/data")
                .WithEntrypoint("redis-server").WithArgs([.. saved]);
        }

        var folder = Directory.CreateDirectory(Path.Combine(data, "redis")).FullName;
        return builder.AddExecutable("redis", redis, folder, ["--bind", "127.0.0.1", "--port", $"{port}", .. saved, "--dir", folder]);
    }

    public IResourceBuilder<IResource> AddAzurite(IDistributedApplicationBuilder builder, int port, string data)
    {
        string[] quiet = ["--skipApiVersionCheck", "--disableTelemetry", "--silent"];
        if (azurite is null)
        {
            return builder.AddContainer("azurite", "mcr.microsoft.com/azure-storage/azurite", "3.35.0")
                .WithEndpoint(port, 10000, name: "tcp", isProxied: false)
                .WithVolume("engage-center-apphost-azurite", "/data")
                .WithEntrypoint("azurite-blob").WithArgs(["--blobHost", "0.0.0.0", "--blobPort", "10000", .. quiet, "--location", "/data"]);
        }

        var folder = Directory.CreateDirectory(Path.Combine(data, "azurite")).FullName;
        return builder.AddExecutable("azurite", azurite, folder, ["--blobHost", "127.0.0.1", "--blobPort", $"{port}", .. quiet, "--location", folder]);
    }

    // A client program alone is not enough: its engine must run.
    private static bool Answers(string engine)
    {
        if (OnPath(engine) is not { } program)
        {
            return false;
        }

        using var asked = Process.Start(new ProcessStartInfo(program, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        asked.BeginOutputReadLine();
        asked.BeginErrorReadLine();
        if (asked.WaitForExit(engineBound))
        {
            return asked.ExitCode == 0;
        }

        asked.Kill(entireProcessTree: true);
        return false;
    }

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => (string[])[Path.Combine(folder, program), Path.Combine(folder, $"{program}.exe")])
        .FirstOrDefault(File.Exists);
}
