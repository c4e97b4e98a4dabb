using System.Diagnostics.Metrics;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>
/// Tests the memory of validated tokens by itself. <see cref="RememberedTokenTests"/> tests its effect on requests.
/// </summary>
public sealed class TokenMemoryTests : IDisposable
{
    private static readonly DateTimeOffset now = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);
    private static readonly TokenRules rules = new(new(), new());

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => services.Dispose();

    [Fact]
    public void Remembered_token_returns_its_caller_and_an_unknown_one_returns_none()
    {
        var memory = Memory(10);
        var ann = Caller();
        memory.Keep(Hash("Bearer ann"), Validated(ann), rules);

        Assert.Same(ann, memory.Find(Hash("Bearer ann"), rules, now));
        Assert.Null(memory.Find(Hash("Bearer bob"), rules, now));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(3599, true)]
    [InlineData(3600, false)]
    public void Token_is_found_from_its_start_to_its_end_without_clock_skew(int second, bool isRecalled)
    {
        var memory = Memory(10);
        memory.Keep(Hash("Bearer ann"), new(Caller(), now, now.AddHours(1)), rules);

        Assert.Equal(isRecalled, memory.Find(Hash("Bearer ann"), rules, now.AddSeconds(second)) is not null);
        Assert.Equal(isRecalled, memory.Knows(Hash("Bearer ann"), now.AddSeconds(second)));
    }

    [Fact]
    public void Token_is_found_only_with_the_keys_and_options_that_validated_it()
    {
        var memory = Memory(10);
        memory.Keep(Hash("Bearer ann"), Validated(Caller()), rules);

        Assert.Null(memory.Find(Hash("Bearer ann"), rules with { Keys = new() }, now));
        Assert.Null(memory.Find(Hash("Bearer ann"), rules with { Options = new() }, now));
        Assert.Null(memory.Find(Hash("Bearer ann"), rules with { Keys = null }, now));
        Assert.NotNull(memory.Find(Hash("Bearer ann"), rules, now));
    }

    [Fact]
    public void Token_validated_without_known_keys_is_never_found()
    {
        var memory = Memory(10);
        var without = rules with { Keys = null };
        memory.Keep(Hash("Bearer ann"), Validated(Caller()), without);

        Assert.Null(memory.Find(Hash("Bearer ann"), without, now));
        Assert.Null(memory.Find(Hash("Bearer ann"), rules, now));
    }

    [Fact]
    public void Token_that_is_validated_again_is_found_with_the_newer_keys()
    {
        var memory = Memory(10);
        var newer = rules with { Keys = new() };
        memory.Keep(Hash("Bearer ann"), Validated(Caller()), rules);
        memory.Keep(Hash("Bearer ann"), Validated(Caller()), newer);

        Assert.Null(memory.Find(Hash("Bearer ann"), rules, now));
        Assert.NotNull(memory.Find(Hash("Bearer ann"), newer, now));
        Assert.Equal(1, memory.Count);
    }

    [Fact]
    public void Refused_token_is_forgotten()
    {
        var memory = Memory(2);
        memory.Keep(Hash("Bearer ann"), Validated(Caller()), rules);
        memory.Keep(Hash("Bearer bob"), Validated(Caller()), rules);
        memory.Forget(Hash("Bearer ann"));
        memory.Forget(Hash("Bearer bob"));

        Assert.Equal((null, null, 0), (memory.Find(Hash("Bearer ann"), rules, now), memory.Find(Hash("Bearer bob"), rules, now), memory.Count));
    }

    // With these masks, all tokens collide, sixteen share each bucket, or hardly any two do.
    [Theory]
    [InlineData(0ul)]
    [InlineData(0x3ful)]
    [InlineData(ulong.MaxValue)]
    public void Colliding_tokens_never_get_each_others_caller(ulong bucketMask)
    {
        var memory = new TokenMemory(1_000, bucketMask, services.GetRequiredService<IMeterFactory>());
        var callers = Enumerable.Range(0, 1_000).ToDictionary(n => Hash($"Bearer {n}"), _ => Caller());
        var recalled = 0;
        foreach (var (token, caller) in callers)
        {
            memory.Keep(token, Validated(caller), rules);
            Assert.Same(caller, memory.Find(token, rules, now));
        }

        foreach (var (token, caller) in callers)
        {
            if (memory.Find(token, rules, now) is { } found)
            {
                Assert.Same(caller, found);
                recalled++;
            }
        }

        Assert.InRange(recalled, 1, bucketMask == ulong.MaxValue ? 1_000 : 64);
    }

    [Fact]
    public void Colliding_tokens_never_get_each_others_caller_when_many_use_them_at_once()
    {
        var memory = new TokenMemory(64, 0x1f, services.GetRequiredService<IMeterFactory>());
        var callers = Enumerable.Range(0, 200).Select(n => (Token: Hash($"Bearer {n}"), Caller: Caller())).ToArray();
        Parallel.For(0, 100_000, i =>
        {
            var (token, caller) = callers[i * 7 % callers.Length];
            switch (i % 5)
            {
                case 0:
                    memory.Keep(token, Validated(caller), rules);
                    break;
                case 1:
                    memory.Forget(token);
                    break;
                default:
                    Assert.True(memory.Find(token, rules, now) is not { } found || found == caller);
                    break;
            }
        });

        Assert.InRange(memory.Count, 0, 64);
    }

    [Fact]
    public void Memory_holds_at_most_100_000_tokens()
    {
        var memory = Memory(100_000);
        var caller = Caller();
        for (var n = 1; n <= 250_000; n++)
        {
            memory.Keep(Numbered(n), Validated(caller), rules);
            Assert.True(memory.Count <= 100_000);
        }

        Assert.All(Enumerable.Range(200_001, 50_000), n => Assert.NotNull(memory.Find(Numbered(n), rules, now)));
    }

    [Fact]
    public void Token_in_use_stays_while_many_others_come_and_go()
    {
        var memory = Memory(100);
        memory.Keep(Hash("Bearer ann"), Validated(Caller()), rules);
        for (var n = 0; n < 10_000; n++)
        {
            memory.Keep(Numbered(n), Validated(Caller()), rules);
            Assert.True(n % 40 != 0 || memory.Find(Hash("Bearer ann"), rules, now) is not null);
        }

        Assert.Null(memory.Find(Numbered(1), rules, now));
    }

    [Fact]
    public void Hash_covers_the_whole_token_and_ignores_spaces_in_the_header()
    {
        Assert.Single(new[] { "Bearer a.b.c", "bearer a.b.c", "Bearer    a.b.c", "BEARER a.b.c ", "Bearer \ta.b.c\t" }.Select(Hash).Distinct());
        Assert.Equal(4, new[] { "Bearer a.b.c", "Bearer a.b.cc", "Bearer a.b.C", "Bearer a.b" }.Select(Hash).Distinct().Count());
        Assert.Null(TokenHash.Of("Basic a.b.c"));
        Assert.Null(TokenHash.Of("a.b.c"));
        Assert.Null(TokenHash.Of("Bearer a.b.é"));
        Assert.Null(TokenHash.Of("Bearer a.b.\ud800"));
    }

    private TokenMemory Memory(int max) => new(max, ulong.MaxValue, services.GetRequiredService<IMeterFactory>());

    private static ApplicationCaller Caller() => new(Guid.NewGuid(), $"{Guid.NewGuid()}", null, []);

    private static ValidatedToken Validated(Caller caller) => new(caller, now, now.AddHours(1));

    private static TokenHash Hash(string header) => TokenHash.Of(header)!.Value;

    private static TokenHash Numbered(int n) => new((ulong)n, 0, 0, 0);
}
