using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// One tenant. It is loaded at start and can change afterwards; changes of its groups and people are logged. Thread-safe.
/// </summary>
internal sealed class Tenant
{
    private readonly ConcurrentDictionary<Guid, User> users = [];
    private readonly ConcurrentDictionary<string, Guid> idsByPrincipalName = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Guid, Group> groups = [];

    // Deleted groups, because a later response may have to name them. Bounded by the number of groups that existed.
    private readonly ConcurrentDictionary<Guid, Group> deletedGroups = [];

    public Tenant(Guid id, string displayName)
    {
        Id = id;
        DisplayName = displayName;
        Memberships = new(Changes);
    }

    public Guid Id { get; }

    public string DisplayName { get; }

    public IEnumerable<User> Users => users.Values;

    public IEnumerable<Group> Groups => groups.Values;

    public ChangeLog Changes { get; } = new();

    /// <summary>Those of people themselves.</summary>
    public ChangeLog PeopleChanges { get; } = new();

    public Memberships Memberships { get; }

    /// <summary>Taken for every change, so that nobody is added to a group that is being deleted.</summary>
    public Lock Writing { get; } = new();

    public bool Holds(Guid objectId) => users.ContainsKey(objectId) || groups.ContainsKey(objectId);

    public bool IsOrWasGroup(Guid objectId) => groups.ContainsKey(objectId) || deletedGroups.ContainsKey(objectId);

    public bool TryGetUser(Guid userId, [NotNullWhen(true)] out User? user) => users.TryGetValue(userId, out user);

    public bool TryGetUser(string principalName, [NotNullWhen(true)] out User? user)
    {
        user = null;
        return idsByPrincipalName.TryGetValue(principalName, out var id) && users.TryGetValue(id, out user);
    }

    public bool TryGetGroup(Guid groupId, [NotNullWhen(true)] out Group? group) => groups.TryGetValue(groupId, out group);

    /// <returns>False if the tenant already has a user with this principal name, ignoring case.</returns>
    public bool Add(User user)
    {
        users[user.Id] = user;
        return idsByPrincipalName.TryAdd(user.UserPrincipalName, user.Id);
    }

    public void Add(Group group) => groups[group.Id] = group;

    /// <summary>Replaces the state of a person. The principal name must stay the same.</summary>
    public void Update(User user)
    {
        var before = users[user.Id];
        users[user.Id] = user;
        if (before.AccountEnabled != user.AccountEnabled)
        {
            PeopleChanges.Append(new Change(user.Id, ChangeKind.AccountChanged));
        }

        if (before.DisplayName != user.DisplayName)
        {
            PeopleChanges.Append(new Change(user.Id, ChangeKind.Updated));
        }
    }

    public void Update(Group group)
    {
        groups[group.Id] = group;
        Changes.Append(new Change(group.Id, ChangeKind.Updated));
    }

    public void Delete(User user)
    {
        users.TryRemove(user.Id, out _);
        idsByPrincipalName.TryRemove(user.UserPrincipalName, out _);
        Memberships.RemoveObject(user.Id);
        PeopleChanges.Append(new Change(user.Id, ChangeKind.Deleted));
    }

    public void Delete(Group group)
    {
        deletedGroups[group.Id] = group;
        groups.TryRemove(group.Id, out _);
        Memberships.RemoveObject(group.Id);
        Changes.Append(new Change(group.Id, ChangeKind.Deleted));
    }
}
