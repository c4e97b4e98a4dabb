using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>
/// The members of a workspace under one policy, ordered by display name and then by id. Not thread-safe.
/// </summary>
/// <param name="started">Distinguishes the cursors of this activation from those of one before it.</param>
internal sealed class WorkspacePeople(DateTimeOffset started)
{
    private const string ListName = "people";

    /// <summary>So many are put in their places one by one; more are sorted together with all others.</summary>
    private const int MaxInserted = 1_000;

    // Who came is kept also while they hold no role: a later policy may give them one.
    private readonly Dictionary<PersonId, Person> people = [];
    private List<Person> ordered = [];

    // The same as it is, until somebody comes or the policy changes.
    private Person[]? still;
    private long stamp = started.UtcTicks;

    /// <summary>Takes another policy over: who its contacts are, and which roles everybody holds.</summary>
    /// <param name="seen">Whoever came as a member.</param>
    public void Apply(AccessPolicy policy, IEnumerable<SeenUser> seen, DateTimeOffset now)
    {
        still = null;
        var next = policy.Contacts.ToDictionary(c => c.Person, c => new SeenUser(
            c.Person, new(c.DisplayName, c.Email, UserType.Member), [], default, default));
        foreach (var user in seen)
        {
            next[user.Person] = user;
        }

        foreach (var gone in people.Keys.Where(person => !next.ContainsKey(person)).ToList())
        {
            people.Remove(gone);
        }

        foreach (var user in next.Values)
        {
            Keep(Of(user, policy, now));
        }

        // Comparing names is most of the work, and nearly all of them are where they were.
        var stayed = ordered
            .Where(p => people.TryGetValue(p.User.Person, out var known) && known.Place.Name == p.Place.Name)
            .Select(p => people[p.User.Person])
            .ToList();
        if (people.Count - stayed.Count > MaxInserted)
        {
            ordered = [.. people.Values.OrderBy(p => p.Place)];
            return;
        }

        ordered = stayed;
        var placed = stayed.Select(p => p.User.Person).ToHashSet();
        foreach (var person in people.Values.Where(p => !placed.Contains(p.User.Person)))
        {
            ordered.Insert(~PlaceOf(person.Place), person);
        }
    }

    /// <summary>Takes over that a person came, at a cost that does not grow with the number of people.</summary>
    public void Seen(SeenUser user, AccessPolicy policy, DateTimeOffset now)
    {
        still = null;
        if (people.TryGetValue(user.Person, out var before))
        {
            ordered.RemoveAt(PlaceOf(before.Place));
        }

        var person = Keep(Of(user, policy, now));
        ordered.Insert(~PlaceOf(person.Place), person);
    }

    /// <summary>Somebody who holds a role.</summary>
    public WorkspaceUser? Find(PersonId person) => people.TryGetValue(person, out var found) && !found.User.Roles.IsEmpty ? found.User : null;

    /// <exception cref="InvalidCursorException">The page's cursor is not one of this list.</exception>
    /// <exception cref="ListChangedException">Somebody got another name since the page before.</exception>
    public Page<WorkspaceUser> Page(WorkspaceUserQuery query) => Scan(query)();

    /// <summary><see cref="Page"/> of the people as they are now, to be called later by any thread.</summary>
    /// <param name="permission">Only those who have all of it.</param>
    /// <exception cref="InvalidCursorException">The page's cursor is not one of this list.</exception>
    /// <exception cref="ListChangedException">Somebody got another name since the page before.</exception>
    public Func<Page<WorkspaceUser>> Scan(WorkspaceUserQuery query, Permissions permission = Permissions.None)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Search);
        var start = 0;
        if (query.Page.After is { } after)
        {
            var place = PlaceOf(NamedCursor.Parse(after, ListName, stamp));
            start = place < 0 ? ~place : place + 1;
        }

        var (all, at) = (still ??= [.. ordered], stamp);
        return () =>
        {
            var search = SearchTerm.Of(query.Search);
            return Pages.Of(
                place => all[place], 0, all.Length, start, query.Page.Size, count: true,
                person => (person.User.Permissions & permission) == permission && Matches(person.User, query, search), person => person, last => (last.Place with { Stamp = at }).ToString(ListName),
                person => Weight.Of(person.User.Profile.DisplayName, person.User.Profile.Email) + (person.User.Roles.Length * Weight.Entry))
                .Select(person => person.User);
        };
    }

    private static Person Of(SeenUser user, AccessPolicy policy, DateTimeOffset now)
    {
        var roles = policy.RolesOf(user.Person, user.Groups, now);
        return new(new(0, user.Profile.DisplayName, user.Person.ToString()), new(
            user.Person, user.Profile,
            user.FirstSignInAt == default ? WorkspaceUserStatus.Pending : WorkspaceUserStatus.Active,
            roles, RoleTable.PermissionsOf(roles.Union()),
            user.FirstSignInAt == default ? null : user.FirstSignInAt,
            user.LastSignInAt == default ? null : user.LastSignInAt));
    }

    private static bool Matches(WorkspaceUser user, WorkspaceUserQuery query, SearchTerm? search) =>
        !user.Roles.IsEmpty
        && (query.Status is not { } status || user.Status == status)
        && (search is null || search.IsIn(user.Profile.DisplayName) || search.IsIn(user.Profile.Email))
        && ((query.Role == Roles.None && query.Source is null)
            || user.Roles.Any(r => (query.Role == Roles.None || r.Role == query.Role) && (query.Source is not { } source || r.Source == source)));

    private Person Keep(Person person)
    {
        if (people.TryGetValue(person.User.Person, out var before) && before.Place.Name != person.Place.Name)
        {
            stamp++;
        }

        people[person.User.Person] = person;
        return person;
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

    private sealed record Person(NamedCursor Place, WorkspaceUser User);
}
