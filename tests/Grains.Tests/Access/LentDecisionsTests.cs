using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>The silo's part of the rules for decision leases in docs/understand/coherence.md, rule by rule.</summary>
public class LentDecisionsTests
{
    private readonly LentDecisions<string> lent = new();

    [Fact]
    public void Only_web_nodes_that_were_lent_a_decision_are_recalled()
    {
        Assert.True(lent.Lend("a", At(10), At(0)));

        var (number, holders) = lent.Recall(At(1));

        Assert.Equal([("a", At(10))], holders);
        Assert.False(lent.IsOver(number, At(1)));
        lent.Answered("a", number);
        Assert.True(lent.IsOver(number, At(1)));
    }

    [Fact]
    public void Decisions_of_one_web_node_are_one_entry_until_the_last_expires()
    {
        lent.Lend("a", At(10), At(0));
        lent.Lend("a", At(7), At(1));

        Assert.Equal([("a", At(10))], lent.Recall(At(8)).Holders);
    }

    [Fact]
    public void Recall_is_over_when_the_decisions_of_a_silent_web_node_have_expired()
    {
        lent.Lend("a", At(10), At(0));
        var (number, _) = lent.Recall(At(1));

        Assert.False(lent.IsOver(number, At(9.999)));
        Assert.True(lent.IsOver(number, At(10)));
    }

    [Fact]
    public void Expired_decision_is_not_recalled()
    {
        lent.Lend("a", At(10), At(0));

        Assert.Empty(lent.Recall(At(10)).Holders);
    }

    [Fact]
    public void Nothing_is_lent_during_a_recall()
    {
        lent.Lend("a", At(10), At(0));
        var (number, _) = lent.Recall(At(1));

        Assert.False(lent.Lend("a", At(11), At(1)));
        Assert.False(lent.Lend("b", At(11), At(1)));
        lent.Answered("a", number);
        Assert.True(lent.Lend("a", At(11), At(1)));
    }

    [Fact]
    public void Late_answer_to_an_earlier_recall_does_not_count_for_later_decisions()
    {
        lent.Lend("a", At(10), At(0));
        var (earlier, _) = lent.Recall(At(1));
        Assert.True(lent.Lend("a", At(20), At(10)));
        var (later, _) = lent.Recall(At(11));

        lent.Answered("a", earlier);

        Assert.False(lent.IsOver(later, At(11)));
        lent.Answered("a", later);
        Assert.True(lent.IsOver(later, At(11)));
    }

    [Fact]
    public void Answer_to_one_of_two_recalls_at_the_same_time_ends_both()
    {
        lent.Lend("a", At(10), At(0));
        var (one, _) = lent.Recall(At(1));
        var (other, again) = lent.Recall(At(2));

        Assert.Single(again);
        lent.Answered("a", one);
        Assert.True(lent.IsOver(one, At(2)) && lent.IsOver(other, At(2)));
    }

    [Fact]
    public void Late_answer_does_not_remove_a_decision_lent_since()
    {
        lent.Lend("a", At(10), At(0));
        var (number, _) = lent.Recall(At(1));
        lent.Answered("a", number);
        lent.Lend("a", At(12), At(2));

        lent.Answered("a", number);

        Assert.Equal([("a", At(12))], lent.Recall(At(3)).Holders);
    }

    [Fact]
    public void Nothing_is_lent_above_the_limit_until_some_decisions_have_expired()
    {
        var holders = new LentDecisions<int>();
        for (var holder = 0; holder < LentDecisions<int>.MaxHolders; holder++)
        {
            Assert.True(holders.Lend(holder, At(holder == 7 ? 5 : 10), At(0)));
        }

        Assert.False(holders.Lend(-1, At(10), At(4)));
        Assert.True(holders.Lend(8, At(11), At(4)));
        Assert.True(holders.Lend(-1, At(12), At(5)));
        Assert.False(holders.IsIdle(At(11)));
        Assert.True(holders.IsIdle(At(12)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
