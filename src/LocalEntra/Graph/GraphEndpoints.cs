using System.Text.Json;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>
/// The part of Microsoft Graph that the project uses, under <c>/graph/v1.0</c>. No token is asked for, since only this machine can call;
/// and because a token is also what tells Graph the tenant, ids are looked up over all tenants here.
/// An id that several tenants hold is refused, unless the member beside it settles which tenant is meant.
/// Changes are held in memory, and the next token sees them.
/// </summary>
internal static class GraphEndpoints
{
    public static void MapGraph(this IEndpointRouteBuilder routes)
    {
        var graph = routes.MapGroup("/graph/v1.0");
        graph.MapGet("/groups/{id}", GetGroup);
        graph.MapGet("/groups/{id}/members", GetMembers);
        graph.MapPost("/groups/{id}/members/$ref", AddMember);
        graph.MapDelete("/groups/{id}/members/{member}/$ref", RemoveMember);
        graph.MapGet("/users/{id}", GetUser);
        graph.MapGet("/users/{id}/transitiveMemberOf", GetTransitiveGroups);
        graph.MapPost("/users/{id}/getMemberObjects", GetMemberObjects);
    }

    private static IResult GetGroup(string id, [AsParameters] Call call) =>
        call.Find(id, IsGroup, out var groupId, out var error) is { } tenant && tenant.TryGetGroup(groupId, out var group)
            ? Results.Json(GraphGroup.Of(group))
            : call.Refuse(error!);

    private static IResult GetUser(string id, [AsParameters] Call call) =>
        call.Find(id, IsUser, out var userId, out var error) is { } tenant && tenant.TryGetUser(userId, out var user)
            ? Results.Json(GraphUser.Of(user))
            : call.Refuse(error!);

    private static IResult GetMembers(string id, [AsParameters] Call call)
    {
        if (call.Find(id, IsGroup, out var groupId, out var error) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        var (paging, invalid) = Paging.Read(call.Request.Query);
        return paging is null
            ? call.Refuse(invalid!)
            : Results.Json(paging.Page(
                tenant.Memberships.Members(groupId, paging.After, paging.Top + 1),
                member => GraphObject.Find(tenant, member),
                $"{call.Address.Value}/graph/v1.0/groups/{groupId}/members"));
    }

    private static async Task<IResult> AddMember(string id, [AsParameters] Call call)
    {
        var (memberId, unreadable) = await Reference.ReadAsync(call.Request);
        if (unreadable is not null)
        {
            return call.Refuse(unreadable);
        }

        if (call.Find(id, IsGroup, out var groupId, out var error, beside: memberId) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        if (!tenant.Holds(memberId))
        {
            return call.Refuse(GraphError.NotFound(memberId.ToString()));
        }

        return tenant.Memberships.Add(groupId, memberId) ? Results.NoContent() : call.Refuse(GraphError.AlreadyMember());
    }

    private static IResult RemoveMember(string id, string member, [AsParameters] Call call)
    {
        if (!Guid.TryParseExact(member, "D", out var memberId))
        {
            return call.Refuse(GraphError.InvalidId(member));
        }

        if (call.Find(id, IsGroup, out var groupId, out var error, beside: memberId) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        return tenant.Memberships.Remove(groupId, memberId) ? Results.NoContent() : call.Refuse(GraphError.NotFound(member));
    }

    private static IResult GetTransitiveGroups(string id, [AsParameters] Call call)
    {
        if (call.Find(id, IsUser, out var userId, out var error) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        var (paging, invalid) = Paging.Read(call.Request.Query);
        return paging is null
            ? call.Refuse(invalid!)
            : Results.Json(paging.Page(
                [.. tenant.Memberships.TransitiveGroups(userId).Where(group => group.CompareTo(paging.After) > 0).Take(paging.Top + 1)],
                group => GraphObject.Find(tenant, group),
                $"{call.Address.Value}/graph/v1.0/users/{userId}/transitiveMemberOf"));
    }

    // 'securityEnabledOnly' must be given, as in Graph, and changes nothing: every group here is a security group.
    private static async Task<IResult> GetMemberObjects(string id, [AsParameters] Call call)
    {
        var (body, unreadable) = await JsonBody.ReadAsync(call.Request);
        using (body)
        {
            if (body is null)
            {
                return call.Refuse(unreadable!);
            }

            if (body.RootElement is not { ValueKind: JsonValueKind.Object } root
                || !root.TryGetProperty("securityEnabledOnly", out var only)
                || only.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                return call.Refuse(GraphError.BadRequest("The parameter 'securityEnabledOnly' must be true or false."));
            }
        }

        return call.Find(id, IsUser, out var userId, out var error) is { } tenant
            ? Results.Json(new GraphIds(tenant.Memberships.TransitiveGroups(userId)))
            : call.Refuse(error!);
    }

    private static bool IsUser(Tenant tenant, Guid id) => tenant.TryGetUser(id, out _);

    private static bool IsGroup(Tenant tenant, Guid id) => tenant.TryGetGroup(id, out _);

    /// <summary>What every call has at hand.</summary>
    private sealed record Call(HttpRequest Request, EntraDirectory Directory, BaseAddress Address, TimeProvider Time)
    {
        public IResult Refuse(GraphError error) => error.ToResult(Request, Time.GetUtcNow());

        /// <returns>The tenant that holds the object, or null and an error.</returns>
        public Tenant? Find(string text, Func<Tenant, Guid, bool> isKind, out Guid id, out GraphError? error, Guid? beside = null)
        {
            if (!Guid.TryParseExact(text, "D", out id))
            {
                error = GraphError.InvalidId(text);
                return null;
            }

            var sought = id;
            Tenant[] holders = [.. Directory.Tenants.Where(tenant => isKind(tenant, sought))];
            if (holders.Length > 1 && beside is { } other)
            {
                holders = [.. holders.Where(tenant => tenant.Holds(other))];
            }

            error = holders.Length switch
            {
                0 => GraphError.NotFound(text),
                1 => null,
                _ => GraphError.Ambiguous(id),
            };
            return error is null ? holders[0] : null;
        }
    }
}
