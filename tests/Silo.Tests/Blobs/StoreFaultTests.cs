using CsCheck;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Tests a slow, failing or unreachable store, and lost responses: no false success, and no effect twice.</summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class StoreFaultTests(FaultyBlobFixture fixture) : IClassFixture<FaultyBlobFixture>, IDisposable
{
    private const int Attempts = 1 + BlobClients.MaxRetries;

    private StoreProxy Proxy => fixture.Proxy;

    private IGrainStorage Storage => fixture.Storage;

    public void Dispose() => Proxy.Next();

    [Fact]
    public async Task Slow_store_is_waited_for()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "late" }));
        Proxy.Next(Fate.IsHeld);

        var write = Storage.WriteStateAsync("state", id, state);
        await Until.True(() => Task.FromResult(!Proxy.Requests.IsEmpty), TimeSpan.FromSeconds(10), "the store is asked");
        Assert.False(write.IsCompleted);
        Assert.False((await fixture.Truth(id)).RecordExists);
        Proxy.Release();

        await write;
        Assert.Equal("late", (await fixture.Truth(id)).State!.Text);
        Assert.Single(Proxy.Requests);
    }

    [Theory]
    [InlineData(Fate.IsRefused)]
    [InlineData(Fate.IsLost)]
    public async Task Request_that_the_store_did_not_process_is_repeated(Fate fate)
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "1" }));

        Proxy.Next(fate, fate);
        await Storage.WriteStateAsync("state", id, state);
        Assert.Equal(Attempts, Proxy.Requests.Count);

        Proxy.Next(fate);
        var read = new GrainState<Note>();
        await Storage.ReadStateAsync("state", id, read);
        Assert.Equal("1", read.State!.Text);

        Proxy.Next(fate);
        await Storage.ClearStateAsync("state", id, state);
        Assert.False((await fixture.Truth(id)).RecordExists);
    }

    [Theory]
    [InlineData(Fate.IsRefused, "503 ServerBusy")]
    [InlineData(Fate.IsLost, "could not be reached")]
    public async Task Store_without_success_fails_after_a_few_attempts_and_changes_nothing(Fate fate, string reason)
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "before" }));
        await Storage.WriteStateAsync("state", id, state);
        var etag = state.ETag;

        foreach (var operation in new[] { Storage.WriteStateAsync, Storage.ClearStateAsync, (Operation)Storage.ReadStateAsync })
        {
            Proxy.Always(fate);
            state.State = new Note { Text = "after" };
            var failure = await Assert.ThrowsAsync<IOException>(() => operation("state", id, state));
            Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
            Assert.Null(failure.InnerException);
            Assert.Equal(Attempts, Proxy.Requests.Count);
            Assert.Equal(etag, state.ETag);
            Assert.Equal("before", (await fixture.Truth(id)).State!.Text);
        }

        Proxy.Next();
        await Storage.WriteStateAsync("state", id, state);
        Assert.Equal("after", (await fixture.Truth(id)).State!.Text);
    }

    // Three attempts with such waits would take longer than the grain call.
    [Fact]
    public async Task Store_that_asks_for_a_long_wait_is_not_asked_again()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "before" }));
        await Storage.WriteStateAsync("state", id, state);
        Proxy.Next(Fate.IsPutOff);

        state.State = new Note { Text = "after" };
        var failure = await Assert.ThrowsAsync<IOException>(() => Storage.WriteStateAsync("state", id, state));

        Assert.Contains("503 ServerBusy", failure.Message, StringComparison.Ordinal);
        Assert.Single(Proxy.Requests);
        Assert.Equal("before", (await fixture.Truth(id)).State!.Text);
    }

    // The SDK tries again and finds the version that it wrote itself. It cannot know that, so no caller is told that the
    // write succeeded.
    [Fact]
    public async Task First_write_with_a_lost_response_is_a_conflict_and_stored_once()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "stored" }));
        Proxy.Next(Fate.AnswerIsLost);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("state", id, state));

        Assert.Equal(2, Proxy.Requests.Count);
        Assert.Null(state.ETag);
        await CanGoOn(id, "stored");
    }

    [Fact]
    public async Task Write_with_a_lost_response_is_a_conflict_and_stored_once()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "1" }));
        await Storage.WriteStateAsync("state", id, state);
        var etag = state.ETag;
        Proxy.Next(Fate.AnswerIsLost);

        state.State = new Note { Text = "2" };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("state", id, state));

        Assert.Equal(2, Proxy.Requests.Count);
        Assert.Equal(etag, state.ETag);
        await CanGoOn(id, "2");
    }

    [Fact]
    public async Task Write_with_only_lost_responses_is_a_failure_and_stored_once()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "stored" }));
        Proxy.Always(Fate.AnswerIsLost);

        await Assert.ThrowsAsync<IOException>(() => Storage.WriteStateAsync("state", id, state));

        Proxy.Next();
        await CanGoOn(id, "stored");
    }

    [Fact]
    public async Task Clear_with_a_lost_response_has_cleared()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note()));
        await Storage.WriteStateAsync("state", id, state);
        Proxy.Next(Fate.AnswerIsLost);

        // On the second attempt, Azurite finds another version, and other stores find nothing any more.
        var done = await Record.ExceptionAsync(() => Storage.ClearStateAsync("state", id, state));

        Assert.True(done is null or InconsistentStateException);
        Assert.Equal(2, Proxy.Requests.Count);
        Assert.False((await fixture.Truth(id)).RecordExists);
    }

    [Fact]
    public async Task Read_with_a_lost_response_is_repeated()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = "1" }));
        await Storage.WriteStateAsync("state", id, state);
        Proxy.Next(Fate.AnswerIsLost);

        var read = new GrainState<Note>();
        await Storage.ReadStateAsync("state", id, read);

        Assert.Equal(state.ETag, read.ETag);
        Assert.Equal("1", read.State!.Text);
    }

    [Fact]
    public async Task Largest_state_is_written_in_one_request_and_a_larger_one_is_refused()
    {
        var (id, state) = (NewId(), new GrainState<Note>(new Note { Text = new('x', StoredJson.MaxStateBytes - 500) }));
        Proxy.Next();
        await Storage.WriteStateAsync("state", id, state);
        Assert.Single(Proxy.Requests);

        Proxy.Next();
        state.State = new Note { Text = new('x', StoredJson.MaxStateBytes) };
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Storage.WriteStateAsync("state", id, state));
        Assert.Contains($"{StoredJson.MaxStateBytes}", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Proxy.Requests);

        var read = new GrainState<Note>();
        await Storage.ReadStateAsync("state", id, read);
        Assert.Equal(StoredJson.MaxStateBytes - 500, read.State!.Text.Length);
    }

    // A property: whatever happens to the attempts of a write or a clear, a successful one is stored; after a failed one the
    // store holds the old or the new state, and works on from there.
    [Fact]
    public async Task Confirmed_writes_are_stored_and_others_leave_the_old_or_the_new_state()
    {
        var step = Gen.Select(Gen.Bool, Gen.Frequency((3, Gen.Const(Fate.Happens)), (1, Gen.Const(Fate.IsRefused)),
            (1, Gen.Const(Fate.IsLost)), (2, Gen.Const(Fate.AnswerIsLost))).Array[Attempts]);
        await step.Array[1, 20].SampleAsync(StoresWhatItConfirms, iter: 50, threads: 1);
    }

    private async Task<bool> StoresWhatItConfirms((bool Clears, Fate[] Fates)[] steps)
    {
        var id = NewId();
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync("state", id, state);
        var (before, value) = ((int?)null, 0);
        foreach (var (clears, fates) in steps)
        {
            Proxy.Next(fates);
            int? asked = clears ? null : ++value;
            bool confirmed;
            try
            {
                state.State = new Note { Count = value };
                await (clears ? Storage.ClearStateAsync("state", id, state) : Storage.WriteStateAsync("state", id, state));
                confirmed = true;
            }
            catch (Exception e) when (e is InconsistentStateException or IOException)
            {
                confirmed = false;
            }

            var truth = await fixture.Truth(id);
            int? after = truth.RecordExists ? truth.State!.Count : null;

            // If the first attempt was processed and answered, there is nothing to fail.
            if (after != asked && (confirmed || after != before) || !confirmed && fates[0] == Fate.Happens)
            {
                return false;
            }

            before = after;
            if (!confirmed)
            {
                // Like a grain that is activated again.
                Proxy.Next();
                await Storage.ReadStateAsync("state", id, state);
            }
        }

        return true;
    }

    private async Task CanGoOn(GrainId id, string stored)
    {
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync("state", id, state);
        Assert.Equal(stored, state.State!.Text);

        state.State = new Note { Text = "next" };
        await Storage.WriteStateAsync("state", id, state);
        Assert.Equal("next", (await fixture.Truth(id)).State!.Text);
    }

    private static GrainId NewId() => GrainId.Create("note", Guid.NewGuid().ToString("N"));

    private delegate Task Operation(string stateName, GrainId grainId, IGrainState<Note> grainState);
}
