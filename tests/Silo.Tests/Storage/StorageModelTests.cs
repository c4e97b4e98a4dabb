using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

public sealed class StorageModelTests(SiloFixture fixture) : GrainStorageModelTests, IClassFixture<SiloFixture>
{
    private protected override IGrainStorage Storage => fixture.Silo.Storage;

    private protected override bool KeepsVersionAfterClear => true;

    private protected override int Sequences => 100;
}
