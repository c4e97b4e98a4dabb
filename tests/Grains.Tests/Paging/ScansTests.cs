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
    public async Task Number_of_parallel_scans_is_limited_and_the_others_follow()
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
        }, default)).ToList();

        Assert.Equal(Scans.Places, begun);
        released.Set();
        Assert.Equal(Enumerable.Range(0, Scans.Places + 5), await Task.WhenAll(running));
    }

    [Fact]
    public async Task Scan_that_fails_gives_its_place_back()
    {
        for (var n = 0; n < Scans.Places; n++)
        {
            await Assert.ThrowsAsync<InvalidCursorException>(() => scans.Run<int>(() => throw new InvalidCursorException(), default));
            await Assert.ThrowsAsync<FormatException>(() => scans.Run<int>(() => () => throw new FormatException(), default));
        }

        Assert.Equal(1, await scans.Run<int>(() => () => 1, default));
    }

    [Fact]
    public async Task Caller_who_stops_waiting_makes_room_for_another()
    {
        using var gone = new CancellationTokenSource();
        var running = Enumerable.Range(0, Scans.Places).Select(_ => scans.Run<int>(() => () =>
        {
            released.Wait();
            return 0;
        }, default)).ToList();
        var waiting = Enumerable.Range(0, Scans.MaxWaiting).Select(_ => scans.Run<int>(() => throw new InvalidOperationException("It began."), gone.Token)).ToList();

        await gone.CancelAsync();
        foreach (var scan in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan);
        }

        var next = scans.Run<int>(() => () => 2, default);
        released.Set();
        await Task.WhenAll(running);
        Assert.Equal(2, await next);
    }

    [Fact]
    public async Task Scan_that_is_cancelled_gives_its_place_back()
    {
        using var gone = new CancellationTokenSource();
        for (var n = 0; n <= Scans.Places; n++)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scans.Run<int>(
                () =>
                {
                    gone.Cancel();
                    return () => throw new InvalidOperationException("It went on.");
                },
                n == 0 ? gone.Token : new CancellationToken(canceled: true)));
        }

        Assert.Equal(1, await scans.Run<int>(() => () => 1, default));
    }

    [Fact]
    public async Task Scans_beyond_those_that_may_wait_are_refused()
    {
        var running = Enumerable.Range(0, Scans.Places + Scans.MaxWaiting).Select(_ => scans.Run<int>(() => () =>
        {
            released.Wait();
            return 0;
        }, default)).ToList();

        await Assert.ThrowsAsync<TryLaterException>(() => scans.Run<int>(() => () => 0, default));
        released.Set();
        await Task.WhenAll(running);
        Assert.Equal(1, await scans.Run<int>(() => () => 1, default));
    }
}
