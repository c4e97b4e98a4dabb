using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// The owner's part of docs/understand/coherence.md, rule by rule. A lease lasts 10 s, authority 20 s; the earlier owner had term 4.
/// The owner's messages are written as texts.
/// </summary>
public class PolicyOwnerTests
{
    private static readonly TimeSpan Patience = At(25);

    // Rule 1: take over.

    [Fact]
    public void An_owner_takes_over_by_a_write_of_the_next_term()
    {
        var owner = New();

        Says(owner.Start(new Tenure(4, Released: true, Wait: At(30)), At(0)), "write term 5");
        Says(owner.Written(At(0), At(1)));
        Assert.Equal(5, owner.Term);
    }

    [Fact]
    public void Unconfirmed_take_over_ends_the_owner()
    {
        var owner = New();
        owner.Start(new Tenure(4, Released: true, Wait: At(30)), At(0));

        Says(owner.WriteFailed(), "ended");
        Assert.True(owner.HasEnded);
    }

    [Fact]
    public void Request_before_the_take_over_waits_for_it()
    {
        var owner = New();
        owner.Start(new Tenure(4, Released: false, Wait: At(30)), At(0));

        Says(owner.LeaseAsked("a", 1, At(0.5)));
        Says(owner.Written(At(0), At(1)), "grant a 1");
    }

    [Fact]
    public void First_change_after_a_release_does_not_wait() =>
        Says(Owning().ChangeAsked(Patience, At(1)), "write change, term 5");

    [Fact]
    public void First_change_without_a_release_waits_for_leases_of_the_earlier_owner()
    {
        var owner = New();
        owner.Start(new Tenure(4, Released: false, Wait: At(30)), At(0));
        owner.Written(At(0), At(2));

        Says(owner.ChangeAsked(At(60), At(3)));
        Assert.Equal(At(32), owner.NextTick);
        Says(owner.LeaseAsked("a", 1, At(4)), "grant a 1");
        Says(owner.Tick(At(31.999)));
        Says(owner.Tick(At(32)), "write change, term 5");
    }

    [Theory]
    [InlineData(45, 45)]
    [InlineData(30, 30)]
    [InlineData(5, 30)]
    public void First_change_waits_by_the_earlier_owners_settings_if_they_are_longer(double before, double waited)
    {
        var owner = New();
        owner.Start(new Tenure(4, Released: false, Wait: At(before)), At(0));
        owner.Written(At(0), At(2));
        owner.ChangeAsked(At(60), At(3));

        Assert.Equal(At(2 + waited), owner.NextTick);
    }

    [Fact]
    public void Row_keeps_the_longer_wait_until_the_first_change()
    {
        Assert.Equal(At(45), Waits(New().Start(new Tenure(4, Released: false, Wait: At(45)), At(0))));
        Assert.Equal(At(30), Waits(New().Start(new Tenure(4, Released: true, Wait: At(45)), At(0))));

        var owner = New();
        owner.Start(new Tenure(4, Released: false, Wait: At(45)), At(0));
        owner.Written(At(0), At(0));
        owner.ChangeAsked(At(60), At(0));
        Assert.Equal(At(30), Waits(owner.Tick(At(45))));

        static TimeSpan Waits(IReadOnlyList<OwnerMessage<string>> messages) => Assert.IsType<OwnerMessage<string>.Write>(Assert.Single(messages)).Tenure.Wait;
    }

    [Fact]
    public void Change_that_might_wait_longer_than_its_caller_is_refused()
    {
        var owner = Owning(released: false);

        // It takes 29 s until the first change, and then at most a lease of 10 s.
        Says(owner.ChangeAsked(Patience, At(1)), "refuse change, 14 s");
        Says(owner.ChangeAsked(Patience, At(15)));
    }

    // A new workspace.

    [Fact]
    public void First_change_without_a_row_writes_the_first_term()
    {
        var owner = New();

        Says(owner.Start(null, At(0)));
        Says(owner.ChangeAsked(Patience, At(1)), "write change, term 1");
        Says(owner.Written(At(1), At(2)), "changed");
        Says(owner.LeaseAsked("a", 1, At(3)), "grant a 1");
    }

    [Fact]
    public void First_term_of_another_owner_is_not_mistaken_for_its_own()
    {
        var owner = New();
        owner.Start(null, At(0));

        Says(owner.LeaseAsked("a", 1, At(1)), "read");
        Says(owner.TermRead(1, At(1), At(2)), "refuse a 1", "ended");
    }

    [Fact]
    public void Unconfirmed_first_term_is_not_released()
    {
        var owner = New();
        owner.Start(null, At(0));
        owner.ChangeAsked(Patience, At(1));

        Says(owner.WriteFailed(), "change unknown", "ended");
        Says(Stopped(o => o.Start(null, At(0))), "ended");
    }

    // Rule 2: grant.

    [Fact]
    public void Authority_is_confirmed_once_for_all_waiting_requests()
    {
        var owner = Owning();

        Says(owner.LeaseAsked("a", 1, At(19)), "grant a 1");
        Says(owner.LeaseAsked("b", 2, At(20)), "read");
        Says(owner.ConfirmAsked(3, At(20.5)));
        Says(owner.TermRead(5, At(20), At(21)), "grant b 2", "confirmed 3");
        Says(owner.ConfirmAsked(4, At(39)), "confirmed 4");
        Says(owner.ConfirmAsked(5, At(40)), "read");
    }

    [Fact]
    public void Authority_counts_from_when_the_read_was_sent()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(20));

        Says(owner.TermRead(5, At(20), At(40)), "read");
        Says(owner.TermRead(5, At(40), At(41)), "grant a 1");
    }

    [Fact]
    public void Nothing_is_granted_if_the_term_cannot_be_read()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(20));
        owner.ConfirmAsked(2, At(20));

        Says(owner.TermRead(null, At(20), At(21)), "refuse a 1", "unconfirmed 2");
        Says(owner.LeaseAsked("a", 3, At(22)), "read");
    }

    [Fact]
    public void Owner_that_finds_another_term_ends()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(20));

        Says(owner.TermRead(6, At(20), At(21)), "refuse a 1", "ended");
        Says(owner.LeaseAsked("a", 2, At(22)), "refuse a 2");
        Says(owner.ConfirmAsked(3, At(22)), "unconfirmed 3");
        Says(owner.ChangeAsked(Patience, At(22)), "refuse change, 0 s");
    }

    [Fact]
    public void Older_of_two_waiting_requests_of_a_holder_is_refused()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(20));

        Says(owner.LeaseAsked("a", 2, At(21)), "refuse a 1");
        Says(owner.TermRead(5, At(20), At(22)), "grant a 2");
    }

    // Rule 3: change.

    [Fact]
    public void Change_recalls_every_lease_before_it_is_stored()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.LeaseAsked("b", 2, At(2));

        Says(owner.ChangeAsked(Patience, At(3)), "recall a 1", "recall b 1");
        Says(owner.RecallAnswered("b", 1, At(4)));
        Says(owner.RecallAnswered("b", 1, At(4)));
        Says(owner.RecallAnswered("a", 1, At(5)), "write change, term 5");
        Says(owner.Written(At(5), At(6)), "changed");
        Assert.Equal(0, owner.LeasesOut);
    }

    [Fact]
    public void Change_waits_for_a_silent_holder_until_its_lease_has_expired()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(2));
        owner.ChangeAsked(Patience, At(3));

        Assert.Equal(At(12), owner.NextTick);
        Says(owner.Tick(At(11.999)));
        Says(owner.Tick(At(12)), "write change, term 5");
        Assert.Null(owner.NextTick);
    }

    [Fact]
    public void Expired_lease_is_not_recalled()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));

        Says(owner.ChangeAsked(Patience, At(11)), "write change, term 5");
    }

    [Fact]
    public void Request_during_a_change_gets_the_changed_policy()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.ChangeAsked(Patience, At(2));

        Says(owner.LeaseAsked("b", 2, At(3)));
        owner.RecallAnswered("a", 1, At(4));
        Says(owner.LeaseAsked("a", 3, At(5)));
        Says(owner.Written(At(4), At(6)), "changed", "grant b 2", "grant a 3");
    }

    [Fact]
    public void Acts_continue_during_a_recall_but_wait_during_the_write()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.ChangeAsked(Patience, At(2));

        Says(owner.ConfirmAsked(2, At(3)), "confirmed 2");
        owner.RecallAnswered("a", 1, At(4));
        Says(owner.ConfirmAsked(3, At(5)));
        Says(owner.Written(At(4), At(6)), "changed", "confirmed 3");
    }

    [Fact]
    public void Authority_that_ends_during_a_change_is_confirmed_before_the_write()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(18));
        owner.ChangeAsked(Patience, At(19));

        Says(owner.ConfirmAsked(2, At(20)), "read");
        Says(owner.TermRead(5, At(20), At(21)), "confirmed 2");
        Says(owner.RecallAnswered("a", 1, At(22)), "write change, term 5");
    }

    [Fact]
    public void Owner_that_finds_another_term_during_a_change_does_not_make_it()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(18));
        owner.ChangeAsked(Patience, At(19));
        owner.ConfirmAsked(2, At(20));

        Says(owner.TermRead(6, At(20), At(21)), "unconfirmed 2", "change unknown", "ended");
        Says(owner.RecallAnswered("a", 1, At(22)));
        Says(owner.Tick(At(40)));
    }

    // Rule 3: a change that was not confirmed.

    [Fact]
    public void Owner_with_an_unconfirmed_change_reads_the_row_and_releases()
    {
        var owner = Settling();

        Says(owner.Reloaded(5), "write release, term 5");
        Says(owner.Written(At(4), At(5)), "ended");
    }

    [Theory]
    [InlineData(6L)]
    [InlineData(null)]
    public void Owner_does_not_release_a_row_that_may_belong_to_another(long? term) => Says(Settling().Reloaded(term), "ended");

    [Fact]
    public void Unconfirmed_release_makes_the_next_owner_wait()
    {
        var owner = Settling();
        owner.Reloaded(5);

        Says(owner.WriteFailed(), "ended");
    }

    [Fact]
    public void Owner_does_nothing_else_while_it_settles()
    {
        var owner = Settling();

        Says(owner.LeaseAsked("a", 7, At(4)), "refuse a 7");
        Says(owner.ConfirmAsked(8, At(4)), "unconfirmed 8");
        Says(owner.ChangeAsked(Patience, At(4)), "refuse change, 0 s");
        Says(owner.Stop(At(4)));
        Says(owner.Tick(At(40)));
    }

    [Fact]
    public void Requests_that_waited_for_the_failed_change_are_refused()
    {
        var owner = Owning();
        owner.ChangeAsked(Patience, At(2));
        owner.LeaseAsked("a", 1, At(3));
        owner.ConfirmAsked(2, At(3));

        Says(owner.WriteFailed(), "refuse a 1", "unconfirmed 2", "change unknown", "reload");
    }

    // Rule 4: recall.

    [Fact]
    public void Late_answer_to_an_earlier_recall_does_not_count_for_a_later_lease()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.ChangeAsked(Patience, At(2));
        owner.Tick(At(11));
        owner.Written(At(11), At(11.5));
        owner.LeaseAsked("a", 2, At(12));

        Says(owner.ChangeAsked(Patience, At(13)), "recall a 2");
        Says(owner.RecallAnswered("a", 1, At(14)));
        Says(owner.RecallAnswered("a", 2, At(15)), "write change, term 5");
    }

    // Rule 5: release.

    [Fact]
    public void Orderly_end_recalls_and_then_releases()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));

        Says(owner.Stop(At(2)), "recall a 1");
        Says(owner.LeaseAsked("b", 2, At(3)));
        Says(owner.ChangeAsked(Patience, At(3)), "refuse change, 0 s");
        Says(owner.RecallAnswered("a", 1, At(4)), "write release, term 5");
        Says(owner.ConfirmAsked(3, At(5)));
        Says(owner.Written(At(4), At(6)), "refuse b 2", "unconfirmed 3", "ended");
    }

    [Fact]
    public void Owner_that_may_not_change_yet_does_not_release()
    {
        var owner = Owning(released: false);

        Says(owner.Stop(At(29.999)), "ended");
    }

    [Fact]
    public void Release_waits_for_a_silent_holder()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.Stop(At(2));

        Assert.Equal(At(11), owner.NextTick);
        Says(owner.Tick(At(11)), "write release, term 5");
        Says(owner.WriteFailed(), "ended");
    }

    [Fact]
    public void Owner_without_a_term_ends_without_a_write()
    {
        Says(Stopped(_ => { }), "ended");
        Says(Stopped(o => o.Start(new Tenure(4, Released: true, Wait: At(30)), At(0))), "ended");
    }

    [Fact]
    public void End_during_a_change_reports_an_unknown_outcome()
    {
        var waiting = Owning(released: false);
        waiting.ChangeAsked(At(60), At(1));
        Says(waiting.Stop(At(2)), "change unknown", "ended");

        var recalling = Owning();
        recalling.LeaseAsked("a", 1, At(1));
        recalling.ChangeAsked(Patience, At(2));
        Says(recalling.Stop(At(3)), "change unknown", "ended");

        var writing = Owning();
        writing.ChangeAsked(Patience, At(2));
        Says(writing.Stop(At(3)), "change unknown", "ended");
    }

    [Fact]
    public void Result_of_a_write_after_the_end_is_ignored()
    {
        var owner = Owning();
        owner.ChangeAsked(Patience, At(2));
        owner.Stop(At(3));

        Says(owner.Written(At(2), At(4)));
        Says(owner.WriteFailed());
        Says(owner.Reloaded(5));
        Says(owner.Stop(At(5)));
        Assert.True(owner.HasEnded);
    }

    // What is called out of turn, and late answers.

    [Fact]
    public void An_owner_starts_only_once() =>
        Assert.Contains("Owning", Assert.Throws<InvalidOperationException>(() => Owning().Start(null, At(1))).Message, StringComparison.Ordinal);

    [Fact]
    public void Second_change_during_a_change_throws()
    {
        var owner = Owning();
        owner.ChangeAsked(Patience, At(1));

        Assert.Throws<InvalidOperationException>(() => owner.ChangeAsked(Patience, At(1)));
    }

    [Fact]
    public void Confirming_a_write_that_was_not_made_throws() =>
        Assert.Throws<InvalidOperationException>(() => Owning().Written(At(1), At(1)));

    [Fact]
    public void Read_sent_before_the_last_write_does_not_shorten_authority()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(20));
        owner.ChangeAsked(Patience, At(21));
        owner.Written(At(22), At(23));

        Says(owner.TermRead(5, At(20), At(24)));
        Says(owner.ConfirmAsked(2, At(41.999)), "confirmed 2");
        Says(owner.ConfirmAsked(3, At(42)), "read");
    }

    [Fact]
    public void Read_answered_after_a_failed_change_is_ignored()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(20));
        owner.ChangeAsked(Patience, At(21));
        owner.WriteFailed();

        Says(owner.TermRead(6, At(20), At(22)));
        Says(owner.Reloaded(5), "write release, term 5");
    }

    [Fact]
    public void Change_is_always_refused_if_a_lease_is_longer_than_its_caller_waits() =>
        Says(Owning().ChangeAsked(At(9), At(100)), "refuse change, 1 s");

    [Fact]
    public void Recall_waits_first_for_the_lease_that_expires_first()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.LeaseAsked("b", 2, At(5));
        Assert.False(owner.IsRecalling);
        owner.ChangeAsked(Patience, At(6));

        Assert.True(owner.IsRecalling);
        Assert.Equal(At(11), owner.NextTick);
        Says(owner.Tick(At(11)));
        Assert.Equal(At(15), owner.NextTick);
        Says(owner.Tick(At(15)), "write change, term 5");
        Assert.False(owner.IsRecalling);
    }

    [Fact]
    public void Owner_may_release_as_soon_as_it_may_change() =>
        Says(Owning(released: false).Stop(At(30)), "write release, term 5");

    [Fact]
    public void Waiting_requests_are_refused_at_once_when_the_owner_stops()
    {
        var owner = Owning();
        owner.LeaseAsked("a", 1, At(1));
        owner.LeaseAsked("b", 2, At(20));
        owner.LeaseAsked("a", 3, At(20));

        Says(owner.Stop(At(10.5)), "refuse b 2", "refuse a 3", "recall a 1");
    }

    private static PolicyOwner<string> New() => new(lease: At(10), authority: At(20));

    /// <summary>An owner of term 5, confirmed at 0 s.</summary>
    private static PolicyOwner<string> Owning(bool released = true)
    {
        var owner = New();
        owner.Start(new Tenure(4, released, Wait: At(30)), At(0));
        owner.Written(At(0), At(0));
        return owner;
    }

    private static PolicyOwner<string> Settling()
    {
        var owner = Owning();
        owner.ChangeAsked(Patience, At(2));
        Says(owner.WriteFailed(), "change unknown", "reload");
        return owner;
    }

    private static IReadOnlyList<OwnerMessage<string>> Stopped(Action<PolicyOwner<string>> after)
    {
        var owner = New();
        after(owner);
        return owner.Stop(At(1));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static void Says(IReadOnlyList<OwnerMessage<string>> messages, params string[] expected) =>
        Assert.Equal(expected, messages.Select(Text));

    private static string Text(OwnerMessage<string> message) => message switch
    {
        OwnerMessage<string>.Write { IsChange: true } write => $"write change, term {write.Tenure.Term}",
        OwnerMessage<string>.Write write => $"write {(write.Tenure.Released ? "release, " : "")}term {write.Tenure.Term}",
        OwnerMessage<string>.Read => "read",
        OwnerMessage<string>.Reload => "reload",
        OwnerMessage<string>.Grant grant => $"grant {grant.Holder} {grant.Request}",
        OwnerMessage<string>.Refuse refuse => $"refuse {refuse.Holder} {refuse.Request}",
        OwnerMessage<string>.Confirmed confirmed => $"confirmed {confirmed.Act}",
        OwnerMessage<string>.Unconfirmed unconfirmed => $"unconfirmed {unconfirmed.Act}",
        OwnerMessage<string>.Recall recall => $"recall {recall.Holder} {recall.Number}",
        OwnerMessage<string>.Changed => "changed",
        OwnerMessage<string>.ChangeRefused refused => $"refuse change, {refused.RetryAfter.TotalSeconds:0.###} s",
        OwnerMessage<string>.ChangeFailed => "change unknown",
        _ => "ended",
    };
}
