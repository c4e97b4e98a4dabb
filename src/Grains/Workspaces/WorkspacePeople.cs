using System.Collections.Immutable;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>
/// The people of a workspace, ordered by display name and then by id. Roles are computed when a page first needs them, from the
/// numbers of the groups, and kept until the policy changes. A change of one person copies one <see cref="Block"/>. Not
/// thread-safe.
/// </summary>
internal sealed partial class WorkspacePeople
{
    private const string ListName = "people";
    private const int MaxPlacedOneByOne = 1_000;

    // People who came are kept even while they hold no role, because a later policy may give them one.
    private readonly Dictionary<PersonId, Person> people;
    private readonly GroupNumbers numbers;

    // Everybody, in order. The array is replaced, never changed, so a search on another thread keeps its snapshot.
    private ImmutableArray<Block> blocks;

    // Only accounts that were blocked at some time.
    private readonly Dictionary<PersonId, UserAccount> accounts;

    private AccessPolicy policy;
    private Grants? grants;
    private long stamp;

    /// <param name="seen">The people who came as members, with the numbers of their groups.</param>
    /// <param name="accounts">The accounts that were blocked at some time.</param>
    /// <param name="listed">The people whom the directory names, all of the policy's tenant.</param>
    /// <param name="numbers">The numbers of groups.</param>
    /// <param name="started">The start of this activation. It makes cursors of an earlier activation invalid.</param>
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

        blocks = InOrder();
    }

    /// <summary>Applies a new policy. The cost grows only with its contacts: roles from groups are computed with the next page.</summary>
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

    /// <summary>Records that a person came. Other people are read only to find the place.</summary>
    /// <param name="entry">The person, with the numbers of their groups.</param>
    public void Seen(SeenEntry entry)
    {
        var id = PersonId.Parse(entry.Key);
        var known = people.GetValueOrDefault(id);
        Take(id, Of(id, entry, known?.Contact, known?.Listed));
    }

    /// <summary>Records that an account was blocked or enabled.</summary>
    public void Account(AccountEntry entry)
    {
        var id = PersonId.Parse(entry.Key);
        accounts[id] = entry.Account;
        if (people.TryGetValue(id, out var known))
        {
            Take(id, Of(id, known.Seen, known.Contact, known.Listed));
        }
    }

    /// <summary>Records what the directory says about some people.</summary>
    /// <param name="concerned">The people who changed or are no longer listed.</param>
    /// <param name="listed">The people whom the directory names now.</param>
    public void Listed(IReadOnlyCollection<Guid> concerned, IReadOnlyDictionary<Guid, ListedPerson> listed)
    {
        // Each single change copies a block and the array of blocks. For many people, sorting everybody once is faster.
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

            stamp += known is not null && person is not null && known.Name != person.Name ? 1 : 0;
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
            blocks = InOrder();
        }
    }

    /// <summary>Returns a person who holds a role; null if there is no such person.</summary>
    public WorkspaceUser? Find(PersonId person, DateTimeOffset now) =>
        people.TryGetValue(person, out var found) && GrantsNow().HaveBegun(now) && (Row.Of(found) with { Groups = GrantsNow().RolesOf(found) }).IsSomething ? View(found, policy, now) : null;

    /// <summary>Returns a page of the people who hold a role.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor is not a cursor of this list.</exception>
    /// <exception cref="ListChangedException">Somebody's name has changed since the previous page.</exception>
    public Page<WorkspaceUser> Page(WorkspaceUserQuery query, DateTimeOffset now) => Scan(query, now)();

    /// <summary>Returns a function that makes the <see cref="Page"/> of the people as they are now. Any thread may call it later.</summary>
    /// <param name="permission">Only people who have all of these permissions.</param>
    /// <exception cref="InvalidCursorException">The page's cursor is not a cursor of this list.</exception>
    /// <exception cref="ListChangedException">Somebody's name has changed since the previous page.</exception>
    public Func<Page<WorkspaceUser>> Scan(WorkspaceUserQuery query, DateTimeOffset now, Permissions permission = Permissions.None, CancellationToken cancellation = default)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Search);
        var start = query.Page.After is { } after ? PlaceOf(NamedCursor.Parse(after, ListName, stamp)).Behind : default;
        var (all, at, by, given) = (blocks, stamp, policy, GrantsNow());
        if (!given.HaveBegun(now))
        {
            return () => new([], null, 0);
        }

        return () =>
        {
            var search = query.Search is { } text ? Encoding.UTF8.GetBytes(SearchTerm.Fold(text)) : null;
            var (total, shown) = (0, new List<Person>());
            for (var number = 0; number < all.Length; number++)
            {
                cancellation.ThrowIfCancellationRequested();
                var (block, roles) = (all[number], all[number].ByGroups(given));
                for (var index = block.Next(search, 0); index < roles.Length; index = block.Next(search, index + 1))
                {
                    if (!Matches(block.Rows[index] with { Groups = roles[index] }, query, permission))
                    {
                        continue;
                    }

                    // Takes one person more than the page holds, to see whether there is a next page.
                    total++;
                    if (shown.Count <= query.Page.Size && (number, index).CompareTo((start.Block, start.Index)) >= 0)
                    {
                        shown.Add(block.People[index]);
                    }
                }
            }

            var page = Pages.Of(
                place => shown[place], 0, shown.Count, 0, query.Page.Size, count: false, matches: null,
                person => (person.Place, View: View(person, by, now)), last => (last.Place with { Stamp = at }).ToString(ListName),
                person => Weight.Of(person.View.Profile.DisplayName, person.View.Profile.Email) + (person.View.Roles.Length * Weight.Entry), cancellation);
            return page.Select(person => person.View) with { TotalCount = total };
        };
    }

    /// <summary>Returns a function that finds the people in a group who are not blocked, with their groups. Any thread may call it later.</summary>
    /// <param name="members">The people whom the directory names in the group.</param>
    public Func<IEnumerable<SeenUser>> Concerned(Guid groupId, IReadOnlyCollection<DirectoryMember> members, CancellationToken cancellation)
    {
        var (all, number, tenant) = (blocks, numbers.Find(groupId), policy.TenantId);
        return () =>
        {
            var isNamed = members.Select(member => member.UserId).ToHashSet();
            var found = new List<SeenUser>();
            foreach (var person in all.SelectMany(block => block.People))
            {
                cancellation.ThrowIfCancellationRequested();
                var named = person.Id.TenantId == tenant && isNamed.Remove(person.Id.UserId);
                if (!person.IsBlocked && (named || (number is { } its && person.Groups.Contains(its))))
                {
                    found.Add(new(person.Id, person.Profile, [.. person.Groups.Select(one => numbers[one]).Append(groupId).Distinct().Order()], default, default));
                }
            }

            // The remaining members are not in the list yet.
            found.AddRange(members.Where(member => member.IsEnabled != false && isNamed.Contains(member.UserId))
                .Select(member => new SeenUser(new(tenant, member.UserId), member.Profile, [groupId], default, default)));
            return found;
        };
    }

    // A blocked person has no roles and no groups.
    private WorkspaceUser View(Person person, AccessPolicy policy, DateTimeOffset now)
    {
        ImmutableArray<Guid> groups = person.IsBlocked ? [] : person.Listed is null ? person.Seen?.GroupIds ?? [] : [.. person.Groups.Select(number => numbers[number]).Order()];
        var roles = person.IsBlocked ? [] : policy.RolesOf(person.Id, groups, now);
        return new(
            person.Id, person.Profile, person.Status,
            roles, RoleTable.PermissionsOf(roles.Union()), person.Seen?.FirstSignInAt, person.Seen?.LastSignInAt);
    }

    private static bool Matches(Row row, WorkspaceUserQuery query, Permissions permission) => row.IsSomething
        && (query.Status is not { } status || status == row.Status)
        && (row.IsBlocked ? query.Role == Roles.None && query.Source is null : row.Has(query.Role, query.Source))
        && (query.UserType is not { } type || type == row.UserType)
        && (permission == Permissions.None || (!row.IsBlocked && (RoleTable.PermissionsOf(row.All) & permission) == permission));

    private Grants GrantsNow() => grants ??= new(policy, numbers);

    /// <summary>Returns a person by everything that is known about them; null if nothing is known.</summary>
    private Person? Of(PersonId id, SeenEntry? seen, PolicyContact? contact, ListedPerson? listed) => seen is null && contact is null && listed is null
        ? null
        : Person.Of(id, seen, contact, listed) with { IsBlocked = Newest(id, listed)?.Blocks(seen?.LastSignInAt) == true };

    private UserAccount? Newest(PersonId id, ListedPerson? listed) =>
        accounts.TryGetValue(id, out var told) && !(listed?.Account.At > told.At) ? told : listed?.Account;

    // GUIDs sort like their texts, which cursors contain.
    private ImmutableArray<Block> InOrder() =>
    [
        .. people.Values.OrderBy(person => person.Name, NameOrder.Instance).ThenBy(person => person.Id.TenantId).ThenBy(person => person.Id.UserId)
            .Chunk(Block.Size).Select(some => new Block(some)),
    ];

    /// <summary>Replaces, adds or removes a person.</summary>
    /// <param name="person">The person as they are now; null removes the person.</param>
    private void Take(PersonId id, Person? person)
    {
        if (people.TryGetValue(id, out var before))
        {
            var (block, index, _) = PlaceOf(before.Place);
            if (person is not null && before.Name == person.Name)
            {
                people[id] = person;
                blocks = blocks.SetItem(block, blocks[block].With(index, 1, person));
                return;
            }

            var without = blocks[block].With(index, 1, null);
            blocks = without.People.Length == 0 ? blocks.RemoveAt(block) : blocks.SetItem(block, without);
            people.Remove(id);
            stamp += person is null ? 0 : 1;
        }

        if (person is not null)
        {
            people.Add(id, person);
            var (block, index, _) = PlaceOf(person.Place);
            if (blocks.IsEmpty)
            {
                blocks = [new([person])];
                return;
            }

            var with = blocks[block].With(index, 0, person);
            blocks = with.People.Length <= 2 * Block.Size
                ? blocks.SetItem(block, with)
                : blocks.RemoveAt(block).InsertRange(block, with.People.Chunk(Block.Size + 1).Select(some => new Block(some)));
        }
    }

    /// <summary>Finds the position where a person is, or would be inserted.</summary>
    private Spot PlaceOf(NamedCursor place)
    {
        var block = Math.Max(0, Spots(blocks.Length, number => blocks[number].People[0].CompareTo(place) <= 0) - 1);
        if (blocks.IsEmpty)
        {
            return default;
        }

        var some = blocks[block].People;
        var index = Spots(some.Length, number => some[number].CompareTo(place) < 0);
        return new(block, index, index < some.Length && some[index].CompareTo(place) == 0);
    }

    /// <summary>Returns how many items of an ordered list come before a place, by binary search.</summary>
    private static int Spots(int count, Func<int, bool> isBefore)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = isBefore(middle) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>A position in the list.</summary>
    /// <param name="Block">The number of the block.</param>
    /// <param name="Index">The index in the block.</param>
    /// <param name="IsTaken">Whether the person is at this position.</param>
    private readonly record struct Spot(int Block, int Index, bool IsTaken)
    {
        public Spot Behind => this with { Index = IsTaken ? Index + 1 : Index };
    }

    /// <summary>Everything that is known about a person.</summary>
    /// <param name="Seen">Null if the person never came.</param>
    /// <param name="Contact">Null if the contract does not name the person.</param>
    /// <param name="Listed">Null if the directory names the person in no group.</param>
    /// <param name="Groups">The numbers of the groups in <paramref name="Seen"/> and <paramref name="Listed"/>, joined once because every new policy reads them.</param>
    private sealed record Person(string Name, PersonId Id, SeenEntry? Seen, PolicyContact? Contact, ListedPerson? Listed, ImmutableArray<int> Groups)
    {
        public bool IsBlocked { get; init; }

        public NamedCursor Place => new(0, Name, Id.ToString());

        public string? Email => Seen is not null ? Seen.Email : Listed is not null ? Listed.Profile.Email : Contact!.Email;

        public UserType UserType => Seen?.UserType ?? Listed?.Profile.UserType ?? UserType.Member;

        public WorkspaceUserStatus Status => IsBlocked ? WorkspaceUserStatus.Blocked : Seen is null ? WorkspaceUserStatus.Pending : WorkspaceUserStatus.Active;

        public UserProfile Profile => new(Name, Email, UserType);

        // The name comes from the person's token, otherwise from the directory, otherwise from the contract.
        public static Person Of(PersonId id, SeenEntry? seen, PolicyContact? contact, ListedPerson? listed) => new(
            seen?.DisplayName ?? listed?.Profile.DisplayName ?? contact!.DisplayName, id, seen, contact, listed,
            seen is null ? listed?.Groups ?? [] : listed is null ? seen.Numbers : [.. seen.Numbers.Union(listed.Groups)]);

        public int CompareTo(NamedCursor place) =>
            NameOrder.Instance.Compare(Name, place.Name) is var order and not 0 ? order : string.CompareOrdinal(Id.ToString(), place.Id);
    }
}
