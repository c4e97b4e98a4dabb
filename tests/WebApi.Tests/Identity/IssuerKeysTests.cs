using System.Diagnostics.CodeAnalysis;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>When the issuer's keys are read, and what requests wait for.</summary>
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
    public async Task All_who_wait_share_one_read()
    {
        var waiters = Waiters(12);
        await Answer(r => r.Succeeds());

        Assert.All(await Task.WhenAll(waiters), configuration => Assert.Equal(["a", "b"], Ids(configuration)));
        Assert.Equal(1, issuer.Reads);
    }

    [Fact]
    public async Task A_failed_read_fails_all_who_wait_and_nobody_starts_another()
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
    public async Task Failed_reads_are_repeated_after_longer_and_longer_pauses()
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
    public async Task Nobody_waits_longer_than_the_patience()
    {
        var waiter = keys.GetConfigurationAsync(CancellationToken.None);
        await issuer.Next();
        time.Advance(IssuerKeys.Patience - tick);
        Assert.False(waiter.IsCompleted);
        time.Advance(tick);
        await Assert.ThrowsAsync<IssuerUnavailableException>(() => waiter);
    }

    [Fact]
    public async Task A_read_that_hangs_is_given_up()
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
    public async Task Keys_change_with_the_next_read_and_nothing_remembers_the_old_ones()
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
    public async Task However_many_ask_there_is_one_read_per_shortest_interval_and_the_regular_one_besides()
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
    public async Task The_library_has_nothing_read()
    {
        await Answer(r => r.Succeeds());
        keys.RequestRefresh();
        time.Advance(IssuerKeys.Interval - tick);
        Assert.Equal(1, issuer.Reads);
    }

    [Fact]
    public async Task Known_keys_outlast_failures_for_a_day()
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

    // The read has ended when this returns, and the next one is due by this moment.
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
