using EngageCenter.Silo.Tests.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

[Collection(BlobFixture.OneAtATime)]
public sealed class StorageModelTests(BlobFixture fixture) : GrainStorageModelTests, IClassFixture<BlobFixture>
{
    private protected override IGrainStorage Storage => fixture.Silo.Storage;

    private protected override bool KeepsVersionAfterClear => false;

    private protected override int Sequences => 40;
}
