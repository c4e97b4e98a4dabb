using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>The web node's part of decision leases in docs/understand/coherence.md, rule by rule.</summary>
public class HeldDecisionsTests
{
    private const string Workspace = "workspace";
    private const string Decision = "member";

    private static readonly Guid group = Guid.NewGuid();
    private static readonly SignIn signIn = Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 60, group);

    private readonly HeldDecisions<string> held = new(100);

    [Fact]
    public void Decision_stands_for_its_length_from_when_the_request_was_sent()
    {
        Keep(signIn, sent: 100, length: 10);

        Assert.Equal(Decision, held.Find(signIn, Workspace, At(109.999)));
        Assert.Null(held.Find(signIn, Workspace, At(110)));
    }

    [Fact]
    public void Another_person_and_another_workspace_have_decisions_of_their_own()
    {
        Keep(signIn);

        Assert.Null(held.Find(signIn, "another", At(101)));
        Assert.Null(held.Find(signIn with { Person = new(signIn.Person.TenantId, Guid.NewGuid()) }, Workspace, At(101)));
        Assert.Null(held.Find(signIn with { Person = new(Guid.NewGuid(), signIn.Person.UserId) }, Workspace, At(101)));
    }

    [Fact]
    public void Recall_of_the_workspace_ends_the_decisions_of_everybody_there()
    {
        var other = Contoso.SignIn(new(signIn.Person.TenantId, Guid.NewGuid()), 60, group);
        Keep(signIn);
        Keep(other);

        held.Recall(Workspace);

        Assert.Null(held.Find(signIn, Workspace, At(101)));
        Assert.Null(held.Find(other, Workspace, At(101)));
    }

    [Fact]
    public void Recall_of_the_person_ends_their_decisions_everywhere_and_nobody_elses()
    {
        // Of another number: two that share one are recalled together.
        var other = Enumerable.Range(0, 10).Select(_ => Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 60, group)).ToList();
        other.ForEach(o => Keep(o));
        Keep(signIn);

        held.Recall(signIn.Person);

        Assert.Null(held.Find(signIn, Workspace, At(101)));
        Assert.Contains(other, o => held.Find(o, Workspace, At(101)) == Decision);
    }

    [Fact]
    public void Decision_that_was_on_its_way_during_a_recall_is_never_used()
    {
        foreach (var recall in new Action[] { () => held.Recall(Workspace), () => held.Recall(signIn.Person) })
        {
            var request = held.Ask(signIn.Person, Workspace, At(100));
            recall();
            held.Keep(request, signIn, Workspace, Decision, Lease(10));

            Assert.Null(held.Find(signIn, Workspace, At(101)));
        }
    }

    [Fact]
    public void Decision_of_a_request_that_was_sent_after_a_recall_is_used_also_where_an_older_answer_comes_last()
    {
        var overtaken = held.Ask(signIn.Person, Workspace, At(100));
        held.Recall(Workspace);
        Keep(signIn, sent: 101, length: 5);
        held.Keep(overtaken, signIn, Workspace, "older", Lease(10));

        Assert.Equal(Decision, held.Find(signIn, Workspace, At(102)));
    }

    [Fact]
    public void Sign_in_that_the_decision_does_not_cover_has_to_be_asked_for()
    {
        Keep(signIn);

        Assert.Equal(Decision, held.Find(Contoso.SignIn(signIn.Person, 60, group), Workspace, At(101)));
        Assert.Equal(Decision, held.Find(Contoso.SignIn(signIn.Person, 59), Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 61, group), Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 60), Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 60, group, Guid.NewGuid()), Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 59) with { LeavesGroupsOut = true }, Workspace, At(101)));
    }

    [Fact]
    public void Sign_in_without_its_groups_is_covered_by_its_own_decision_alone()
    {
        var partial = Contoso.SignIn(signIn.Person, 50) with { LeavesGroupsOut = true };
        Keep(partial);

        Assert.Equal(Decision, held.Find(partial, Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 49) with { LeavesGroupsOut = true }, Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 49), Workspace, At(101)));
    }

    [Fact]
    public void Least_recently_used_decisions_go_first_and_there_are_never_more_than_the_limit()
    {
        const int max = 10_000;
        var many = new HeldDecisions<string>(max);
        var often = Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 60, group);
        for (var person = 0; person < 50_000; person++)
        {
            var somebody = Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 60, group);
            many.Keep(many.Ask(somebody.Person, Workspace, At(100)), somebody, Workspace, Decision, Lease(10));
            if (person == 0)
            {
                many.Keep(many.Ask(often.Person, Workspace, At(100)), often, Workspace, Decision, Lease(10));
            }

            Assert.Equal(Decision, many.Find(often, Workspace, At(101)));
            Assert.InRange(many.Count, 1, max);
        }

        Assert.InRange(many.Count, max / 2, max);
    }

    [Fact]
    public void Decision_that_does_not_stand_any_more_takes_nobodys_place()
    {
        Action<HeldDecisions<string>>[] ends = [few => few.Recall(Workspace), few => few.Recall(signIn.Person), _ => { }];

        // More than once: the newer one may share a number with what is recalled.
        Assert.All(ends, end => Assert.Contains(Enumerable.Range(0, 5), n => Stays($"another {n}", end)));

        static bool Stays(string another, Action<HeldDecisions<string>> end)
        {
            // Two halves of one: the newer one is young, and the other one old.
            var (few, newer) = (new HeldDecisions<string>(2), Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 60, group));
            few.Keep(few.Ask(signIn.Person, Workspace, At(100)), signIn, Workspace, Decision, Lease(10));
            few.Keep(few.Ask(newer.Person, another, At(105)), newer, another, Decision, Lease(10));
            end(few);
            Assert.Null(few.Find(signIn, Workspace, At(110)));

            // Had that moved it, the newer one would be old now, and make way for the next one that comes.
            few.Keep(few.Ask(newer.Person, "third", At(105)), newer, "third", Decision, Lease(10));
            return few.Find(newer, another, At(110)) == Decision;
        }
    }

    [Fact]
    public async Task Recalls_checks_and_answers_at_the_same_time_leave_nothing_that_was_recalled()
    {
        // A policy is its version. While it is changed nobody is lent anything; then it is recalled, and then acknowledged.
        const int nothing = -1;
        var versions = new HeldDecisions<string>(100);
        var (lent, acknowledged, stale, warm) = (0, 0, 0, 0);
        using var over = new CancellationTokenSource();
        var checking = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                var atLeast = Volatile.Read(ref acknowledged);
                if (versions.Find(signIn, Workspace, At(1)) is { } found)
                {
                    Interlocked.Increment(ref warm);
                    Interlocked.Add(ref stale, int.Parse(found, CultureInfo.InvariantCulture) < atLeast ? 1 : 0);
                    continue;
                }

                var request = versions.Ask(signIn.Person, Workspace, At(0));
                if (Volatile.Read(ref lent) is >= 0 and var version)
                {
                    versions.Keep(request, signIn, Workspace, version.ToString(CultureInfo.InvariantCulture), Lease(10));
                }
            }
        })).ToList();
        for (var change = 1; change <= 100_000 || Volatile.Read(ref warm) == 0; change++)
        {
            Volatile.Write(ref lent, nothing);
            versions.Recall(Workspace);
            Volatile.Write(ref acknowledged, change);
            Volatile.Write(ref lent, change);
        }

        await over.CancelAsync();
        await Task.WhenAll(checking);
        Assert.Equal(0, stale);
    }

    private void Keep(SignIn of, double sent = 100, double length = 10) =>
        held.Keep(held.Ask(of.Person, Workspace, At(sent)), of, Workspace, Decision, Lease(length));

    // Known at the second of the sign-in.
    private static DecisionLease Lease(double length) => new(At(length), signIn.IssuedAt);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
