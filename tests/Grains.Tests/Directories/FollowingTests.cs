using CsCheck;
using EngageCenter.Directories;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class FollowingTests
{
    private static readonly (Guid Support, Guid Desk, Guid Night, Guid Sales) Groups = (Id(1), Id(2), Id(3), Id(4));

    private static Following Followed => new Following()
        .With(Groups.Support, [Groups.Desk, Groups.Night]).With(Groups.Sales, [])
        .With(new FollowedLot([Groups.Support, Groups.Sales], "a")).With(new FollowedLot([Groups.Desk, Groups.Night], "b"));

    [Fact]
    public void Only_named_people_are_asked_about()
    {
        var affected = Followed.Affected([new(Groups.Night, false, [Id(100), Id(101)], false), new(Groups.Sales, false, [Id(100)], false)]);

        Assert.Equal([Id(100), Id(101)], affected.People.AsEnumerable());
        Assert.Empty(affected.Groups);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Deleted_or_moved_group_concerns_everybody_in_the_groups_with_roles_above_it(bool isDeleted, bool hasGroups)
    {
        var affected = Followed.Affected([new(Groups.Night, isDeleted, [], hasGroups)]);

        Assert.Equal([Groups.Support], affected.Groups.AsEnumerable());
    }

    [Fact]
    public void Group_without_a_role_is_dropped_with_the_lots_that_only_it_needed()
    {
        var kept = Followed.Keep([Groups.Sales]);

        Assert.Equal([Groups.Sales], kept.Nested.Keys);
        Assert.Equal(["a"], kept.Lots.Select(lot => lot.Address));
        Assert.Empty(kept.Keep([]).Lots);
        Assert.Same(kept, kept.Keep([Groups.Sales]));
    }

    [Fact]
    public void Continued_lot_replaces_its_earlier_state()
    {
        var next = Followed.With(new FollowedLot([Groups.Desk, Groups.Night], "c"));

        Assert.Equal(["a", "c"], next.Lots.Select(lot => lot.Address).Order());
    }

    [Fact]
    public void Every_needed_group_is_in_a_lot_of_limited_size()
    {
        var nesting = Gen.Select(Gen.Int[1, 400], Gen.Int[1, 400].List[0, 30]).List[0, 40];
        Gen.Select(nesting, nesting).Sample((first, second) =>
        {
            var following = Begin(first.Aggregate(new Following(), (f, g) => f.With(Id(g.Item1), [.. g.Item2.Select(Id)])));
            following = following.Keep([.. following.Nested.Keys.Where((_, n) => n % 2 == 0)]);
            following = Begin(second.Aggregate(following, (f, g) => f.With(Id(g.Item1), [.. g.Item2.Select(Id)])));

            var followed = following.Lots.SelectMany(lot => lot.Groups).ToList();
            Assert.Superset(following.Nested.SelectMany(g => g.Value.Append(g.Key)).ToHashSet(), followed.ToHashSet());
            Assert.All(following.Lots, lot => Assert.InRange(lot.Groups.Length, 1, GroupChanges.MaxGroups));
            Assert.Equal(followed.Count, followed.Distinct().Count());
        });

        static Following Begin(Following following) =>
            following.Unfollowed().ToList().Aggregate(following, (f, groups) => f.With(new FollowedLot(groups, "here")));
    }

    [Fact]
    public void Number_of_followed_groups_is_limited() =>
        Assert.Equal(Following.MaxGranted - 2, Followed.New([.. Enumerable.Range(10, Following.MaxGranted + 100).Select(Id)]).Count());

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
