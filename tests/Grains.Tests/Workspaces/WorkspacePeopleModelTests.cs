using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

/// <summary>
/// Tests a list of hundreds of people, which has many blocks. After any changes, each page and search must equal a filter over
/// everybody.
/// </summary>
public class WorkspacePeopleModelTests
{
    private const int MaxPeople = 700;

    private static readonly DateTimeOffset start = new(2026, 7, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid tenant = Guid.Parse("c0000000-0000-4000-8000-000000000000");

    // Names that differ only in form or case, grow when they are folded, sort by number, or contain half a character.
    private static readonly string[] pieces =
        ["é", "e\u0301", "É", "ß", "SS", "ss", "Σ", "ς", "σ", "İ", "i", "ı", "ﬁ", "Å", "A\u030A", "\u212A", "k", "9", "10", "010", " ", "a", "B", "😀", "\uD83D", "Ж", "ж"];

    [Fact]
    public void Every_page_and_search_is_what_a_filter_over_everybody_gives() =>
        Gen.Select(Gen.Int, Gen.Int[0, 40]).Sample((seed, steps) =>
        {
            var world = new World(new Random(seed));
            for (var step = 0; step < steps; step++)
            {
                world.Change();
                if (step % 4 == 0)
                {
                    world.Compare();
                }
            }

            world.Compare();
        });

    /// <summary>The list, and beside it the plain facts that it is made of.</summary>
    private sealed class World
    {
        private readonly Random random;
        private readonly Dictionary<PersonId, SeenUser> seen = [];
        private readonly Dictionary<PersonId, AccountEntry> accounts = [];
        private readonly Dictionary<Guid, ListedPerson> listed = [];
        private readonly GroupNumbers numbers = new();
        private readonly WorkspacePeople people;
        private AccessPolicy policy = new("agreement", tenant, DateOnly.MinValue, [], []);
        private DateTimeOffset now = start;

        public World(Random random)
        {
            this.random = random;
            for (var n = 0; n < random.Next(300); n++)
            {
                var user = SomeUser();
                seen[user.Person] = user;
                listed[Id(random.Next(MaxPeople))] = SomeListed();
            }

            policy = SomePolicy();
            people = new(policy, seen.Values.Select(user => SeenEntry.Of(user).Numbered(numbers)).ToList(), [], listed, numbers, now);
        }

        public void Change()
        {
            now += TimeSpan.FromMinutes(1);
            switch (random.Next(6))
            {
                case 0:
                    people.Apply(policy = SomePolicy());
                    break;
                case 1:
                    var entry = new AccountEntry(SomePerson().ToString(), random.Next(2) == 0, now.AddMinutes(-random.Next(3)));
                    accounts[PersonId.Parse(entry.Key)] = entry;
                    people.Account(entry);
                    break;
                case 2:
                    List(random.Next(1, 4));
                    break;
                case 3:
                    // A few people are placed one by one. For more than the limit, everybody is sorted again.
                    List(random.Next(2) == 0 ? 300 : 1_500);
                    break;
                default:
                    for (var n = random.Next(1, 60); n > 0; n--)
                    {
                        var user = SomeUser();
                        seen[user.Person] = user;
                        people.Seen(SeenEntry.Of(user).Numbered(numbers));
                    }

                    break;
            }
        }

        public void Compare()
        {
            var query = new WorkspaceUserQuery(
                random.Next(3) > 0 ? Text(2) : null,
                random.Next(3) == 0 ? Pick(RoleTable.All.Select(definition => definition.Role)) : Roles.None,
                random.Next(4) == 0 ? Pick(Enum.GetValues<WorkspaceUserStatus>()) : null,
                random.Next(3) == 0 ? Pick(Enum.GetValues<RoleSource>()) : null,
                new(Pick([7, 50, PageRequest.MaxSize]), null),
                random.Next(3) == 0 ? Pick(Enum.GetValues<UserType>()) : null);
            var expected = Everybody().Where(user => IsAmong(user, query)).ToList();
            var found = new List<WorkspaceUser>();
            for (Page<WorkspaceUser>? page = null; page is null || page.Next is not null;)
            {
                page = people.Page(query with { Page = query.Page with { After = page?.Next } }, now);
                Assert.Equal(expected.Count, page.TotalCount);
                Assert.InRange(page.Items.Length, page.Next is null ? 0 : 1, query.Page.Size);
                found.AddRange(page.Items);
            }

            Assert.Equal(expected.Select(user => user.Person), found.Select(user => user.Person));
            foreach (var (one, other) in expected.Zip(found))
            {
                Assert.Equal<HeldRole>(one.Roles, other.Roles);
                Assert.Equal(one with { Roles = [] }, other with { Roles = [] });
            }

            var permission = Pick(RoleTable.All.Select(definition => definition.Permissions));
            Assert.Equal(
                Everybody().Count(user => !user.Roles.IsEmpty && (user.Permissions & permission) == permission),
                people.Scan(query with { Search = null, Role = Roles.None, Status = null, Source = null, UserType = null }, now, permission)().TotalCount);
        }

        private static bool IsAmong(WorkspaceUser user, WorkspaceUserQuery query) =>
            (query.Search is not { } search || new SearchTerm(search).IsIn(user.Profile.DisplayName) || new SearchTerm(search).IsIn(user.Profile.Email))
            && (query.Status is not { } status || user.Status == status)
            && (query.UserType is not { } type || user.Profile.UserType == type)
            && ((query.Role == Roles.None && query.Source is null)
                || user.Roles.Any(held => (query.Role == Roles.None || held.Role == query.Role) && (query.Source is not { } source || held.Source == source)));

        /// <summary>Everybody who holds something, or would if they were not blocked.</summary>
        private IEnumerable<WorkspaceUser> Everybody()
        {
            var contacts = policy.Contacts.ToDictionary(contact => contact.Person);
            foreach (var id in seen.Keys.Union(contacts.Keys).Union(listed.Keys.Select(user => new PersonId(tenant, user)))
                .OrderBy(NameOf, NameOrder.Instance).ThenBy(id => id.ToString(), StringComparer.Ordinal))
            {
                var came = seen.GetValueOrDefault(id);
                var its = id.TenantId == tenant ? listed.GetValueOrDefault(id.UserId) : null;
                var contact = contacts.GetValueOrDefault(id);
                var roles = policy.RolesOf(id, [.. (came?.Groups ?? []).Union((its?.Groups ?? []).Select(number => numbers[number])).Order()], now);
                if (roles.IsEmpty)
                {
                    continue;
                }

                var told = accounts.GetValueOrDefault(id)?.Account;
                var account = told is null || its?.Account.At > told.At ? its?.Account : told;
                var isBlocked = account?.Blocks(came?.LastSignInAt) == true;
                roles = isBlocked ? [] : roles;
                yield return new(
                    id,
                    new(NameOf(id), came is not null ? came.Profile.Email : its is not null ? its.Profile.Email : contact!.Email, came?.Profile.UserType ?? its?.Profile.UserType ?? UserType.Member),
                    isBlocked ? WorkspaceUserStatus.Blocked : came is null ? WorkspaceUserStatus.Pending : WorkspaceUserStatus.Active,
                    roles, RoleTable.PermissionsOf(roles.Union()), came?.FirstSignInAt, came?.LastSignInAt);
            }

            string NameOf(PersonId id) => seen.GetValueOrDefault(id)?.Profile.DisplayName
                ?? (id.TenantId == tenant ? listed.GetValueOrDefault(id.UserId)?.Profile.DisplayName : null)
                ?? contacts[id].DisplayName;
        }

        private void List(int count)
        {
            var concerned = Enumerable.Range(0, count).Select(n => count > MaxPeople ? Id(n) : Id(random.Next(MaxPeople))).ToHashSet();
            foreach (var user in concerned)
            {
                if (random.Next(3) == 0)
                {
                    listed.Remove(user);
                }
                else
                {
                    listed[user] = SomeListed();
                }
            }

            people.Listed(concerned, listed);
        }

        private AccessPolicy SomePolicy() => policy with
        {
            StartDate = DateOnly.FromDateTime(now.UtcDateTime).AddDays(random.Next(8) == 0 ? 1 : 0),
            Groups = [.. Enumerable.Range(1, 12).Where(_ => random.Next(2) == 0).Select(n => new PolicyGroup(Id(n), Some(RoleTable.Assignable))).OrderBy(group => group.GroupId)],
            Contacts = [.. Enumerable.Range(0, random.Next(6)).Select(_ => SomePerson()).Distinct().Select(person => new PolicyContact(person, Some(~RoleTable.Assignable), Text(3), $"{Text(1)}@contract.example"))],
        };

        private SeenUser SomeUser() => new(SomePerson(), SomeProfile(), [.. SomeGroups().Order()], start, now);

        private ListedPerson SomeListed() => new(SomeProfile(), [.. SomeGroups().Select(numbers.Of).Order()], new() { IsBlocked = random.Next(10) == 0, At = now });

        private UserProfile SomeProfile() => new(Text(3), random.Next(3) == 0 ? null : $"{Text(1)}@contoso.example", Pick(Enum.GetValues<UserType>()));

        private List<Guid> SomeGroups() => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Id(random.Next(1, 16))).Distinct()];

        private PersonId SomePerson() => new(random.Next(20) == 0 ? Id(77) : tenant, Id(random.Next(MaxPeople)));

        private Roles Some(Roles of)
        {
            Roles[] some = [.. RoleTable.All.Select(definition => definition.Role).Where(role => (role & of) != 0)];
            return Pick(some) | Pick(some);
        }

        private string Text(int max) => string.Concat(Enumerable.Range(0, random.Next(1, max + 1)).Select(_ => Pick(pieces)));

        private T Pick<T>(IEnumerable<T> values) => values.ElementAt(random.Next(values.Count()));

        // The number is spread over all bytes, so that ids sort differently from numbers.
        private static Guid Id(int number) => new((int)(number * 2_654_435_761L), (short)(number * 40_503), (short)number, [.. BitConverter.GetBytes((ulong)number * 0x9E37_79B9_7F4A_7C15)]);
    }
}
