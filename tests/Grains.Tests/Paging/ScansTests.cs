using EngageCenter.Access;

namespace EngageCenter.Paging;

public sealed class ScansTests : IDisposable
{
    private readonly Scans scans = new();
    private readonly ManualResetEventSlim released = new();

    public void Dispose()
    {
        released.Set();
        scans.Dispose();
    }

    [Fact]
    public async Task No_more_scans_run_at_once_than_there_are_places_and_the_others_follow()
    {
        var begun = 0;
        var running = Enumerable.Range(0, Scans.Places + 5).Select(n => scans.Run<int>(() =>
        {
            Interlocked.Increment(ref begun);
            return () =>
            {
                released.Wait();
                return n;
            };
        })).ToList();

        Assert.Equal(Scans.Places, begun);
        released.Set();
        Assert.Equal(Enumerable.Range(0, Scans.Places + 5), await Task.WhenAll(running));
    }

    [Fact]
    public async Task Scan_that_fails_gives_its_place_back()
    {
        for (var n = 0; n < Scans.Places; n++)
        {
            await Assert.ThrowsAsync<InvalidCursorException>(() => scans.Run<int>(() => throw new InvalidCursorException()));
            await Assert.ThrowsAsync<FormatException>(() => scans.Run<int>(() => () => throw new FormatException()));
        }

        Assert.Equal(1, await scans.Run<int>(() => () => 1));
    }

    [Fact]
    public async Task Scans_beyond_those_that_may_wait_are_refused()
    {
        var running = Enumerable.Range(0, Scans.Places + Scans.MaxWaiting).Select(_ => scans.Run<int>(() => () =>
        {
            released.Wait();
            return 0;
        })).ToList();

        await Assert.ThrowsAsync<TryLaterException>(() => scans.Run<int>(() => () => 0));
        released.Set();
        await Task.WhenAll(running);
        Assert.Equal(1, await scans.Run<int>(() => () => 1));
    }
}
