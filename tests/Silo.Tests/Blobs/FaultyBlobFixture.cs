using Azure.Storage.Blobs;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>
/// Runs a silo that reaches Azurite through a proxy that fails as a test says, and another silo without the proxy.
/// </summary>
public sealed class FaultyBlobFixture : IAsyncLifetime, IDisposable
{
    private readonly TempFolder folder = new();
    private Azurite azurite = null!;
    private TestSilo sound = null!;

    internal StoreProxy Proxy { get; private set; } = null!;

    internal TestSilo Silo { get; private set; } = null!;

    internal IGrainStorage Storage => Silo.Storage;

    public async Task InitializeAsync()
    {
        azurite = await Azurite.Start(folder.Path);
        Proxy = await StoreProxy.Start(azurite);
        sound = await BlobSilo.Start(azurite.ConnectionString);
        Silo = BlobSilo.Build(services => services.AddKeyedSingleton("faulty", Client()), ("ServiceKey", "faulty"));
        await Silo.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Silo.DisposeAsync();
        await sound.DisposeAsync();
        await Proxy.DisposeAsync();
        await azurite.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Reads what is really stored.</summary>
    internal async Task<GrainState<Note>> Truth(GrainId id)
    {
        var state = new GrainState<Note>();
        await sound.Storage.ReadStateAsync("state", id, state);
        return state;
    }

    /// <summary>The same as in production, but with a shorter pause before the next attempt.</summary>
    private BlobServiceClient Client() => new(Proxy.ConnectionString, BlobClients.Options(firstDelay: TimeSpan.FromMilliseconds(1)));
}
