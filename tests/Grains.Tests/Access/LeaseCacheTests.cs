using System.Reflection;
using EngageCenter.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.Grains.Tests.Access;

public sealed class LeaseCacheTests : IDisposable
{
    private const int Capacity = 20;

    private static readonly TimeSpan lease = TimeSpan.FromSeconds(10);

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().AddSingleton<AccessMetrics>().BuildServiceProvider();
    private readonly FakeTimeProvider time = new();
    private readonly Cache cache;

    public LeaseCacheTests() => cache = new(services.GetRequiredService<AccessMetrics>(), time);

    [Fact]
    public async Task Full_cache_gives_up_the_least_recently_used_leases()
    {
        var leases = new List<Lease<string>>();
        for (var i = 0; i < Capacity; i++)
        {
            leases.Add((await cache.Get($"{i}")).Lease!);
        }

        // Uses the first half again. A grain that keeps its lease does not ask the cache.
        time.Advance(lease / 2);
        Assert.All(leases.Take(Capacity / 2), l => Assert.True(l.IsValid));
        var more = new List<Lease<string>>();
        for (var i = 0; i < Capacity / 2; i++)
        {
            more.Add((await cache.Get($"more {i}")).Lease!);
        }

        Assert.All(leases.Take(Capacity / 2), l => Assert.False(l.HasEnded));
        Assert.All(leases.Skip(Capacity / 2), l => Assert.True(l.HasEnded));
        Assert.All(more, l => Assert.True(l.IsValid));
    }

    [Fact]
    public async Task Full_cache_gives_up_a_tenth_of_its_leases()
    {
        var leases = new List<Lease<string>>();
        for (var i = 0; i < Capacity; i++)
        {
            leases.Add((await cache.Get($"{i}")).Lease!);
        }

        Assert.True((await cache.Get("another")).Lease!.IsValid);
        Assert.Equal(Capacity / 10, leases.Count(l => l.HasEnded));
    }

    [Fact]
    public async Task Full_cache_gives_up_expired_leases_first()
    {
        for (var i = 0; i < Capacity / 2; i++)
        {
            await cache.Get($"old {i}");
        }

        time.Advance(lease);
        var leases = new List<Lease<string>>();
        for (var i = 0; i < Capacity; i++)
        {
            leases.Add((await cache.Get($"{i}")).Lease!);
        }

        Assert.All(leases, l => Assert.True(l.IsValid));
    }

    [Fact]
    public async Task Another_key_is_unconfirmed_while_open_requests_fill_the_cache()
    {
        cache.Answer = new();
        var asking = Enumerable.Range(0, Capacity).Select(i => cache.Get($"{i}").AsTask()).ToList();

        Assert.Equal(PolicyAnswerKind.Unconfirmed, (await cache.Get("another")).Kind);
        Assert.All(asking, a => Assert.False(a.IsCompleted));

        cache.Answer.SetResult();
        Assert.All(await Task.WhenAll(asking), a => Assert.True(a.Lease!.IsValid));
        Assert.Equal(PolicyAnswerKind.Leased, (await cache.Get("another")).Kind);
    }

    // A recall always finds a valid lease, whatever was given up before.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Cache_keeps_its_limit_and_a_recall_ends_every_lease(int seed)
    {
        var random = new Random(seed);
        var given = new Dictionary<string, List<Lease<string>>>(StringComparer.Ordinal);
        for (var i = 0; i < 5_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(random.Next(20)));
            var key = $"{random.Next(2 * Capacity)}";
            if (random.Next(4) == 0)
            {
                await cache.Recall(key);
                Assert.All(given.GetValueOrDefault(key, []), l => Assert.False(l.IsValid));
            }
            else
            {
                var got = (await cache.Get(key)).Lease!;
                Assert.True(got.IsValid);
                given.TryAdd(key, []);
                given[key].Add(got);
            }

            Assert.InRange(given.Values.SelectMany(l => l).Distinct().Count(l => !l.HasEnded), 0, Capacity);
        }
    }

    public void Dispose() => services.Dispose();

    internal interface IHolder : IGrainObserver;

    private sealed class Cache(AccessMetrics metrics, TimeProvider time)
        : LeaseCache<string, IHolder>(DispatchProxy.Create<IGrainFactory, References>(), metrics, time, NullLogger.Instance, "tests", Capacity), IHolder
    {
        /// <summary>The owner's answer waits for this.</summary>
        public TaskCompletionSource? Answer { get; set; }

        protected override async Task<(PolicyAnswerKind Kind, string? Leased, TimeSpan Lease)> Request(
            IGrainFactory grains, string key, string? known, IHolder holder)
        {
            if (Answer is { } answer)
            {
                await answer.Task;
            }

            return (PolicyAnswerKind.Leased, key, lease);
        }
    }

    public class References : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => args![0];
    }
}
