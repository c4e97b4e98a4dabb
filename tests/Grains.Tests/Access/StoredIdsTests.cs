using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

public class StoredIdsTests
{
    private static readonly Guid id = Guid.NewGuid();
    private static readonly StoredIds empty = new();

    [Fact]
    public void Adding_a_known_id_changes_nothing()
    {
        var one = empty.With(id, 5, isMore: true, max: 1)!;

        Assert.Same(one, one.With(id, 9, isMore: false, max: 1));
        Assert.Same(one, one.With(id, 5, isMore: true, max: 1));
        Assert.Same(one, one.With(id, 4, isMore: true, max: 1));
    }

    [Fact]
    public void Late_removal_does_not_remove_an_id_that_was_added_again()
    {
        var again = empty.With(id, 5, isMore: true, max: 1)!.With(id, 7, isMore: true, max: 1)!;

        Assert.Same(again, again.Without(id, 6));
        Assert.Empty(again.Without(id, 7).Entries);
    }

    [Fact]
    public void Removing_an_unknown_id_changes_nothing() => Assert.Same(empty, empty.Without(id, 1));

    [Fact]
    public void Removing_many_ids_is_one_version_and_keeps_ids_that_were_added_again()
    {
        var (late, gone) = (Guid.NewGuid(), Guid.NewGuid());
        var three = empty.With(id, 5, isMore: true, max: 3)!.With(late, 7, isMore: true, max: 3)!.With(gone, 1, isMore: true, max: 3)!;

        var left = three.Without([new(id, 5), new(late, 6), new(gone, 1), new(Guid.NewGuid(), 9)]);

        Assert.Equal(late, Assert.Single(left.Entries.Keys));
        Assert.Equal(three.Version + 1, left.Version);
        Assert.Same(three, three.Without([new(late, 6)]));
    }

    [Fact]
    public void Full_set_takes_no_new_id_and_keeps_its_own()
    {
        var full = empty.With(id, 1, isMore: true, max: 1)!;

        Assert.Null(full.With(Guid.NewGuid(), 1, isMore: true, max: 1));
        Assert.NotNull(full.With(id, 2, isMore: true, max: 1));
    }

    [Fact]
    public void Version_grows_when_an_id_is_added_removed_or_means_more()
    {
        var one = empty.With(id, 1, isMore: true, max: 1)!;

        Assert.Equal(empty.Version + 1, one.Version);
        Assert.Equal(one.Version + 1, one.With(id, 2, isMore: true, max: 1)!.Version);
        Assert.Equal(one.Version, one.With(id, 2, isMore: false, max: 1)!.Version);
        Assert.Equal(one.Version + 1, one.Without(id, 1).Version);
    }

    [Theory]
    [InlineData("groups/", KnownIds.MaxGroups)]
    [InlineData("tenants/", KnownIds.MaxTenants)]
    public void Key_determines_the_limit_of_ids(string prefix, int max) => Assert.Equal(max, KnownIds.MaxIn($"{prefix}x"));

    [Fact]
    public void There_are_at_most_256_sets_of_tenants() =>
        Assert.True(Enumerable.Range(0, 10_000).Select(_ => KnownIds.TenantsWith(Guid.NewGuid())).Distinct().Count() <= 256);
}
