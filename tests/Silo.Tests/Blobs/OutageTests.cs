using Azure.Storage.Blobs;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Tests outages of the store: its process, its container, or all its responses.</summary>
public sealed class OutageTests : IDisposable
{
    private static readonly GrainId Id = GrainId.Create("note", "1");

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Restarted_store_has_everything_that_it_confirmed()
    {
        await using var azurite = await Azurite.Start(folder.Path, inMemory: false);
        await using var silo = await BlobSilo.Start(azurite.ConnectionString);
        var state = new GrainState<Note>(new Note { Text = "confirmed" });
        await silo.Storage.WriteStateAsync("state", Id, state);
        Assert.Equal(HealthStatus.Healthy, await Health(silo));

        await azurite.Stop();
        state.State = new Note { Text = "never stored" };
        await Assert.ThrowsAsync<IOException>(() => silo.Storage.WriteStateAsync("state", Id, state));
        await Assert.ThrowsAsync<IOException>(() => silo.Storage.ClearStateAsync("state", Id, state));
        await Assert.ThrowsAsync<IOException>(() => Read(silo));
        Assert.Equal(HealthStatus.Unhealthy, await Health(silo));

        await azurite.Relaunch();
        var read = await Read(silo);
        Assert.Equal("confirmed", read.State!.Text);
        Assert.Equal(state.ETag, read.ETag);
        await silo.Storage.WriteStateAsync("state", Id, state);
        Assert.Equal(HealthStatus.Healthy, await Health(silo));
    }

    [Fact]
    public async Task Missing_container_is_a_failure_and_not_an_empty_store()
    {
        await using var azurite = await Azurite.Start(folder.Path);
        await using var silo = await BlobSilo.Start(azurite.ConnectionString);
        var state = new GrainState<Note>(new Note { Text = "lost" });
        await silo.Storage.WriteStateAsync("state", Id, state);

        await new BlobContainerClient(azurite.ConnectionString, "grainstate").DeleteAsync();

        foreach (var failure in new[]
        {
            await Assert.ThrowsAsync<IOException>(() => Read(silo)),
            await Assert.ThrowsAsync<IOException>(() => silo.Storage.WriteStateAsync("state", Id, state)),
            await Assert.ThrowsAsync<IOException>(() => silo.Storage.WriteStateAsync("state", Id, new GrainState<Note>(new Note()))),
            await Assert.ThrowsAsync<IOException>(() => silo.Storage.ClearStateAsync("state", Id, state)),
        })
        {
            Assert.Contains("ContainerNotFound", failure.Message, StringComparison.Ordinal);
        }
    }

    // With the limits of production, so this takes as long as a grain would wait.
    [Fact]
    public async Task Unresponsive_store_times_out_before_the_grain_call()
    {
        await using var azurite = await Azurite.Start(folder.Path);
        await using var proxy = await StoreProxy.Start(azurite);
        await using var silo = await BlobSilo.Start(proxy.ConnectionString);
        proxy.Always(Fate.IsHeld);

        var write = silo.Storage.WriteStateAsync("state", Id, new GrainState<Note>(new Note()));

        var failure = await Record.ExceptionAsync(() => write.WaitAsync(SiloHost.ResponseTimeout));
        Assert.True(write.IsFaulted);
        Assert.IsType<TimeoutException>(failure);
        Assert.Equal(1 + BlobClients.MaxRetries, proxy.Requests.Count);
    }

    [Fact]
    public async Task Reader_can_cancel_its_wait()
    {
        await using var azurite = await Azurite.Start(folder.Path);
        await using var proxy = await StoreProxy.Start(azurite);
        await using var silo = await BlobSilo.Start(proxy.ConnectionString);
        proxy.Always(Fate.IsHeld);
        using var enough = new CancellationTokenSource();

        var read = silo.Storage.ReadStateAsync("state", Id, new GrainState<Note>(), enough.Token);
        await Until.True(() => Task.FromResult(!proxy.Requests.IsEmpty), TimeSpan.FromSeconds(10), "the store is asked");
        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public void All_attempts_of_an_operation_end_before_the_grain_call() => Assert.True(BlobClients.OperationTimeout < SiloHost.ResponseTimeout);

    private static async Task<GrainState<Note>> Read(TestSilo silo)
    {
        var state = new GrainState<Note>();
        await silo.Storage.ReadStateAsync("state", Id, state);
        return state;
    }

    private static async Task<HealthStatus> Health(TestSilo silo) =>
        (await silo.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;
}
