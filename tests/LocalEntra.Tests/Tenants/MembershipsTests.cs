using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tests.Tenants;

public sealed class MembershipsTests
{
    private readonly Memberships memberships = new();

    [Fact]
    public void Nested_groups_are_found()
    {
        memberships.Add(Id(1), Id(2));
        memberships.Add(Id(2), Id(3));
        memberships.Add(Id(3), Id(100));

        Assert.Equal([Id(1), Id(2), Id(3)], memberships.TransitiveGroups(Id(100)));
    }

    [Fact]
    public void Cyclic_groups_end()
    {
        memberships.Add(Id(1), Id(1));
        memberships.Add(Id(1), Id(2));
        memberships.Add(Id(2), Id(1));
        memberships.Add(Id(2), Id(100));

        Assert.Equal([Id(1), Id(2)], memberships.TransitiveGroups(Id(100)));
    }

    [Fact]
    public void Change_returns_whether_it_changed_anything()
    {
        Assert.True(memberships.Add(Id(1), Id(100)));
        Assert.False(memberships.Add(Id(1), Id(100)));
        Assert.True(memberships.Remove(Id(1), Id(100)));
        Assert.False(memberships.Remove(Id(1), Id(100)));
        Assert.False(memberships.Remove(Id(2), Id(100)));
        Assert.Empty(memberships.TransitiveGroups(Id(100)));
    }

    [Fact]
    public void Paging_a_group_of_100_000_returns_every_member_once()
    {
        const int count = 100_000;
        for (var i = 1; i <= count; i++)
        {
            memberships.Add(Id(0), Id(i));
        }

        var seen = new List<Guid>();
        for (var page = memberships.Members(Id(0), Guid.Empty, 999); page.Count > 0; page = memberships.Members(Id(0), page[^1], 999))
        {
            seen.AddRange(page);
        }

        Assert.Equal(Enumerable.Range(1, count).Select(Id), seen);
    }

    [Fact]
    public void Nested_members_are_found_in_pages_even_in_cycles()
    {
        memberships.Add(Id(1), Id(2));
        memberships.Add(Id(2), Id(1));
        for (var i = 100; i < 150; i++)
        {
            memberships.Add(Id(i % 2 == 0 ? 1 : 2), Id(i));
            memberships.Add(Id(2), Id(i));
        }

        var seen = new List<Guid>();
        for (var page = Page(Guid.Empty); page.Count > 0; page = Page(page[^1]))
        {
            seen.AddRange(page);
        }

        Assert.Equal(Enumerable.Range(100, 50).Select(Id), seen);
        Assert.Equal(50, memberships.CountTransitiveMembers(Id(1), IsPerson));
        Assert.Empty(memberships.TransitiveMembers(Id(3), Guid.Empty, 10, IsPerson));

        IReadOnlyList<Guid> Page(Guid after) => memberships.TransitiveMembers(Id(1), after, 7, IsPerson);
        static bool IsPerson(Guid id) => id.CompareTo(Id(99)) > 0;
    }

    [Fact]
    public void Deleted_object_leaves_nothing_behind()
    {
        memberships.Add(Id(1), Id(2));
        memberships.Add(Id(2), Id(100));
        memberships.Add(Id(1), Id(101));

        memberships.RemoveObject(Id(2));
        memberships.RemoveObject(Id(101));

        Assert.Empty(memberships.TransitiveGroups(Id(100)));
        Assert.Empty(memberships.Members(Id(1), Guid.Empty, 10));
        Assert.True(memberships.Add(Id(2), Id(100)));
    }

    [Fact]
    public void Both_indexes_agree_after_concurrent_changes()
    {
        Parallel.For(0, 20_000, i =>
        {
            var member = Id(100 + (i % 50));
            if (i % 3 == 0)
            {
                memberships.Remove(Id(1), member);
            }
            else
            {
                memberships.Add(Id(1), member);
            }
        });

        var members = memberships.Members(Id(1), Guid.Empty, 100);
        Assert.Equal(
            members,
            Enumerable.Range(100, 50).Select(Id).Where(member => memberships.TransitiveGroups(member).Contains(Id(1))));
    }

    private static Guid Id(int number) => new(number, 0, 0x4000, [0x80, 0, 0, 0, 0, 0, 0, 0]);
}
