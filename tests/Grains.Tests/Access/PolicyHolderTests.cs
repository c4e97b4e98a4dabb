using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>The holder's part of docs/coherence.md, rule by rule. A lease lasts 10 s.</summary>
public class PolicyHolderTests
{
    private readonly PolicyHolder<string> holder = new();

    [Fact]
    public void A_copy_counts_from_when_it_was_asked_for()
    {
        var request = holder.Ask(At(100));

        Assert.True(holder.Granted(request, "policy", At(10)));
        Assert.Equal("policy", holder.Policy(At(109.999)));
        Assert.Null(holder.Policy(At(110)));
    }

    [Fact]
    public void A_copy_counts_for_as_long_as_its_owner_says()
    {
        holder.Granted(holder.Ask(At(100)), "policy", At(3));

        Assert.Equal("policy", holder.Policy(At(102.999)));
        Assert.Null(holder.Policy(At(103)));
    }

    [Fact]
    public void A_grant_that_took_as_long_as_a_lease_gives_nothing()
    {
        var request = holder.Ask(At(100));

        Assert.True(holder.Granted(request, "policy", At(10)));
        Assert.Null(holder.Policy(At(111)));
    }

    [Fact]
    public void A_recall_takes_the_copy()
    {
        holder.Granted(holder.Ask(At(100)), "policy", At(10));

        holder.Recall();

        Assert.Null(holder.Policy(At(101)));
    }

    [Fact]
    public void A_grant_that_a_recall_has_overtaken_is_dropped()
    {
        var request = holder.Ask(At(100));

        holder.Recall();

        Assert.False(holder.IsAsking);
        Assert.False(holder.Granted(request, "old policy", At(10)));
        Assert.Null(holder.Policy(At(101)));
    }

    [Fact]
    public void A_request_sent_after_a_recall_counts()
    {
        var overtaken = holder.Ask(At(100));
        holder.Recall();
        var request = holder.Ask(At(101));

        Assert.False(holder.Granted(overtaken, "old policy", At(10)));
        Assert.True(holder.Granted(request, "policy", At(10)));
        Assert.Equal("policy", holder.Policy(At(102)));
    }

    [Fact]
    public void Of_two_requests_only_the_later_one_counts()
    {
        var given_up = holder.Ask(At(100));
        var request = holder.Ask(At(105));

        Assert.False(holder.Granted(given_up, "old policy", At(10)));
        Assert.False(holder.Failed(given_up));
        Assert.True(holder.Granted(request, "policy", At(10)));
        Assert.Equal("policy", holder.Policy(At(114)));
    }

    [Fact]
    public void A_request_that_came_to_nothing_leaves_the_copy_there_is()
    {
        holder.Granted(holder.Ask(At(100)), "policy", At(10));

        Assert.True(holder.Failed(holder.Ask(At(105))));
        Assert.Equal("policy", holder.Policy(At(109)));
        Assert.Null(holder.Policy(At(110)));
    }

    [Fact]
    public void An_answer_counts_once()
    {
        var request = holder.Ask(At(100));

        Assert.True(holder.Failed(request));
        Assert.False(holder.Failed(request));
        Assert.False(holder.Granted(request, "policy", At(10)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
