using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>The members of a workspace under one policy, in the order of their keys. Pure.</summary>
internal sealed class WorkspacePeople
{
    private readonly ImmutableArray<(string Key, WorkspaceUser User)> members;

    /// <param name="seen">Whoever came as a member of it; who is none any more is left out.</param>
    public WorkspacePeople(AccessPolicy policy, IEnumerable<SeenUser> seen, DateTimeOffset now)
    {
        var people = policy.Contacts.ToDictionary(c => c.Person, c => new SeenUser(
            c.Person, new(c.DisplayName, c.Email, UserType.Member), [], default, default));
        foreach (var user in seen)
        {
            people[user.Person] = user;
        }

        members = [.. people.Values
            .Select(p => (Key: p.Person.ToString(), User: Member(p, policy.RolesOf(p.Person, p.Groups, now))))
            .Where(m => !m.User.Roles.IsEmpty)
            .OrderBy(m => m.Key, StringComparer.Ordinal)];
    }

    public Page<WorkspaceUser> List(WorkspaceUserQuery query)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Search);
        if (query.Page.After is { } after && !PersonId.TryParse(after, out _))
        {
            throw new InvalidCursorException();
        }

        var total = 0;
        var items = ImmutableArray.CreateBuilder<WorkspaceUser>();
        var more = false;
        foreach (var (key, user) in members)
        {
            if (!Matches(user, query))
            {
                continue;
            }

            total++;
            if (query.Page.After is { } last && string.CompareOrdinal(key, last) <= 0)
            {
                continue;
            }

            more = items.Count == query.Page.Size;
            if (!more)
            {
                items.Add(user);
            }
        }

        return new(items.ToImmutable(), more ? items[^1].Person.ToString() : null, total);
    }

    private static WorkspaceUser Member(SeenUser person, ImmutableArray<HeldRole> roles) => new(
        person.Person, person.Profile,
        person.FirstSignInAt == default ? WorkspaceUserStatus.Pending : WorkspaceUserStatus.Active,
        roles, RoleTable.PermissionsOf(roles.Union()),
        person.FirstSignInAt == default ? null : person.FirstSignInAt,
        person.LastSignInAt == default ? null : person.LastSignInAt);

    private static bool Matches(WorkspaceUser user, WorkspaceUserQuery query) =>
        (query.Status is not { } status || user.Status == status)
        && (query.Search is not { } search || Contains(user.Profile.DisplayName, search) || Contains(user.Profile.Email, search))
        && ((query.Role == Roles.None && query.Source is null)
            || user.Roles.Any(r => (query.Role == Roles.None || r.Role == query.Role) && (query.Source is not { } source || r.Source == source)));

    private static bool Contains(string? text, string search) =>
        text?.Contains(search, StringComparison.OrdinalIgnoreCase) == true;
}
