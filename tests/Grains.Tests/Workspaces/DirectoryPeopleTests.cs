using CsCheck;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

/// <summary>The people of groups, as the directory last named them.</summary>
public sealed class DirectoryPeopleTests
{
    private static readonly DateTimeOffset now = new(2026, 7, 1, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Groups read whole, people read one by one, groups that hold a role no more, in any order: each person is in what the last answers name.</summary>
    [Fact]
    public void After_any_answers_people_are_in_the_groups_that_the_last_of_them_name()
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

                // Whoever is another one now is told, and nobody else.
                var changed = before.Keys.Union(after.Keys).Where(id => !before.GetValueOrDefault(id, []).ToHashSet().SetEquals(after.GetValueOrDefault(id, [])));
                Assert.Equal(changed.Order(), concerned.Order());
                Assert.Equal(expected.Keys.Order(), Enumerable.Range(1, 6).Select(Id).Where(people.Holds).Order());
            }
        });
    }

    [Fact]
    public void Somebody_with_another_name_or_account_is_told_and_somebody_who_is_gone_is_in_nothing()
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
    public void More_people_than_there_is_room_for_are_not_taken_and_those_who_are_stay()
    {
        var people = new DirectoryPeople(new(), max: 2);
        people.Replace(Id(1), [Member(1), Member(2), Member(3)], now);

        Assert.Equal([Id(1), Id(2)], people.All.Keys.Order());
        Assert.True(people.IsFull);
        people.Replace(Id(2), [Member(1)], now);
        Assert.Equal(2, people.All[Id(1)].Groups.Length);
    }

    private static Dictionary<Guid, List<Guid>> Shown(DirectoryPeople people, GroupNumbers numbers) =>
        people.All.ToDictionary(person => person.Key, person => person.Value.Groups.Select(number => numbers[number]).ToList());

    private static Guid Id(int n) => Guid.Parse($"c0000000-0000-4000-8000-{n:d12}");

    private static DirectoryMember Member(int n) => new(Id(n), new($"Person {n}", null, UserType.Member), true);
}
