using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>One tenant. Its people and groups are as the directory was loaded; memberships change while it runs.</summary>
internal sealed class Tenant(Guid id, string displayName)
{
    private readonly Dictionary<Guid, User> users = [];
    private readonly Dictionary<string, User> usersByPrincipalName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<Guid, Group> groups = [];

    public Guid Id { get; } = id;

    public string DisplayName { get; } = displayName;

    public IEnumerable<User> Users => users.Values;

    public Memberships Memberships { get; } = new();

    public bool Holds(Guid objectId) => users.ContainsKey(objectId) || groups.ContainsKey(objectId);

    public bool TryGetUser(Guid userId, [NotNullWhen(true)] out User? user) => users.TryGetValue(userId, out user);

    public bool TryGetUser(string principalName, [NotNullWhen(true)] out User? user) => usersByPrincipalName.TryGetValue(principalName, out user);

    public bool TryGetGroup(Guid groupId, [NotNullWhen(true)] out Group? group) => groups.TryGetValue(groupId, out group);

    /// <returns>False if the tenant has someone of that principal name already; letter case does not count.</returns>
    public bool Add(User user)
    {
        users.Add(user.Id, user);
        return usersByPrincipalName.TryAdd(user.UserPrincipalName, user);
    }

    public void Add(Group group) => groups.Add(group.Id, group);
}
