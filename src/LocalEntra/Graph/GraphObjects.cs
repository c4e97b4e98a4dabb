using System.Text.Json.Serialization;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>A person or a group as Graph shows it.</summary>
[JsonDerivedType(typeof(GraphUser))]
[JsonDerivedType(typeof(GraphGroup))]
internal abstract record GraphObject([property: JsonPropertyName("@odata.type"), JsonPropertyOrder(-1)] string Type)
{
    public static GraphObject? Find(Tenant tenant, Guid id) =>
        tenant.TryGetUser(id, out var user) ? GraphUser.Of(user)
        : tenant.TryGetGroup(id, out var group) ? GraphGroup.Of(group)
        : null;
}

internal sealed record GraphUser(Guid Id, string DisplayName, string UserPrincipalName, string? Mail, string UserType)
    : GraphObject("#microsoft.graph.user")
{
    public static GraphUser Of(User user) => new(user.Id, user.DisplayName, user.UserPrincipalName, user.Mail, user.UserType.ToString());
}

internal sealed record GraphGroup(Guid Id, string DisplayName, bool SecurityEnabled, bool MailEnabled)
    : GraphObject("#microsoft.graph.group")
{
    public static GraphGroup Of(Group group) => new(group.Id, group.DisplayName, SecurityEnabled: true, MailEnabled: false);
}

internal sealed record GraphPage(
    IReadOnlyList<GraphObject> Value,
    [property: JsonPropertyName("@odata.nextLink"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NextLink);

internal sealed record GraphIds(IReadOnlyList<Guid> Value);
