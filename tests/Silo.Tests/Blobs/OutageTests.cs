using Azure.Storage.Blobs;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>The store gone: its process, its container, or its answers altogether.</summary>
public sealed class OutageTests : IDisposable
{
    private static readonly GrainId Id = GrainId.Create("note", "1");

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_store_that_went_and_came_back_has_what_it_confirmed()
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
    public async Task A_container_that_disappears_is_a_failure_and_no_empty_store()
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

    // With the bounds of production, so that it takes as long as a grain would wait.
    [Fact]
    public async Task A_store_that_never_answers_is_given_up_before_the_grain_call_is()
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
    public async Task A_reader_need_not_wait()
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
    public void All_attempts_of_an_operation_end_before_the_grain_call_does() => Assert.True(BlobClients.OperationTimeout < SiloHost.ResponseTimeout);

    private static async Task<GrainState<Note>> Read(TestSilo silo)
    {
        var state = new GrainState<Note>();
        await silo.Storage.ReadStateAsync("state", Id, state);
        return state;
    }

    private static async Task<HealthStatus> Health(TestSilo silo) =>
        (await silo.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;
}
