namespace EngageCenter.Silo.Tests.Storage;

/// <summary>Runs one silo for the tests of a class; each test uses its own keys.</summary>
public sealed class SiloFixture : IAsyncLifetime, IDisposable
{
    private readonly SqliteFolder folder = new();

    internal string File => folder.File();

    internal TestSilo Silo { get; private set; } = null!;

    public async Task InitializeAsync() => Silo = await TestSilo.Start(folder.File());

    public async Task DisposeAsync() => await Silo.DisposeAsync();

    public void Dispose() => folder.Dispose();
}
