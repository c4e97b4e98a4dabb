using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Tests Orleans' own provider with the clients and limits of the silo.</summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class StorageTests(BlobFixture fixture) : GrainStorageTests, IClassFixture<BlobFixture>
{
    private protected override IGrainStorage Storage => fixture.Silo.Storage;

    private protected override bool KeepsVersionAfterClear => false;

    private protected override async Task<(IGrainStorage Storage, IAsyncDisposable Silo)> StartSecond()
    {
        var silo = await BlobSilo.Start(fixture.Azurite.ConnectionString);
        return (silo.Storage, silo);
    }

    // Orleans' provider for databases fails on braces, because it uses the key as a format string.
    [Fact]
    public async Task Keys_with_braces_are_different_grains()
    {
        var type = $"t{Guid.NewGuid():N}";
        string[] keys = ["{", "}", "{0}", "{a", "a}"];
        foreach (var key in keys)
        {
            await Write(GrainId.Create(type, key), new Note { Text = key });
        }

        foreach (var key in keys)
        {
            Assert.Equal(key, (await Read(GrainId.Create(type, key))).State!.Text);
        }
    }
}
