using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>
/// The people of a workspace, ordered by display name and then by id. Which roles the policy gives somebody is found when it is
/// asked for, by the numbers of their groups, so that another policy costs nothing for each person. Not thread-safe.
/// </summary>
internal sealed class WorkspacePeople
{
    private const string ListName = "people";
    private const int MaxPlacedOneByOne = 1_000;

    // Who came is kept also while they hold no role: a later policy may give them one.
    private readonly Dictionary<PersonId, Person> people;
    private readonly List<Person> ordered;
    private readonly GroupNumbers numbers;

    // Of those alone whose account was blocked once.
    private readonly Dictionary<PersonId, UserAccount> accounts;

    private AccessPolicy policy;
    private Grants? grants;

    // The same as it is, until somebody comes or the contract names others.
    private Person[]? still;
    private long stamp;

    /// <param name="seen">Whoever came as a member, with numbers.</param>
    /// <param name="accounts">Whoever was blocked once.</param>
    /// <param name="listed">Of the policy's tenant, by the directory.</param>
    /// <param name="numbers">Those of their groups.</param>
    /// <param name="started">Distinguishes the cursors of this activation from those of one before it.</param>
    public WorkspacePeople(
        AccessPolicy policy, IEnumerable<SeenEntry> seen, IEnumerable<AccountEntry> accounts, IReadOnlyDictionary<Guid, ListedPerson> listed, GroupNumbers numbers, DateTimeOffset started)
    {
        (this.policy, this.numbers, stamp) = (policy, numbers, started.UtcTicks);
        this.accounts = accounts.ToDictionary(entry => PersonId.Parse(entry.Key), entry => entry.Account);
        people = seen.Select(entry => Of(PersonId.Parse(entry.Key), entry, null, null)!).ToDictionary(person => person.Id);
        foreach (var contact in policy.Contacts)
        {
            people[contact.Person] = Of(contact.Person, people.GetValueOrDefault(contact.Person)?.Seen, contact, null)!;
        }

        foreach (var (userId, person) in listed)
        {
            var id = new PersonId(policy.TenantId, userId);
            var known = people.GetValueOrDefault(id);
            people[id] = Of(id, known?.Seen, known?.Contact, person)!;
        }

        ordered = [.. people.Values.OrderBy(person => person.Place)];
    }

    /// <summary>Takes another policy over, at a cost that grows with its contacts alone.</summary>
    public void Apply(AccessPolicy next)
    {
        foreach (var gone in policy.Contacts.Select(c => c.Person).Except(next.Contacts.Select(c => c.Person)))
        {
            var known = people[gone];
            Take(gone, Of(gone, known.Seen, null, known.Listed));
        }

        foreach (var contact in next.Contacts.Except(policy.Contacts))
        {
            var known = people.GetValueOrDefault(contact.Person);
            Take(contact.Person, Of(contact.Person, known?.Seen, contact, known?.Listed));
        }

        (policy, grants) = (next, null);
    }

    /// <summary>Takes over that a person came. Nobody else is looked at, but for those whose place is compared.</summary>
    /// <param name="entry">With numbers.</param>
    public void Seen(SeenEntry entry)
    {
        var id = PersonId.Parse(entry.Key);
        var known = people.GetValueOrDefault(id);
        Take(id, Of(id, entry, known?.Contact, known?.Listed));
    }

    /// <summary>Takes over that an account was blocked, or is not any more.</summary>
    public void Account(AccountEntry entry)
    {
        var id = PersonId.Parse(entry.Key);
        accounts[id] = entry.Account;
        if (people.TryGetValue(id, out var known))
        {
            Take(id, Of(id, known.Seen, known.Contact, known.Listed));
        }
    }

    /// <summary>Takes over what the directory says of some people.</summary>
    /// <param name="concerned">Whoever is another one now, or listed no more.</param>
    public void Listed(IReadOnlyCollection<Guid> concerned, IReadOnlyDictionary<Guid, ListedPerson> listed)
    {
        // To put many in their places one by one moves all others each time.
        var isMany = concerned.Count > MaxPlacedOneByOne;
        foreach (var userId in concerned)
        {
            var id = new PersonId(policy.TenantId, userId);
            var known = people.GetValueOrDefault(id);
            var person = Of(id, known?.Seen, known?.Contact, listed.GetValueOrDefault(userId));
            if (!isMany)
            {
                Take(id, person);
                continue;
            }

            stamp += known is not null && person is not null && known.Place.Name != person.Place.Name ? 1 : 0;
            if (person is null)
            {
                people.Remove(id);
            }
            else
            {
                people[id] = person;
            }
        }

        if (isMany)
        {
            still = null;
            ordered.Clear();
            ordered.AddRange(people.Values.OrderBy(person => person.Place));
        }
    }

    /// <summary>Somebody who holds a role.</summary>
    public WorkspaceUser? Find(PersonId person, DateTimeOffset now) =>
        people.TryGetValue(person, out var found) && GrantsNow().HaveBegun(now) && GrantsNow().HeldBy(found).IsSomething ? View(found, policy, now) : null;

    /// <exception cref="InvalidCursorException">The page's cursor is not one of this list.</exception>
    /// <exception cref="ListChangedException">Somebody got another name since the page before.</exception>
    public Page<WorkspaceUser> Page(WorkspaceUserQuery query, DateTimeOffset now) => Scan(query, now)();

    /// <summary><see cref="Page"/> of the people as they are now, to be called later by any thread.</summary>
    /// <param name="permission">Only those who have all of it.</param>
    /// <exception cref="InvalidCursorException">The page's cursor is not one of this list.</exception>
    /// <exception cref="ListChangedException">Somebody got another name since the page before.</exception>
    public Func<Page<WorkspaceUser>> Scan(WorkspaceUserQuery query, DateTimeOffset now, Permissions permission = Permissions.None, CancellationToken cancellation = default)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Search);
        var start = 0;
        if (query.Page.After is { } after)
        {
            var place = PlaceOf(NamedCursor.Parse(after, ListName, stamp));
            start = place < 0 ? ~place : place + 1;
        }

        var (all, at, by, given) = (still ??= [.. ordered], stamp, policy, GrantsNow());
        if (!given.HaveBegun(now))
        {
            return () => new([], null, 0);
        }

        return () =>
        {
            var search = SearchTerm.Of(query.Search);
            return Pages.Of(
                place => all[place], 0, all.Length, start, query.Page.Size, count: true,
                person => given.HeldBy(person) is { IsSomething: true } held && Matches(person, held, query, search)
                    && (permission == Permissions.None || (!person.IsBlocked && (RoleTable.PermissionsOf(held.All) & permission) == permission)),
                person => (person.Place, View: View(person, by, now)), last => (last.Place with { Stamp = at }).ToString(ListName),
                person => Weight.Of(person.View.Profile.DisplayName, person.View.Profile.Email) + (person.View.Roles.Length * Weight.Entry), cancellation)
                .Select(person => person.View);
        };
    }

    /// <summary>Those in a group who are not blocked, with their groups, to be gone through later by any thread.</summary>
    /// <param name="members">Those whom the directory names in it.</param>
    public Func<IEnumerable<SeenUser>> Concerned(Guid groupId, IReadOnlyCollection<DirectoryMember> members, CancellationToken cancellation)
    {
        var (all, number, tenant) = (still ??= [.. ordered], numbers.Find(groupId), policy.TenantId);
        return () =>
        {
            var isNamed = members.Select(member => member.UserId).ToHashSet();
            var found = new List<SeenUser>();
            for (var place = 0; place < all.Length; place++)
            {
                if (place % Pages.BetweenLooks == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                var person = all[place];
                var named = person.Id.TenantId == tenant && isNamed.Remove(person.Id.UserId);
                if (!person.IsBlocked && (named || (number is { } its && person.Groups.Contains(its))))
                {
                    found.Add(new(person.Id, person.Profile, [.. person.Groups.Select(one => numbers[one]).Append(groupId).Distinct().Order()], default, default));
                }
            }

            // Whoever is left is on no list yet.
            found.AddRange(members.Where(member => member.IsEnabled != false && isNamed.Contains(member.UserId))
                .Select(member => new SeenUser(new(tenant, member.UserId), member.Profile, [groupId], default, default)));
            return found;
        };
    }

    // A blocked person holds nothing, and is shown so.
    private WorkspaceUser View(Person person, AccessPolicy policy, DateTimeOffset now)
    {
        ImmutableArray<Guid> groups = person.IsBlocked ? [] : person.Listed is null ? person.Seen?.GroupIds ?? [] : [.. person.Groups.Select(number => numbers[number]).Order()];
        var roles = person.IsBlocked ? [] : policy.RolesOf(person.Id, groups, now);
        return new(
            person.Id, person.Profile, person.Status,
            roles, RoleTable.PermissionsOf(roles.Union()), person.Seen?.FirstSignInAt, person.Seen?.LastSignInAt);
    }

    private static bool Matches(Person person, Held held, WorkspaceUserQuery query, SearchTerm? search) =>
        (query.Status is not { } status || status == person.Status)
        && (person.IsBlocked ? query.Role == Roles.None && query.Source is null : held.Has(query.Role, query.Source))
        && (query.UserType is not { } type || type == person.UserType)
        && (search is null || search.IsIn(person.Name) || search.IsIn(person.Email));

    private Grants GrantsNow() => grants is { } known && known.Covers(numbers) ? known : grants = new(policy, numbers);

    /// <summary>Returns a person by everything that is known about them; null if nothing is known.</summary>
    private Person? Of(PersonId id, SeenEntry? seen, PolicyContact? contact, ListedPerson? listed) => seen is null && contact is null && listed is null
        ? null
        : Person.Of(id, seen, contact, listed) with { IsBlocked = Newest(id, listed)?.Blocks(seen?.LastSignInAt) == true };

    private UserAccount? Newest(PersonId id, ListedPerson? listed) =>
        accounts.TryGetValue(id, out var told) && !(listed?.Account.At > told.At) ? told : listed?.Account;

    /// <summary>Puts a person, as they are now, in their place.</summary>
    /// <param name="person">Null: nobody of this id any more.</param>
    private void Take(PersonId id, Person? person)
    {
        still = null;
        if (people.TryGetValue(id, out var before))
        {
            var place = PlaceOf(before.Place);
            if (person is not null && before.Place.Name == person.Place.Name)
            {
                people[id] = ordered[place] = person;
                return;
            }

            ordered.RemoveAt(place);
            people.Remove(id);
            stamp += person is null ? 0 : 1;
        }

        if (person is not null)
        {
            people.Add(id, person);
            ordered.Insert(~PlaceOf(person.Place), person);
        }
    }

    /// <returns>The place in the order, or the complement of where it would be.</returns>
    private int PlaceOf(NamedCursor place)
    {
        var (low, high) = (0, ordered.Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            switch (ordered[middle].Place.CompareTo(place))
            {
                case 0:
                    return middle;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle;
                    break;
            }
        }

        return ~low;
    }

    /// <param name="Seen">Null of somebody who never came.</param>
    /// <param name="Contact">Null of somebody whom the contract does not name.</param>
    /// <param name="Listed">Null of somebody whom the directory names in no group.</param>
    /// <param name="Groups">The numbers that <paramref name="Seen"/> and <paramref name="Listed"/> have, here as well since every page looks at all of them.</param>
    private sealed record Person(NamedCursor Place, PersonId Id, SeenEntry? Seen, PolicyContact? Contact, ListedPerson? Listed, ImmutableArray<int> Groups)
    {
        public bool IsBlocked { get; init; }

        public string Name => Place.Name;

        public string? Email => Seen is not null ? Seen.Email : Listed is not null ? Listed.Profile.Email : Contact!.Email;

        public UserType UserType => Seen?.UserType ?? Listed?.Profile.UserType ?? UserType.Member;

        public WorkspaceUserStatus Status => IsBlocked ? WorkspaceUserStatus.Blocked : Seen is null ? WorkspaceUserStatus.Pending : WorkspaceUserStatus.Active;

        public UserProfile Profile => new(Name, Email, UserType);

        /// <summary>What the contract gives.</summary>
        public Roles Contract => Contact?.Roles ?? Roles.None;

        // How somebody is called they say themselves, then the directory, then the contract.
        public static Person Of(PersonId id, SeenEntry? seen, PolicyContact? contact, ListedPerson? listed) => new(
            new(0, seen?.DisplayName ?? listed?.Profile.DisplayName ?? contact!.DisplayName, seen?.Key ?? id.ToString()), id, seen, contact, listed,
            seen is null ? listed?.Groups ?? [] : listed is null ? seen.Numbers : [.. seen.Numbers.Union(listed.Groups)]);
    }

    /// <summary>Which roles somebody holds, by what.</summary>
    private readonly record struct Held(Roles Contract, Roles Groups)
    {
        public bool IsSomething => (Contract | Groups) != Roles.None;

        public Roles All => Contract | Groups | Roles.User;

        /// <summary>Of somebody who holds something: whether that is the role, by the source.</summary>
        public bool Has(Roles role, RoleSource? source) =>
            (source is null or RoleSource.Contract && IsAmong(role, Contract))
            || (source is null or RoleSource.EntraGroup && IsAmong(role, Groups))
            || (source is null or RoleSource.Default && IsAmong(role, Roles.User));

        private static bool IsAmong(Roles role, Roles held) => role == Roles.None ? held != Roles.None : (held & role) == role;
    }

    /// <summary>What a policy gives each group by its number. Never changes.</summary>
    private sealed class Grants
    {
        private readonly Roles[] byNumber;
        private readonly Guid tenant;
        private readonly DateOnly start;

        public Grants(AccessPolicy policy, GroupNumbers numbers)
        {
            (byNumber, tenant, start) = (new Roles[numbers.Count], policy.TenantId, policy.StartDate);
            foreach (var group in policy.Groups)
            {
                if (numbers.Find(group.GroupId) is { } number)
                {
                    byNumber[number] = group.Roles;
                }
            }
        }

        public bool Covers(GroupNumbers numbers) => byNumber.Length == numbers.Count;

        /// <summary>Nobody holds anything before.</summary>
        public bool HaveBegun(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime) >= start;

        /// <summary>Once they have begun, the same as <see cref="AccessPolicy.RolesOf(PersonId, ImmutableArray{Guid}, DateTimeOffset)"/>, without making anything.</summary>
        public Held HeldBy(Person person)
        {
            var groups = Roles.None;
            if (person.Id.TenantId == tenant)
            {
                foreach (var number in person.Groups)
                {
                    groups |= byNumber[number];
                }
            }

            return new(person.Contract, groups);
        }
    }
}
