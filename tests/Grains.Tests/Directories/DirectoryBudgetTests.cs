using CsCheck;
using EngageCenter.Directories;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class DirectoryBudgetTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Parallel_requests_are_limited()
    {
        var budget = DirectoryBudget.Full;
        for (var n = 0; n < DirectoryBudget.MaxAtOnce; n++)
        {
            budget = Began(budget, Second);
        }

        Assert.Same(budget, budget.Begin(Second, out var wait));
        Assert.Equal(DirectoryBudget.ShortestPause, wait);
        Began(budget.Succeeded(), Second);
    }

    [Fact]
    public void Requests_in_ten_seconds_are_limited()
    {
        var budget = DirectoryBudget.Full;
        for (var n = 0; n < DirectoryBudget.MaxPerPeriod; n++)
        {
            budget = Began(budget, Second * 59).Succeeded();
        }

        budget.Begin(Second * 59, out var wait);
        Assert.Equal(Second, wait);
        Began(budget, Second * 60);
    }

    [Fact]
    public void Pause_asked_for_by_the_directory_is_kept()
    {
        var budget = Began(DirectoryBudget.Full, Second).Failed(Second, Second * 90);

        budget.Begin(Second * 90, out var wait);
        Assert.Equal(Second, wait);
        Began(budget, Second * 91);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(86_400, 300)]
    public void Pause_has_a_minimum_and_a_maximum(int asked, int seconds)
    {
        var budget = Began(DirectoryBudget.Full, Second).Failed(Second, Second * asked);

        Assert.Equal(Second * (1 + seconds), budget.Until);
    }

    [Fact]
    public void Consecutive_failures_double_the_pause_up_to_30_seconds()
    {
        var (budget, now, pauses) = (DirectoryBudget.Full, TimeSpan.Zero, new List<double>());
        for (var n = 0; n < 8; n++)
        {
            budget = Began(budget, now).Failed(now, null);
            pauses.Add((budget.Until - now).TotalSeconds);
            now = budget.Until;
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], pauses);
        Assert.Equal(TimeSpan.Zero, Began(budget, now).Succeeded().Until);
    }

    [Fact]
    public void Parallel_failures_count_as_one()
    {
        var budget = DirectoryBudget.Full;
        for (var n = 0; n < DirectoryBudget.MaxAtOnce; n++)
        {
            budget = Began(budget, Second);
        }

        for (var n = 0; n < DirectoryBudget.MaxAtOnce; n++)
        {
            budget = budget.Failed(Second, null);
        }

        Assert.Equal(DirectoryBudget.ShortestPause, budget.Until - Second);
    }

    [Fact]
    public void Only_one_request_is_sent_after_a_failure()
    {
        var budget = Began(DirectoryBudget.Full, Second).Failed(Second, null);
        var probing = Began(budget, Second * 3);

        probing.Begin(Second * 3, out var wait);
        Assert.NotNull(wait);
        Began(Began(probing.Succeeded(), Second * 3), Second * 3);
    }

    [Fact]
    public void Budget_is_never_exceeded_and_never_waits_forever() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 20_000], Gen.Int[0, 400].Nullable()).List[1, 400].Sample(steps =>
        {
            var (budget, now, begun) = (DirectoryBudget.Full, TimeSpan.Zero, new List<TimeSpan>());
            foreach (var (kind, milliseconds, retryAfter) in steps)
            {
                now += TimeSpan.FromMilliseconds(milliseconds);
                if (kind == 0)
                {
                    var (before, wait) = (budget, default(TimeSpan?));
                    budget = budget.Begin(now, out wait);
                    Assert.True(wait is null == !ReferenceEquals(before, budget));
                    Assert.True(wait is null || (wait > TimeSpan.Zero && wait <= DirectoryBudget.LongestPause));
                    if (wait is null)
                    {
                        begun.Add(now);
                    }
                }
                else if (budget.UnderWay > 0)
                {
                    budget = kind == 1 ? budget.Succeeded() : budget.Failed(now, retryAfter is { } seconds ? Second * seconds : null);
                }

                Assert.InRange(budget.UnderWay, 0, DirectoryBudget.MaxAtOnce);
            }

            Assert.All(begun.GroupBy(at => at.Ticks / DirectoryBudget.Period.Ticks), period => Assert.True(period.Count() <= DirectoryBudget.MaxPerPeriod));
        });

    private static DirectoryBudget Began(DirectoryBudget budget, TimeSpan now)
    {
        var begun = budget.Begin(now, out var wait);
        Assert.Null(wait);
        return begun;
    }
}
