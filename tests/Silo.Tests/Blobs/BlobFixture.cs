using Azure.Storage.Blobs;
using EngageCenter.Silo.Tests.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Runs one Azurite and one silo for the tests of a class; each test uses its own keys.</summary>
public sealed class BlobFixture : IAsyncLifetime, IDisposable
{
    /// <summary>
    /// The collection of tests that keep the machine busy, because an attempt that takes too long would be repeated.
    /// </summary>
    public const string OneAtATime = "One at a time";

    private readonly TempFolder folder = new();

    internal Azurite Azurite { get; private set; } = null!;

    internal TestSilo Silo { get; private set; } = null!;

    /// <summary>The provider's container, accessed without the provider.</summary>
    internal BlobContainerClient Container => new(Azurite.ConnectionString, "grainstate");

    public async Task InitializeAsync()
    {
        Azurite = await Azurite.Start(folder.Path);
        Silo = await BlobSilo.Start(Azurite.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Silo.DisposeAsync();
        await Azurite.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();
}
