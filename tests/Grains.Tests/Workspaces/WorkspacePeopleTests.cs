using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

public class WorkspacePeopleTests
{
    private static readonly DateTimeOffset now = new(2026, 7, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid tenant = Guid.Parse("c0000000-0000-4000-8000-000000000000");
    private static readonly Guid[] groups = [.. Enumerable.Range(1, 3).Select(Id)];
    private static readonly AccessPolicy policy = Policy([groups[0], groups[1]]);

    [Fact]
    public void People_are_listed_by_name_then_by_id()
    {
        var people = Of(Seen(1, "Zoe"), Seen(4, "émile"), Seen(3, "Team 10"), Seen(2, "Team 9"), Seen(6, "Adele"), Seen(5, "Adele"));

        Assert.Equal(["Adele 5", "Adele 6", "émile 4", "Team 9 2", "Team 10 3", "Zoe 1"], Pages(people, 2).Select(Text));
    }

    [Fact]
    public void Person_who_gets_another_name_between_two_pages_ends_the_paging()
    {
        var people = Of(Seen(1, "Adele"), Seen(2, "Ben"), Seen(3, "Cleo"));
        var first = people.Page(Query(2));

        people.Seen(Seen(3, "Aaron"), policy, now);

        Assert.Throws<ListChangedException>(() => people.Page(Query(2, first.Next)));
        Assert.Equal(["Aaron 3", "Adele 1", "Ben 2"], Pages(people, 2).Select(Text));
    }

    [Fact]
    public void Contact_who_signs_in_under_another_name_ends_the_paging()
    {
        var contact = new PolicyContact(new(tenant, Id(1)), Roles.IncidentManager, "Adele Vance", "adele@contoso.example");
        var contracted = policy with { Contacts = [contact] };
        var people = new WorkspacePeople(now);
        people.Apply(contracted, [Seen(2, "Ben"), Seen(3, "Cleo")], now);
        var first = people.Page(Query(2));

        people.Seen(Seen(1, "Zadie"), contracted, now);

        Assert.Throws<ListChangedException>(() => people.Page(Query(2, first.Next)));
    }

    [Fact]
    public void Place_in_the_list_outlives_the_person_who_was_last_on_the_page()
    {
        var people = Of(Seen(1, "Adele"), Seen(2, "Ben"), Seen(3, "Cleo"));
        var first = people.Page(Query(2));

        people.Seen(Seen(2, "Ben", Id(9)), policy, now);

        Assert.Equal(["Cleo 3"], people.Page(Query(2, first.Next)).Items.Select(Text));
    }

    [Fact]
    public void List_after_any_sign_ins_and_policies_is_the_same_as_one_made_anew() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 5], Gen.Int[0, 2], Gen.Bool).Array[0, 60].Sample(steps =>
        {
            var (people, seen, current) = (Of(), new Dictionary<PersonId, SeenUser>(), policy);
            foreach (var (person, name, group, isPolicy) in steps)
            {
                if (isPolicy)
                {
                    current = Policy([.. groups.Take(group + 1)]);
                    people.Apply(current, seen.Values, now);
                }
                else
                {
                    var user = Seen(person, $"name {name}", groups[group]);
                    seen[user.Person] = user;
                    people.Seen(user, current, now);
                }
            }

            var anew = new WorkspacePeople(now);
            anew.Apply(current, seen.Values, now);
            Assert.Equal(Pages(anew, 500).Select(Text), Pages(people, 3).Select(Text));
        });

    [Fact]
    public void Whoever_is_there_throughout_is_listed_once_while_others_come_and_go() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 3]).Array[0, 30].Sample(changes =>
        {
            var stays = Enumerable.Range(100, 10).Select(i => Seen(i, $"name {i % 4}")).ToList();
            var people = Of([.. stays]);
            var (found, turn, after) = (new List<WorkspaceUser>(), 0, (string?)null);
            do
            {
                var page = people.Page(Query(3, after));
                found.AddRange(page.Items);
                after = page.Next;
                if (turn < changes.Length)
                {
                    var (person, way) = changes[turn++];
                    people.Seen(Seen(person, $"name {person % 4}", way == 0 ? Id(9) : groups[0]), policy, now);
                }
            }
            while (after is not null);

            Assert.All(stays, person => Assert.Single(found, f => f.Person == person.Person));
        });

    [Fact]
    public void People_with_many_roles_make_short_pages_and_nobody_is_left_out()
    {
        ImmutableArray<Guid> many = [.. Enumerable.Range(1, SignIn.MaxGroups).Select(Id)];
        var everything = new AccessPolicy("agreement", tenant, DateOnly.MinValue, [], [.. many.Order().Select(g => new PolicyGroup(
            g, Roles.User | Roles.Administrator | Roles.UserAccessAdministrator | Roles.AssessmentUser | Roles.CustomerContractManager | Roles.LearningUser | Roles.SupportUser))]);
        var people = new WorkspacePeople(now);
        people.Apply(everything, Enumerable.Range(1, 40).Select(n => Seen(n, $"Person {n}") with { Groups = many }), now);

        var first = people.Page(Query(PageRequest.MaxSize));
        Assert.Equal((true, 40), (first.Next is not null, first.TotalCount));
        Assert.InRange(first.Items.Sum(p => p.Roles.Length) * Weight.Entry, 1, PageRequest.MaxSize * EngageCenter.Paging.Pages.BytesPerItem);
        Assert.Equal(40, Pages(people, PageRequest.MaxSize).Select(p => p.Person).Distinct().Count());
        Assert.Single(people.Page(Query(1)).Items);
    }

    private static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    private static SeenUser Seen(int number, string name, Guid? group = null) =>
        new(new(tenant, Id(number)), new(name, null, UserType.Member), [group ?? groups[0]], now, now);

    private static AccessPolicy Policy(ImmutableArray<Guid> granted) =>
        new("agreement", tenant, DateOnly.MinValue, [], [.. granted.Order().Select(g => new PolicyGroup(g, Roles.SupportUser))]);

    private static WorkspacePeople Of(params SeenUser[] seen)
    {
        var people = new WorkspacePeople(now);
        people.Apply(policy, seen, now);
        return people;
    }

    private static WorkspaceUserQuery Query(int size, string? after = null) => new(null, Roles.None, null, null, new(size, after));

    private static IEnumerable<WorkspaceUser> Pages(WorkspacePeople people, int size)
    {
        string? after = null;
        do
        {
            var page = people.Page(Query(size, after));
            foreach (var user in page.Items)
            {
                yield return user;
            }

            after = page.Next;
        }
        while (after is not null);
    }

    private static string Text(WorkspaceUser user) =>
        $"{user.Profile.DisplayName} {BitConverter.ToInt32(user.Person.UserId.ToByteArray())}";
}
