using System.Globalization;
using System.Net;

namespace EngageCenter.Silo.Tests;

/// <summary>Tests a silo in its own process, with its members in the tables of a real Azurite.</summary>
public sealed class ClusterTablesTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder folder = new();
    private Azurite azurite = null!;

    public async Task InitializeAsync() => azurite = await Azurite.Start(folder.Path, withTables: true);

    public async Task DisposeAsync() => await azurite.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Silo_refused_by_the_tables_exits_with_1_and_names_the_setting()
    {
        var wrongKey = azurite.ConnectionString.Replace("AccountKey=Eby8", "AccountKey=Ebz8", StringComparison.Ordinal);
        await using var silo = ProgramProcess.OfDotnet(Path.Combine(AppContext.BaseDirectory, "EngageCenter.Silo.dll"), folder.Path, new Dictionary<string, string>
        {
            ["Orleans__Clustering__ProviderType"] = "AzureTableStorage",
            ["Orleans__Clustering__ConnectionString"] = wrongKey,
            ["Orleans__Endpoints__AdvertisedIPAddress"] = IPAddress.Loopback.ToString(),
            ["Orleans__Endpoints__SiloPort"] = Text(FreePort.Next()),
            ["Orleans__Endpoints__GatewayPort"] = Text(FreePort.Next()),
            ["Storage__SqliteFile"] = folder.File("state.db"),
            ["Silo__Url"] = $"http://{IPAddress.Loopback}:{Text(FreePort.Next())}",
            ["Logging__LogLevel__Default"] = "None",
        });

        await Until.True(() => Task.FromResult(silo.HasEnded), TimeSpan.FromSeconds(90), "the silo ends");

        Assert.Equal(1, await silo.Ended());
        Assert.StartsWith("The account of Orleans:Clustering:ConnectionString refuses this host access to its tables: 403", silo.Errors, StringComparison.Ordinal);
        Assert.Single(silo.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("Ebz8", silo.ToString(), StringComparison.Ordinal);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
