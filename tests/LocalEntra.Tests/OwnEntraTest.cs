using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.LocalEntra.Tests;

/// <summary>A test that has LocalEntra to itself, with a clock that it moves.</summary>
public abstract class OwnEntraTest : IAsyncLifetime
{
    private protected readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private protected RunningEntra entra = null!;

    public virtual async Task InitializeAsync() => entra = await RunningEntra.StartAsync(TestDirectory.Value, time);

    public async Task DisposeAsync() => await entra.DisposeAsync();
}
