using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EngageCenter;

/// <summary>An Azurite process for a test, with blobs and on request tables. It ends with the test.</summary>
internal sealed class Azurite : IAsyncDisposable
{
    // Azurite's account and key are always the same and are in its documentation.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // The start reads many small files, on a machine that may be busy.
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly string folder;
    private readonly bool inMemory;
    private readonly IEnumerable<string> options;
    private readonly Place place;
    private readonly int? tables;
    private ProgramProcess process;

    private Azurite(string folder, bool inMemory, Place place, IEnumerable<string> options, int port, int? tables)
    {
        (this.folder, this.inMemory, this.place, this.options, Port, this.tables) = (folder, inMemory, place, options, port, tables);
        process = Launch();
    }

    public int Port { get; }

    public int TablePort => tables ?? throw new InvalidOperationException("It was started without tables.");

    public string ConnectionString => ConnectionStringAt(Port, place.Address)
        + (tables is { } port ? $"TableEndpoint=http://{place.Address}:{Text(port)}/{Account};" : "");

    /// <summary>Returns a connection string for a proxy that listens on another port.</summary>
    public static string ConnectionStringAt(int port, IPAddress? address = null) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://{address ?? IPAddress.Loopback}:{Text(port)}/{Account};";

    /// <param name="folder">The working folder, which also holds the stored data unless it is only in memory.</param>
    /// <param name="options">More options of Azurite.</param>
    /// <param name="withTables">Whether to start tables besides blobs, on their own port.</param>
    public static async Task<Azurite> Start(string folder, bool inMemory = true, Place? place = null, IEnumerable<string>? options = null, bool withTables = false)
    {
        var azurite = new Azurite(folder, inMemory, place ?? Place.Loopback, options ?? [], FreePort.Next(), withTables ? FreePort.Next() : null);
        try
        {
            await azurite.Listens();
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Sends SIGTERM; from then on connections are refused. Azurite writes its tables to disk only now and then and when it is asked
    /// to end. So unlike in Azure, confirmed writes would not survive SIGKILL.
    /// </summary>
    public Task Stop() => process.Stop();

    /// <summary>Starts another process with the stored data of the stopped one, on the same port.</summary>
    public async Task Relaunch()
    {
        await process.DisposeAsync();
        process = Launch();
        await Listens();
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private ProgramProcess Launch()
    {
        // The program with blobs only, or the one with everything.
        var program = Path.Combine([Repository.Root, "eng", "azurite", "node_modules", "azurite", "dist", "src", .. tables is null ? ["blob", "main.js"] : (string[])["azurite.js"]]);
        var others = tables is { } port
            ? ["--tableHost", place.Address.ToString(), "--tablePort", Text(port), "--queueHost", place.Address.ToString(), "--queuePort", Text(FreePort.Next())]
            : (string[])[];
        if (!File.Exists(program))
        {
            throw new InvalidOperationException("Azurite is missing: run 'eng/needs azurite'.");
        }

        try
        {
            // The SDK uses a newer version of the protocol than Azurite knows.
            return ProgramProcess.Of(place, "node", folder, [
                program, "--blobHost", place.Address.ToString(), "--blobPort", Text(Port), "--skipApiVersionCheck", "--disableTelemetry", "--silent", .. others,
                .. inMemory ? ["--inMemoryPersistence"] : (string[])["--location", folder], .. options]);
        }
        catch (Win32Exception absent)
        {
            throw new InvalidOperationException("Azurite needs Node.js: run 'eng/needs azurite'.", absent);
        }
    }

    private async Task Listens()
    {
        await Until.True(async () => process.HasEnded || await Answers(), StartBound, "Azurite listens");
        if (process.HasEnded)
        {
            throw new InvalidOperationException($"Azurite ended. {process}");
        }
    }

    private async Task<bool> Answers()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(place.Address, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
