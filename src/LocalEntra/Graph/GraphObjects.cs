using System.Text.Json.Nodes;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>People and groups as Graph shows them, with the properties that a request selects.</summary>
internal static class GraphObjects
{
    public const string UserType = "#microsoft.graph.user";
    public const string GroupType = "#microsoft.graph.group";

    private static readonly Dictionary<string, Func<User, JsonNode?>> ofUser = new(StringComparer.OrdinalIgnoreCase)
    {
        ["id"] = user => user.Id.ToString(),
        ["displayName"] = user => user.DisplayName,
        ["userPrincipalName"] = user => user.UserPrincipalName,
        ["mail"] = user => user.Mail,
        ["userType"] = user => user.UserType.ToString(),
        ["accountEnabled"] = user => user.AccountEnabled,
    };

    private static readonly Dictionary<string, Func<Group, JsonNode?>> ofGroup = new(StringComparer.OrdinalIgnoreCase)
    {
        ["id"] = group => group.Id.ToString(),
        ["displayName"] = group => group.DisplayName,
        ["description"] = group => group.Description,
        ["securityEnabled"] = _ => true,
        ["mailEnabled"] = _ => false,
    };

    // As in Graph, whether an account is enabled is told to those who ask for it.
    private static readonly string[] defaultOfUser = ["id", "displayName", "userPrincipalName", "mail", "userType"];
    private static readonly string[] defaultOfGroup = [.. ofGroup.Keys];

    public static bool IsProperty(string name) => ofUser.ContainsKey(name) || ofGroup.ContainsKey(name);

    /// <param name="select">The properties that are wanted, or null for the usual ones.</param>
    public static JsonObject Of(User user, IReadOnlyList<string>? select) => Of(user, select ?? defaultOfUser, ofUser);

    /// <inheritdoc cref="Of(User, IReadOnlyList{string})"/>
    public static JsonObject Of(Group group, IReadOnlyList<string>? select) => Of(group, select ?? defaultOfGroup, ofGroup);

    /// <summary>A person or a group that says which of the two it is; null if there is none.</summary>
    public static JsonObject? Find(Tenant tenant, Guid id, IReadOnlyList<string>? select)
    {
        if (tenant.TryGetUser(id, out var user))
        {
            return Typed(UserType, Of(user, select));
        }

        return tenant.TryGetGroup(id, out var group) ? Typed(GroupType, Of(group, select)) : null;
    }

    private static JsonObject Typed(string type, JsonObject shown)
    {
        shown.Insert(0, "@odata.type", type);
        return shown;
    }

    private static JsonObject Of<T>(T item, IReadOnlyList<string> select, Dictionary<string, Func<T, JsonNode?>> properties)
    {
        var shown = new JsonObject();
        foreach (var (name, value) in properties.Where(property => select.Contains(property.Key, StringComparer.OrdinalIgnoreCase)))
        {
            shown[name] = value(item);
        }

        return shown;
    }
}
