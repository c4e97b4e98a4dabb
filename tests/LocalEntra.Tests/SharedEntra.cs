using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.LocalEntra.Tests;

/// <summary>
/// Runs one LocalEntra, with a clock that stands still, for all tests of a class that change nothing in it.
/// </summary>
public sealed class SharedEntra : IAsyncLifetime
{
    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 600, TimeSpan.Zero));

    internal RunningEntra Running { get; private set; } = null!;

    public async Task InitializeAsync() => Running = await RunningEntra.StartAsync(TestDirectory.Value, Time);

    public async Task DisposeAsync() => await Running.DisposeAsync();
}
