namespace EngageCenter.DevHost.Tests;

/// <summary>A process with the sample organization, for tests that change nothing in it.</summary>
public sealed class SampleHost : IAsyncLifetime, IDisposable
{
    private readonly TempFolder folder = new();
    private DevHostProcess? host;

    internal DevHostProcess Process => host!;

    internal DevHostClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        host = await DevHostProcess.Start(new(folder.Path));
        Client = host.Client();
    }

    public async Task DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }
    }

    public void Dispose()
    {
        Client?.Dispose();
        folder.Dispose();
    }
}
