using System.Diagnostics.CodeAnalysis;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>Tests when the issuer's keys are read, and how long requests wait for them.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xunit ends it, by IAsyncLifetime.")]
public sealed class IssuerKeysTests : IAsyncLifetime
{
    private static readonly TimeSpan shortest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan tick = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider time = new();
    private readonly StandInIssuer issuer = new() { Keys = [StandInIssuer.NewKey("a"), StandInIssuer.NewKey("b")] };
    private readonly CancellationTokenSource stopping = new();
    private readonly IssuerKeys keys;
    private Task running = Task.CompletedTask;

    public IssuerKeysTests() => keys = new($"{RunningWebApi.Issuer}/configuration", issuer, shortest, time, NullLogger.Instance);

    public Task InitializeAsync()
    {
        running = Task.Run(() => keys.RunAsync(stopping.Token));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
        issuer.Dispose();
    }

    [Fact]
    public async Task Waiting_requests_share_one_read()
    {
        var waiters = Waiters(12);
        await Answer(r => r.Succeeds());

        Assert.All(await Task.WhenAll(waiters), configuration => Assert.Equal(["a", "b"], Ids(configuration)));
        Assert.Equal(1, issuer.Reads);
    }

    [Fact]
    public async Task Failed_read_fails_all_waiting_requests_and_starts_no_other_read()
    {
        var waiters = Waiters(12);
        await Answer(r => r.Fails());
        foreach (var waiter in waiters.Concat(Waiters(20)))
        {
            await Assert.ThrowsAsync<IssuerUnavailableException>(() => waiter);
        }

        Assert.Equal(1, issuer.Reads);
    }

    [Fact]
    public async Task Failed_reads_are_repeated_after_growing_pauses()
    {
        await Answer(r => r.Fails());
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 30, 30])
        {
            keys.ReadSoon();
            time.Advance(TimeSpan.FromSeconds(seconds) - tick);
            var before = issuer.Reads;
            time.Advance(tick);
            await Answer(r => r.Fails());
            Assert.Equal(before + 1, issuer.Reads);
        }

        time.Advance(IssuerKeys.LongestPause);
        await Answer(r => r.Succeeds());
        Assert.NotNull(keys.Current);
    }

    [Fact]
    public async Task No_request_waits_longer_than_the_patience()
    {
        var waiter = keys.GetConfigurationAsync(CancellationToken.None);
        await issuer.Next();
        time.Advance(IssuerKeys.Patience - tick);
        Assert.False(waiter.IsCompleted);
        time.Advance(tick);
        await Assert.ThrowsAsync<IssuerUnavailableException>(() => waiter);
    }

    [Fact]
    public async Task Read_that_hangs_is_abandoned()
    {
        await issuer.Next();
        var first = keys.Reading;
        time.Advance(IssuerKeys.ReadTimeout);
        await first;
        time.Advance(TimeSpan.FromSeconds(1));
        await Answer(r => r.Succeeds());
        Assert.NotNull(keys.Current);
    }

    [Fact]
    public async Task Keys_change_with_the_next_read_and_old_ones_are_forgotten()
    {
        await Answer(r => r.Succeeds());
        issuer.Keys = [issuer.Keys[1], StandInIssuer.NewKey("c")];
        Assert.Equal(["a", "b"], Ids(keys.Current));

        time.Advance(IssuerKeys.Interval);
        await Answer(r => r.Succeeds());
        Assert.Equal(["b", "c"], Ids(keys.Current));
        Assert.False(keys.UseLastKnownGoodConfiguration);
        Assert.True(IssuerKeys.Interval + IssuerKeys.ReadTimeout < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Many_requests_cause_one_read_in_the_shortest_interval_besides_the_regular_one()
    {
        await Answer(r => r.Succeeds());
        for (var reads = 1; reads < 5; reads++)
        {
            Parallel.For(0, 1_000, _ => keys.ReadSoon());
            time.Advance(shortest - tick);
            Parallel.For(0, 1_000, _ => keys.ReadSoon());
            Assert.Equal(reads, issuer.Reads);
            time.Advance(tick);
            await Answer(r => r.Succeeds());
            Assert.Equal(reads + 1, issuer.Reads);
        }

        time.Advance(IssuerKeys.Interval);
        await Answer(r => r.Succeeds());
        Assert.Equal(6, issuer.Reads);
    }

    [Fact]
    public async Task Library_cannot_start_a_read()
    {
        await Answer(r => r.Succeeds());
        keys.RequestRefresh();
        time.Advance(IssuerKeys.Interval - tick);
        Assert.Equal(1, issuer.Reads);
    }

    [Fact]
    public async Task Known_keys_stay_valid_for_a_day_of_failures()
    {
        await Answer(r => r.Succeeds());
        issuer.Keys = [];
        time.Advance(IssuerKeys.Interval);
        await Answer(r => r.Succeeds());
        Assert.Equal(["a", "b"], Ids(keys.Current));

        time.Advance(IssuerKeys.MaxAge - IssuerKeys.Interval);
        Assert.NotNull(keys.Current);
        time.Advance(tick);
        Assert.Null(keys.Current);
    }

    private Task<OpenIdConnectConfiguration>[] Waiters(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => keys.GetConfigurationAsync(CancellationToken.None))];

    // When this returns, the read has ended, and the next one is due at this moment.
    private async Task Answer(Action<StandInIssuer.Read> how)
    {
        var read = await issuer.Next();
        var ended = keys.Reading;
        how(read);
        await ended;
    }

    private static IEnumerable<string> Ids(OpenIdConnectConfiguration? configuration) =>
        configuration!.SigningKeys.Select(k => k.KeyId).Order(StringComparer.Ordinal);
}
