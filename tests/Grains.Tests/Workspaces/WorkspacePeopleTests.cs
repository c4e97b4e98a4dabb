using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Xunit.Abstractions;

namespace EngageCenter.Grains.Tests.Workspaces;

public class WorkspacePeopleTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset now = new(2026, 7, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid tenant = Guid.Parse("c0000000-0000-4000-8000-000000000000");
    private static readonly Guid[] groups = [.. Enumerable.Range(1, 3).Select(Id)];
    private static readonly AccessPolicy policy = Policy([groups[0], groups[1]]);
    private static readonly Dictionary<Guid, ListedPerson> nobody = [];

    [Fact]
    public void People_are_listed_by_name_then_by_id()
    {
        var people = Of(Seen(1, "Zoe"), Seen(4, "émile"), Seen(3, "Team 10"), Seen(2, "Team 9"), Seen(6, "Adele"), Seen(5, "Adele"));

        Assert.Equal(["Adele 5", "Adele 6", "émile 4", "Team 9 2", "Team 10 3", "Zoe 1"], Pages(people, 2).Select(Text));
    }

    [Fact]
    public void Renamed_person_between_two_pages_ends_the_paging()
    {
        var people = Of(Seen(1, "Adele"), Seen(2, "Ben"), Seen(3, "Cleo"));
        var first = people.Page(Query(2), now);

        people.Seen(Seen(3, "Aaron"));

        Assert.Throws<ListChangedException>(() => people.Page(Query(2, first.Next), now));
        Assert.Equal(["Aaron 3", "Adele 1", "Ben 2"], Pages(people, 2).Select(Text));
    }

    [Fact]
    public void Contact_who_signs_in_with_another_name_ends_the_paging()
    {
        var contact = new PolicyContact(new(tenant, Id(1)), Roles.IncidentManager, "Adele Vance", "adele@contoso.example");
        var contracted = policy with { Contacts = [contact] };
        var people = Of(contracted, Seen(2, "Ben"), Seen(3, "Cleo"));
        var first = people.Page(Query(2), now);

        people.Seen(Seen(1, "Zadie"));

        Assert.Throws<ListChangedException>(() => people.Page(Query(2, first.Next), now));
    }

    [Fact]
    public void Next_page_works_after_the_last_person_of_the_page_is_gone()
    {
        var people = Of(Seen(1, "Adele"), Seen(2, "Ben"), Seen(3, "Cleo"));
        var first = people.Page(Query(2), now);

        people.Seen(Seen(2, "Ben", Id(9)));

        Assert.Equal(["Cleo 3"], people.Page(Query(2, first.Next), now).Items.Select(Text));
    }

    /// <summary>
    /// Applies sign-ins with other names and groups, grants, revocations, and other roles and contacts in any order, before and after
    /// the contract's first day. Each answer must equal a decision about everybody by the current policy.
    /// </summary>
    [Fact]
    public void Pages_equal_a_decision_about_everybody_after_any_changes()
    {
        var signIn = Gen.Select(Gen.Int[1, 9], Gen.Int[0, 4], Gen.Int[1, 6].Array[0, 4]);
        var granted = Gen.Select(Gen.Int[1, 8], SomeRoles(RoleTable.Assignable)).Array[0, 5];
        var contacts = Gen.Select(Gen.Int[1, 12], SomeRoles(~RoleTable.Assignable), Gen.Int[0, 4]).Array[0, 3];
        var step = Gen.Select(Gen.Int[0, 2], signIn, granted, contacts, Gen.Int[0, 9]);
        var role = OneOf([Roles.None, .. RoleTable.All.Select(d => d.Role)]);
        var query = Gen.Select(role, OneOf<RoleSource?>([null, .. Enum.GetValues<RoleSource>()]), OneOf<WorkspaceUserStatus?>([null, .. Enum.GetValues<WorkspaceUserStatus>()]), OneOf<string?>(null, "name 1", "2"));
        Gen.Select(step.Array[0, 30], query, OneOf([Permissions.None, .. RoleTable.All.Select(d => d.Permissions)])).Sample((steps, asked, permission) =>
        {
            var (seen, current, numbers) = (new Dictionary<PersonId, SeenUser>(), policy, new GroupNumbers());
            var people = new WorkspacePeople(current, [], [], nobody, numbers, now);
            foreach (var (kind, who, grants, named, day) in steps)
            {
                if (kind == 0)
                {
                    current = current with
                    {
                        StartDate = DateOnly.FromDateTime(now.UtcDateTime).AddDays(day == 0 ? 1 : 0),
                        Groups = [.. grants.Where(g => g.Item2 != Roles.None).DistinctBy(g => g.Item1).Select(g => new PolicyGroup(Id(g.Item1), g.Item2)).OrderBy(g => g.GroupId)],
                        Contacts = [.. named.Where(c => c.Item2 != Roles.None).DistinctBy(c => c.Item1).Select(c => new PolicyContact(Person(c.Item1), c.Item2, $"name {c.Item3}", $"{c.Item1}@contoso.example"))],
                    };
                    people.Apply(current);
                }
                else
                {
                    var user = new SeenUser(Person(who.Item1), new($"name {who.Item2}", null, UserType.Guest), [.. who.Item3.Distinct().Select(Id).Order()], now, now);
                    seen[user.Person] = user;
                    people.Seen(SeenEntry.Of(user).Numbered(numbers));
                }

                // The list is also read in between, so that it remembers what it found.
                if (day > 4)
                {
                    people.Page(Query(2), now);
                }
            }

            var (asks, source, status, search) = asked;
            var expected = Everybody(current, seen).Where(user => !user.Roles.IsEmpty
                && (user.Permissions & permission) == permission
                && (status is null || user.Status == status)
                && (search is null || user.Profile.DisplayName.Contains(search, StringComparison.Ordinal) || user.Profile.Email?.Contains(search, StringComparison.Ordinal) == true)
                && ((asks == Roles.None && source is null) || user.Roles.Any(r => (asks == Roles.None || r.Role == asks) && (source is null || r.Source == source)))).ToList();
            var found = Pages(people, new(search, asks, status, source, new(3, null)), permission).ToList();
            Assert.Equal(expected.Select(Text), found.Select(Text));
            foreach (var (one, other) in expected.Zip(found))
            {
                Assert.Equal<HeldRole>(one.Roles, other.Roles);
                Assert.Equal(one with { Roles = [] }, other with { Roles = [] });
            }

            Assert.All(Everybody(current, seen), user => Assert.Equal(user.Roles.IsEmpty ? null : user.Permissions, people.Find(user.Person, now)?.Permissions));
        });
    }

    /// <summary>Bytes that are made stand for work: they are the same on every machine, and a pass that makes people anew makes hundreds for each.</summary>
    [Fact]
    public void Another_policy_costs_the_same_however_many_people_there_are_and_the_page_behind_it_finds_their_roles_alone()
    {
        (long Policy, long Page) Cost(int count)
        {
            var people = Of([.. Enumerable.Range(1, count).Select(n => Seen(n, $"Person {n:d6}", groups))]);
            people.Page(Query(10), now);
            var before = GC.GetAllocatedBytesForCurrentThread();
            people.Apply(Policy([groups[2]]));
            var between = GC.GetAllocatedBytesForCurrentThread();
            people.Page(Query(10), now);
            return (between - before, GC.GetAllocatedBytesForCurrentThread() - between);
        }

        Cost(10);
        var (few, many) = (Cost(1_000), Cost(20_000));
        Assert.InRange(many.Policy, 0, few.Policy + 4_096);
        Assert.InRange(many.Page, 0, few.Page + (19_000 * 4) + 4_096);
    }

    /// <summary>The same of a sign-in, by which a few people are copied, and of the page and the search behind it, also of people who came one by one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sign_in_and_the_page_and_search_behind_it_cost_the_same_however_many_people_there_are(bool oneByOne)
    {
        long Cost(int count)
        {
            SeenUser[] all = [.. Enumerable.Range(1, count).Select(n => Seen(n, $"Person {n:d6}", groups))];
            var people = Of(oneByOne ? [] : all);
            foreach (var one in oneByOne ? all : [])
            {
                people.Seen(one);
            }

            var search = Query(10) with { Search = "person" };
            people.Page(search, now);
            var before = GC.GetAllocatedBytesForCurrentThread();
            people.Seen(Seen(count / 2, "Person renamed", groups));
            people.Page(Query(10), now);
            people.Page(search, now);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Cost(10);

        // A reference for each 128 of them.
        Assert.InRange(Cost(20_000), 0, Cost(1_000) + 16_384);
    }

    /// <summary>
    /// Measures the cost of a page of 50 and of a search after a sign-in and after another policy, as ratios to the cost without
    /// them: the best of 21 runs each, because other work disturbs the others. People are in 20 of 2,000 groups each, of which 200
    /// hold a role. <c>PEOPLE=5000,15000,100000</c> sets the numbers of people. Nothing is asserted, because times depend on the machine.
    /// </summary>
    [Fact]
    public void What_changes_cost()
    {
        foreach (var count in (Environment.GetEnvironmentVariable("PEOPLE") ?? "500").Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture)))
        {
            var random = new Random(1);
            SeenUser Somebody(int n) => Seen(n, $"Person {random.Next()}", [.. Enumerable.Range(0, 20).Select(_ => Id(random.Next(2_000))).Distinct()]);
            AccessPolicy Without(int number) => Policy([.. Enumerable.Range(0, 200).Where(n => n != number).Select(Id)]);

            var numbers = new GroupNumbers();
            var people = new WorkspacePeople(Without(0), [.. Enumerable.Range(0, count).Select(n => SeenEntry.Of(Somebody(n)).Numbered(numbers))], [], nobody, numbers, now);
            var first = Query(50);
            var search = first with { Search = "son 77" };
            double Time(Action change, WorkspaceUserQuery query)
            {
                var times = Enumerable.Range(0, 21).Select(_ =>
                {
                    var started = TimeProvider.System.GetTimestamp();
                    change();
                    people.Page(query, now);
                    return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
                });
                return times.Min();
            }

            void SignIn() => people.Seen(SeenEntry.Of(Somebody(random.Next(count))).Numbered(numbers));
            void Change() => people.Apply(Without(random.Next(200)));
            var (page, found) = (Time(() => { }, first), Time(() => { }, search));
            output.WriteLine($"{count} people: page {page:F2} ms, after a sign-in × {Time(SignIn, first) / page:F2}, after a policy × {Time(Change, first) / page:F2}; search {found:F2} ms, × {Time(SignIn, search) / found:F2}, × {Time(Change, search) / found:F2}");
            Assert.Equal(Math.Min(50, people.Page(first, now).TotalCount), people.Page(first, now).Items.Length);
        }
    }

    /// <summary>
    /// Measures the cost of each kind of page and search, and the memory for each person. Half of the people came and are in 20 of
    /// 2,000 groups each. The other half are only listed, in 2 groups each; 200 groups hold a role. <c>PEOPLE=100000</c> sets the
    /// number of people; the logger <c>console;verbosity=detailed</c> prints the figures. Times depend on the machine, so none is asserted.
    /// </summary>
    [Fact]
    public void What_each_page_and_search_costs()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("PEOPLE") ?? "500", CultureInfo.InvariantCulture);
        var random = new Random(1);
        string[] last = ["Vance", "Müller", "Strauß", "Ångström", "Smith", "Jones", "Nowak", "Rossi", "García", "Tanaka"];
        Guid[] Some(int groups) => [.. Enumerable.Range(0, groups).Select(_ => Id(random.Next(2_000))).Distinct().Order()];
        UserProfile Profile(int n) => new($"{(char)('A' + (n % 26))}dele {last[n % 10]} {n:d6}", $"person{n}@contoso.example", n % 7 == 0 ? UserType.Guest : UserType.Member);
        SeenUser Somebody(int n, string suffix = "") => new(new(tenant, Id(n)), Profile(n) with { DisplayName = Profile(n).DisplayName + suffix }, [.. Some(20)], now, now);
        AccessPolicy Without(int number) => Policy([.. Enumerable.Range(0, 200).Where(n => n != number).Select(Id)]);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var numbers = new GroupNumbers();
        List<SeenEntry> seen = [.. Enumerable.Range(0, count / 2).Select(n => SeenEntry.Of(Somebody(n)).Numbered(numbers))];
        var listed = Enumerable.Range(count / 2, count - (count / 2)).ToDictionary(Id, n => new ListedPerson(
            Profile(n), [.. Some(2).Select(numbers.Of).Order()], new() { IsBlocked = n % 100 == 0, At = now }));
        var parts = GC.GetTotalMemory(forceFullCollection: true);
        var started = TimeProvider.System.GetTimestamp();
        var people = new WorkspacePeople(Without(0), seen, [], listed, numbers, now);
        var made = TimeProvider.System.GetElapsedTime(started);
        people.Page(Query(50) with { Search = "nobody at all" }, now);
        var whole = GC.GetTotalMemory(forceFullCollection: true);
        output.WriteLine($"{count} people: {(whole - before) / count} bytes each, of which {(whole - parts) / count} are the list's own; made in {made.TotalMilliseconds:F0} ms");

        var middle = people.Page(Query(1), now).Next!.Split('/', 4) is [var name, var stamp, var id, _] ? $"{name}/{stamp}/{id}/M" : null;
        void Nothing()
        {
        }

        void SignIn() => people.Seen(SeenEntry.Of(Somebody(random.Next(count / 2))).Numbered(numbers));
        void Rename() => people.Seen(SeenEntry.Of(Somebody(random.Next(count / 2), $" {random.Next()}")).Numbered(numbers));
        void Change() => people.Apply(Without(random.Next(200)));
        var page = Query(50);
        foreach (var (what, change, query) in new (string, Action, WorkspaceUserQuery)[]
        {
            ("first page", Nothing, page),
            ("middle page", Nothing, Query(50, middle)),
            ("page of 500", Nothing, Query(500)),
            ("search, one hit", Nothing, page with { Search = $"{count / 3:d6}" }),
            ("search, no hit", Nothing, page with { Search = "nobody at all" }),
            ("search, 1 of 10", Nothing, page with { Search = "STRAUSS" }),
            ("search, everybody", Nothing, page with { Search = "contoso" }),
            ("search, one letter", Nothing, page with { Search = "é" }),
            ("role", Nothing, page with { Role = Roles.SupportUser }),
            ("status Active", Nothing, page with { Status = WorkspaceUserStatus.Active }),
            ("status Blocked", Nothing, page with { Status = WorkspaceUserStatus.Blocked }),
            ("source", Nothing, page with { Source = RoleSource.EntraGroup }),
            ("user type", Nothing, page with { UserType = UserType.Guest }),
            ("all filters", Nothing, new(null, Roles.SupportUser, WorkspaceUserStatus.Active, RoleSource.EntraGroup, new(50, null), UserType.Member)),
            ("all filters and search", Nothing, new("vance", Roles.SupportUser, WorkspaceUserStatus.Active, RoleSource.EntraGroup, new(50, middle), UserType.Member)),
            ("first page after a sign-in", SignIn, page),
            ("search after a sign-in", SignIn, page with { Search = "vance" }),
            ("search after a renaming", Rename, page with { Search = "vance" }),
            ("first page after a policy", Change, page),
            ("search after a policy", Change, page with { Search = "vance" }),
        })
        {
            List<double> took = [];
            for (var n = 0; n < 21; n++)
            {
                started = TimeProvider.System.GetTimestamp();
                change();
                people.Page(query, now);
                took.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            }

            took.Sort();
            output.WriteLine($"| {what} | {took[10]:F2} | {took[20]:F2} |");
        }

        Assert.Equal(people.Page(Query(1), now).TotalCount, people.Page(page with { Search = "contoso" }, now).TotalCount);
    }

    [Fact]
    public void Person_who_stays_is_listed_once_while_others_come_and_go() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 3]).Array[0, 30].Sample(changes =>
        {
            var stays = Enumerable.Range(100, 10).Select(i => Seen(i, $"name {i % 4}")).ToList();
            var people = Of([.. stays]);
            var (found, turn, after) = (new List<WorkspaceUser>(), 0, (string?)null);
            do
            {
                var page = people.Page(Query(3, after), now);
                found.AddRange(page.Items);
                after = page.Next;
                if (turn < changes.Length)
                {
                    var (person, way) = changes[turn++];
                    people.Seen(Seen(person, $"name {person % 4}", way == 0 ? Id(9) : groups[0]));
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
        var people = Of(everything, [.. Enumerable.Range(1, 40).Select(n => Seen(n, $"Person {n}", [.. many]))]);

        var first = people.Page(Query(PageRequest.MaxSize), now);
        Assert.Equal((true, 40), (first.Next is not null, first.TotalCount));
        Assert.InRange(first.Items.Sum(p => p.Roles.Length) * Weight.Entry, 1, PageRequest.MaxSize * EngageCenter.Paging.Pages.BytesPerItem);
        Assert.Equal(40, Pages(people, PageRequest.MaxSize).Select(p => p.Person).Distinct().Count());
        Assert.Single(people.Page(Query(1), now).Items);
    }

    private static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(n => values[n]);

    private static PersonId Person(int number) => new(number % 5 == 4 ? Id(77) : tenant, Id(number));

    private static Gen<Roles> SomeRoles(Roles of)
    {
        Roles[] some = [.. RoleTable.All.Select(d => d.Role).Where(role => (role & of) != 0)];
        return Gen.Int[0, some.Length - 1].Array[0, 3].Select(chosen => chosen.Aggregate(Roles.None, (all, role) => all | some[role]));
    }

    /// <summary>The list by the policy, computed without anything that <see cref="WorkspacePeople"/> remembers.</summary>
    private static IEnumerable<WorkspaceUser> Everybody(AccessPolicy by, Dictionary<PersonId, SeenUser> seen)
    {
        var pending = by.Contacts.Where(c => !seen.ContainsKey(c.Person))
            .Select(c => Decided(by, new(c.Person, new(c.DisplayName, c.Email, UserType.Member), [], default, default)));
        return pending.Concat(seen.Values.Select(user => Decided(by, user)))
            .OrderBy(user => user.Profile.DisplayName, NameOrder.Instance).ThenBy(user => user.Person.ToString(), StringComparer.Ordinal);
    }

    private static WorkspaceUser Decided(AccessPolicy by, SeenUser user)
    {
        var roles = by.RolesOf(user.Person, user.Groups, now);
        var came = user.FirstSignInAt != default;
        return new(user.Person, user.Profile, came ? WorkspaceUserStatus.Active : WorkspaceUserStatus.Pending, roles, RoleTable.PermissionsOf(roles.Union()),
            came ? user.FirstSignInAt : null, came ? user.LastSignInAt : null);
    }

    private static SeenUser Seen(int number, string name, params Guid[] others) =>
        new(new(tenant, Id(number)), new(name, null, UserType.Member), others is [] ? [groups[0]] : [.. others.Order()], now, now);

    private static AccessPolicy Policy(ImmutableArray<Guid> granted) =>
        new("agreement", tenant, DateOnly.MinValue, [], [.. granted.Order().Select(g => new PolicyGroup(g, Roles.SupportUser))]);

    private static People Of(params SeenUser[] seen) => Of(policy, seen);

    private static People Of(AccessPolicy by, params SeenUser[] seen) => new(by, seen);

    private static WorkspaceUserQuery Query(int size, string? after = null) => new(null, Roles.None, null, null, new(size, after));

    private static IEnumerable<WorkspaceUser> Pages(People people, int size) => Pages(people.List, Query(size), Permissions.None);

    private static IEnumerable<WorkspaceUser> Pages(WorkspacePeople people, WorkspaceUserQuery query, Permissions permission)
    {
        var total = people.Scan(query, now, permission)().TotalCount;
        var met = 0;
        string? after = null;
        do
        {
            var page = people.Scan(query with { Page = query.Page with { After = after } }, now, permission)();
            Assert.Equal(total, page.TotalCount);
            foreach (var user in page.Items)
            {
                met++;
                yield return user;
            }

            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(total, met);
    }

    private static string Text(WorkspaceUser user) =>
        $"{user.Profile.DisplayName} {BitConverter.ToInt32(user.Person.UserId.ToByteArray())}";

    /// <summary>A list, with the numbers of its people's groups.</summary>
    private sealed class People(AccessPolicy policy, params SeenUser[] seen)
    {
        private readonly GroupNumbers numbers = new();

        public WorkspacePeople List => field ??= new(policy, seen.Select(user => SeenEntry.Of(user).Numbered(numbers)).ToList(), [], nobody, numbers, now);

        public Page<WorkspaceUser> Page(WorkspaceUserQuery query, DateTimeOffset at) => List.Page(query, at);

        public void Seen(SeenUser user) => List.Seen(SeenEntry.Of(user).Numbered(numbers));

        public void Apply(AccessPolicy next) => List.Apply(next);
    }
}
