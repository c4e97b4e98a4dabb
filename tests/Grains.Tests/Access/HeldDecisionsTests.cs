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
    public void Decision_is_valid_for_its_length_counted_from_the_request()
    {
        Keep(signIn, sent: 100, length: 10);

        Assert.Equal(Decision, held.Find(signIn, Workspace, At(109.999)));
        Assert.Null(held.Find(signIn, Workspace, At(110)));
    }

    [Fact]
    public void Each_person_and_workspace_has_its_own_decisions()
    {
        Keep(signIn);

        Assert.Null(held.Find(signIn, "another", At(101)));
        Assert.Null(held.Find(signIn with { Person = new(signIn.Person.TenantId, Guid.NewGuid()) }, Workspace, At(101)));
        Assert.Null(held.Find(signIn with { Person = new(Guid.NewGuid(), signIn.Person.UserId) }, Workspace, At(101)));
    }

    [Fact]
    public void Recall_of_a_workspace_ends_the_decisions_of_all_its_people()
    {
        var other = Contoso.SignIn(new(signIn.Person.TenantId, Guid.NewGuid()), 60, group);
        Keep(signIn);
        Keep(other);

        held.Recall(Workspace);

        Assert.Null(held.Find(signIn, Workspace, At(101)));
        Assert.Null(held.Find(other, Workspace, At(101)));
    }

    [Fact]
    public void Recall_of_a_person_ends_their_decisions_in_all_workspaces_and_no_other()
    {
        // Uses people with other numbers: two people who share a number are recalled together.
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
    public void Decision_requested_after_a_recall_is_used_even_if_an_older_answer_comes_later()
    {
        var overtaken = held.Ask(signIn.Person, Workspace, At(100));
        held.Recall(Workspace);
        Keep(signIn, sent: 101, length: 5);
        held.Keep(overtaken, signIn, Workspace, "older", Lease(10));

        Assert.Equal(Decision, held.Find(signIn, Workspace, At(102)));
    }

    [Fact]
    public void Sign_in_that_the_decision_does_not_cover_finds_nothing()
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
    public void Sign_in_without_groups_is_covered_only_by_its_own_decision()
    {
        var partial = Contoso.SignIn(signIn.Person, 50) with { LeavesGroupsOut = true };
        Keep(partial);

        Assert.Equal(Decision, held.Find(partial, Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 49) with { LeavesGroupsOut = true }, Workspace, At(101)));
        Assert.Null(held.Find(Contoso.SignIn(signIn.Person, 49), Workspace, At(101)));
    }

    [Fact]
    public void Full_memory_forgets_the_least_recently_used_decisions()
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
    public void Expired_or_recalled_decision_does_not_push_out_a_valid_one()
    {
        Action<HeldDecisions<string>>[] ends = [few => few.Recall(Workspace), few => few.Recall(signIn.Person), _ => { }];

        // Tried more than once, because the newer decision may share a number with the recalled one.
        Assert.All(ends, end => Assert.Contains(Enumerable.Range(0, 5), n => Stays($"another {n}", end)));

        static bool Stays(string another, Action<HeldDecisions<string>> end)
        {
            // Each half holds one decision: the newer one is in the younger half, the other one in the older half.
            var (few, newer) = (new HeldDecisions<string>(2), Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 60, group));
            few.Keep(few.Ask(signIn.Person, Workspace, At(100)), signIn, Workspace, Decision, Lease(10));
            few.Keep(few.Ask(newer.Person, another, At(105)), newer, another, Decision, Lease(10));
            end(few);
            Assert.Null(few.Find(signIn, Workspace, At(110)));

            // If the void decision had been moved, the newer one would now be in the older half and be dropped for the next one.
            few.Keep(few.Ask(newer.Person, "third", At(105)), newer, "third", Decision, Lease(10));
            return few.Find(newer, another, At(110)) == Decision;
        }
    }

    [Fact]
    public async Task Recalled_decision_is_never_found_with_recalls_checks_and_answers_in_parallel()
    {
        // A policy is represented by its version. While it is changed nothing is lent; then it is recalled, and then acknowledged.
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

    // The groups are known as of the second of the sign-in.
    private static DecisionLease Lease(double length) => new(At(length), signIn.IssuedAt);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
