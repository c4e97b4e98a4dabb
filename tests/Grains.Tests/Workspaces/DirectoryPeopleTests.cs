using CsCheck;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

/// <summary>The people of groups, as the directory last named them.</summary>
public sealed class DirectoryPeopleTests
{
    private static readonly DateTimeOffset now = new(2026, 7, 1, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Groups are read completely, people one by one, and some groups lose their roles, in any order. Each person is in the groups of the last answers.</summary>
    [Fact]
    public void People_are_in_the_groups_of_the_last_answers()
    {
        var step = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 3], Gen.Int[1, 6], Gen.Int[1, 6].Array[0, 6]);
        step.Array[0, 30].Sample(steps =>
        {
            var numbers = new GroupNumbers();
            var people = new DirectoryPeople(numbers);
            Dictionary<Guid, HashSet<Guid>> expected = [];
            foreach (var (kind, group, person, several) in steps)
            {
                var before = Shown(people, numbers);
                HashSet<Guid> concerned;
                switch (kind)
                {
                    case 0:
                        expected[Id(group)] = [.. several.Select(Id)];
                        concerned = people.Replace(Id(group), [.. several.Distinct().Select(Member)], now);
                        break;
                    case 1:
                        foreach (var (granted, members) in expected)
                        {
                            _ = several.Select(Id).Contains(granted) ? members.Add(Id(person)) : members.Remove(Id(person));
                        }

                        concerned = people.Replace(Id(person), Member(person), several.Select(Id), now);
                        break;
                    default:
                        expected.Remove(Id(group));
                        concerned = people.Forget(Id(group));
                        break;
                }

                var after = Shown(people, numbers);
                Assert.Equal(
                    expected.SelectMany(one => one.Value.Select(member => (member, one.Key))).Order(),
                    after.SelectMany(one => one.Value.Select(of => (one.Key, of))).Order());

                // Exactly the people who changed are reported.
                var changed = before.Keys.Union(after.Keys).Where(id => !before.GetValueOrDefault(id, []).ToHashSet().SetEquals(after.GetValueOrDefault(id, [])));
                Assert.Equal(changed.Order(), concerned.Order());
                Assert.Equal(expected.Keys.Order(), Enumerable.Range(1, 6).Select(Id).Where(people.Holds).Order());
            }
        });
    }

    [Fact]
    public void Changed_person_is_reported_and_a_removed_person_is_in_no_group()
    {
        var people = new DirectoryPeople(new());
        people.Replace(Id(1), [Member(1), Member(2)], now);

        Assert.Equal([Id(1)], people.Replace(Id(1), [Member(1) with { IsEnabled = false }, Member(2)], now));
        Assert.True(people.All[Id(1)].Account.IsBlocked);
        Assert.Equal([Id(2)], people.Replace(Id(2), Member(2) with { Profile = new("Another", null, UserType.Guest) }, [Id(1), Id(9)], now));
        Assert.Equal([Id(2)], people.Replace(Id(2), null, [Id(1)], now));
        Assert.Equal([Id(1)], people.All.Keys);
    }

    [Fact]
    public void Full_list_takes_nobody_new_and_keeps_its_people()
    {
        var people = new DirectoryPeople(new(), max: 2);
        people.Replace(Id(1), [Member(1), Member(2), Member(3)], now);

        Assert.Equal([Id(1), Id(2)], people.All.Keys.Order());
        Assert.True(people.IsFull);
        people.Replace(Id(2), [Member(1)], now);
        Assert.Equal(2, people.All[Id(1)].Groups.Length);
    }

    [Fact]
    public void List_is_full_only_while_somebody_is_left_out()
    {
        var people = new DirectoryPeople(new(), max: 2);
        people.Replace(Id(1), [Member(1), Member(2)], now);
        Assert.False(people.IsFull);

        // A group, and one person, for whom there is no room.
        people.Replace(Id(2), [Member(3)], now);
        Assert.Equal([Id(2)], people.Incomplete);
        people.Replace(Id(4), Member(4), [Id(1), Id(9)], now);
        Assert.Equal([Id(1), Id(2)], people.Incomplete.Order());

        // Room alone lists nobody. The groups have to be read again.
        people.Replace(Id(1), null, [], now);
        Assert.True(people.IsFull);
        people.Replace(Id(1), [Member(2)], now);
        Assert.Equal([Id(2)], people.Incomplete);
        people.Replace(Id(2), [Member(3)], now);
        Assert.False(people.IsFull);
        Assert.Equal([Id(2), Id(3)], people.All.Keys.Order());

        people.Replace(Id(2), [Member(3), Member(4)], now);
        Assert.True(people.IsFull);
        people.Forget(Id(2));
        Assert.False(people.IsFull);
    }

    private static Dictionary<Guid, List<Guid>> Shown(DirectoryPeople people, GroupNumbers numbers) =>
        people.All.ToDictionary(person => person.Key, person => person.Value.Groups.Select(number => numbers[number]).ToList());

    private static Guid Id(int n) => Guid.Parse($"c0000000-0000-4000-8000-{n:d12}");

    private static DirectoryMember Member(int n) => new(Id(n), new($"Person {n}", null, UserType.Member), true);
}
