using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>The holder's part of docs/understand/coherence.md, rule by rule.</summary>
public class PolicyHolderTests
{
    private readonly PolicyHolder holder = new();

    [Theory]
    [InlineData(10, 110)]
    [InlineData(3, 103)]
    public void Copy_is_valid_for_the_owners_lease_counted_from_the_request(double lease, double until)
    {
        var request = holder.Ask(At(100));

        Assert.Equal(At(until), holder.Granted(request, At(lease)));
    }

    [Fact]
    public void Grant_overtaken_by_a_recall_is_dropped()
    {
        var request = holder.Ask(At(100));

        holder.Recall();

        Assert.False(holder.IsAsking);
        Assert.Null(holder.Granted(request, At(10)));
    }

    [Fact]
    public void Request_sent_after_a_recall_counts()
    {
        var overtaken = holder.Ask(At(100));
        holder.Recall();
        var request = holder.Ask(At(101));

        Assert.Null(holder.Granted(overtaken, At(10)));
        Assert.Equal(At(111), holder.Granted(request, At(10)));
    }

    [Fact]
    public void Only_the_later_of_two_requests_counts()
    {
        var given_up = holder.Ask(At(100));
        var request = holder.Ask(At(105));

        Assert.Null(holder.Granted(given_up, At(10)));
        Assert.False(holder.Failed(given_up));
        Assert.True(holder.IsAsking);
        Assert.Equal(At(115), holder.Granted(request, At(10)));
    }

    [Fact]
    public void Answer_counts_only_once()
    {
        var request = holder.Ask(At(100));

        Assert.True(holder.Failed(request));
        Assert.False(holder.Failed(request));
        Assert.Null(holder.Granted(request, At(10)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
