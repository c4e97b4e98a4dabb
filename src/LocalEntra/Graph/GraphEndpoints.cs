using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>
/// The part of Microsoft Graph that the project uses, under <c>/graph/v1.0</c>. An access token says for which tenant a request is.
/// Without one, ids are looked up over all tenants, and an id that several tenants hold is refused, unless the member beside it settles which is meant.
/// Changes are held in memory, and the next token and the next answer see them.
/// </summary>
internal static class GraphEndpoints
{
    /// <summary>Ids that checkMemberGroups takes, as in Graph.</summary>
    private const int MaxChecked = 20;

    /// <summary>Groups that getMemberGroups and getMemberObjects return, as in Graph; more is an error, and never cut.</summary>
    private const int MaxGroupsOfOne = 11_000;

    public static void MapGraph(this IEndpointRouteBuilder routes)
    {
        var graph = routes.MapGroup("/graph/v1.0").AddEndpointFilter<RouteGroupBuilder, GraphAuthorization>();

        graph.MapGet("/groups", ListGroups);
        graph.MapGet("/groups/delta", GraphDelta.Get);
        graph.MapGet("/groups/delta()", GraphDelta.Get);
        graph.MapGet("/groups/{id}", GetGroup);
        graph.MapPatch("/groups/{id}", PatchGroup);
        graph.MapDelete("/groups/{id}", DeleteGroup);
        graph.MapGet("/groups/{id}/members", GetMembers);
        graph.MapPost("/groups/{id}/members/$ref", AddMember);
        graph.MapDelete("/groups/{id}/members/{member}/$ref", RemoveMember);

        // With and without the namespace, as Graph takes both.
        foreach (var prefix in new[] { "microsoft.graph", "graph" })
        {
            graph.MapGet($"/groups/{{id}}/transitiveMembers/{prefix}.user", (string id, GraphCall call) => GetTransitiveMembers(id, call, IsUser, "user"));
            graph.MapGet($"/groups/{{id}}/transitiveMembers/{prefix}.group", (string id, GraphCall call) => GetTransitiveMembers(id, call, IsGroup, "group"));
            graph.MapGet($"/groups/{{id}}/transitiveMembers/{prefix}.user/$count", (string id, GraphCall call) => CountTransitiveMembers(id, call, IsUser));
        }

        graph.MapGet("/groups/{id}/transitiveMembers", (string id, GraphCall call) => GetTransitiveMembers(id, call, isKind: null));

        graph.MapGet("/users/delta", GraphPeopleDelta.Get);
        graph.MapGet("/users/delta()", GraphPeopleDelta.Get);
        graph.MapGet("/users/{id}", GetUser);
        graph.MapPatch("/users/{id}", PatchUser);
        graph.MapDelete("/users/{id}", DeleteUser);
        graph.MapGet("/users/{id}/transitiveMemberOf", GetTransitiveGroups);
        graph.MapPost("/users/{id}/getMemberObjects", GetMemberGroups);
        graph.MapPost("/users/{id}/getMemberGroups", GetMemberGroups);
        graph.MapPost("/users/{id}/checkMemberGroups", CheckMemberGroups);
    }

    /// <summary>What goes wrong, on demand. No part of Graph.</summary>
    public static void MapGraphFaults(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/graph/faults", (GraphFaults faults) => faults.View());
        routes.MapPut("/graph/faults", async (HttpRequest request, GraphFaults faults, TimeProvider time) =>
        {
            var (body, error) = await JsonBody.ReadAsync(request);
            using (body)
            {
                error ??= faults.Replace(body!) is { } why ? GraphError.BadRequest(why) : null;
            }

            return error?.ToResult(request, time.GetUtcNow()) ?? Results.NoContent();
        });
        routes.MapDelete("/graph/faults", (GraphFaults faults) =>
        {
            faults.Clear();
            return Results.NoContent();
        });
    }

    private static IResult ListGroups(GraphCall call)
    {
        var query = call.Request.Query;
        string? filter = query["$filter"];
        Predicate<Group>? isWanted = string.IsNullOrWhiteSpace(filter) ? _ => true : GraphFilter.Read(filter);
        if (isWanted is null)
        {
            return call.Refuse(GraphError.UnsupportedQuery("The filter must be of startswith(displayName,'…'), displayName eq '…', securityEnabled eq true, joined by 'and', or of id eq '…', joined by 'or'."));
        }

        string? order = query["$orderby"];
        if (order is not (null or "displayName" or "id"))
        {
            return call.Refuse(GraphError.UnsupportedQuery("Groups can be ordered by displayName."));
        }

        var (paging, invalid) = Paging.Read(query, call.Faults);
        if (paging is null)
        {
            return call.Refuse(invalid!);
        }

        var found = call.Tenants.SelectMany(tenant => tenant.Groups).Where(group => isWanted(group)).DistinctBy(group => group.Id);
        List<Group> groups = order == "displayName"
            ? [.. found.OrderBy(group => group.DisplayName, StringComparer.OrdinalIgnoreCase).ThenBy(group => group.Id)]
            : [.. found.OrderBy(group => group.Id)];

        // Where the last page ended. If that group is gone, so is the place.
        var start = paging.After == Guid.Empty ? 0 : groups.FindIndex(group => group.Id == paging.After) + 1;
        if (paging.After != Guid.Empty && start == 0)
        {
            return call.Refuse(GraphError.ExpiredPageToken());
        }

        var page = new JsonObject { ["@odata.context"] = call.Link("$metadata#groups") };
        if (string.Equals(query["$count"], "true", StringComparison.OrdinalIgnoreCase))
        {
            page["@odata.count"] = groups.Count;
        }

        var shown = groups.Skip(start).Take(paging.Top).ToList();
        if (start + shown.Count < groups.Count)
        {
            var next = query.Where(parameter => parameter.Key is not ("$skiptoken" or "$top")).Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value.ToString())}");
            page["@odata.nextLink"] = call.Link($"groups?{string.Join('&', next.Append($"$top={paging.Top}").Append($"$skiptoken={shown[^1].Id}"))}");
        }

        page["value"] = new JsonArray([.. shown.Select(group => GraphObjects.Of(group, paging.Select))]);
        return Results.Json(page);
    }

    private static IResult GetGroup(string id, GraphCall call) =>
        call.Find(id, IsGroup, out var groupId, out var error) is { } tenant && tenant.TryGetGroup(groupId, out var group)
            ? One(call, "groups", select => GraphObjects.Of(group, select))
            : call.Refuse(error ?? GraphError.NotFound(id));

    private static IResult GetUser(string id, GraphCall call) =>
        call.Find(id, IsUser, out var userId, out var error) is { } tenant && tenant.TryGetUser(userId, out var user)
            ? One(call, "users", select => GraphObjects.Of(user, select))
            : call.Refuse(error ?? GraphError.NotFound(id));

    private static IResult One(GraphCall call, string set, Func<IReadOnlyList<string>?, JsonObject> show)
    {
        var (select, unknown) = Paging.ReadSelect(call.Request.Query);
        if (unknown is not null)
        {
            return call.Refuse(unknown);
        }

        var shown = show(select);
        shown.Insert(0, "@odata.context", call.Link($"$metadata#{set}/$entity"));
        return Results.Json(shown);
    }

    private static Task<IResult> PatchUser(string id, GraphCall call) => PatchAsync(id, call, IsUser, ["displayName", "accountEnabled"], (tenant, userId, changes) =>
    {
        if (tenant.TryGetUser(userId, out var user))
        {
            tenant.Update(user with { DisplayName = changes.Name ?? user.DisplayName, AccountEnabled = changes.IsEnabled ?? user.AccountEnabled });
        }
    });

    private static Task<IResult> PatchGroup(string id, GraphCall call) => PatchAsync(id, call, IsGroup, ["displayName", "description"], (tenant, groupId, changes) =>
    {
        if (tenant.TryGetGroup(groupId, out var group))
        {
            tenant.Update(group with { DisplayName = changes.Name ?? group.DisplayName, Description = changes.Description ?? group.Description });
        }
    });

    private static async Task<IResult> PatchAsync(
        string id, GraphCall call, Func<Tenant, Guid, bool> isKind, string[] allowed, Action<Tenant, Guid, (string? Name, string? Description, bool? IsEnabled)> change)
    {
        var (body, unreadable) = await JsonBody.ReadAsync(call.Request);
        using (body)
        {
            if (body is null)
            {
                return call.Refuse(unreadable!);
            }

            if (ReadChanges(body.RootElement, allowed) is not { } changes)
            {
                return call.Refuse(GraphError.BadRequest($"The body must be an object of {string.Join(" and ", allowed)}: texts of 1 to {DirectoryReader.MaxText} characters, true or false."));
            }

            if (call.Find(id, isKind, out var objectId, out var error) is not { } tenant)
            {
                return call.Refuse(error!);
            }

            lock (tenant.Writing)
            {
                change(tenant, objectId, changes);
            }

            return Results.NoContent();
        }
    }

    private static (string? Name, string? Description, bool? IsEnabled)? ReadChanges(JsonElement body, string[] allowed)
    {
        (string? Name, string? Description, bool? IsEnabled) changes = default;
        if (body.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var member in body.EnumerateObject().Where(member => !member.Name.StartsWith('@')))
        {
            if (!allowed.Contains(member.Name))
            {
                return null;
            }

            if (member.Name == "accountEnabled")
            {
                if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                {
                    return null;
                }

                changes.IsEnabled = member.Value.GetBoolean();
                continue;
            }

            if (member.Value.ValueKind != JsonValueKind.String || member.Value.GetString() is not { Length: > 0 and <= DirectoryReader.MaxText } text)
            {
                return null;
            }

            changes = member.Name == "displayName" ? (text, changes.Description, changes.IsEnabled) : (changes.Name, text, changes.IsEnabled);
        }

        return changes;
    }

    private static IResult DeleteUser(string id, GraphCall call) => Delete(id, call, IsUser, (tenant, userId) =>
    {
        if (tenant.TryGetUser(userId, out var user))
        {
            tenant.Delete(user);
        }
    });

    private static IResult DeleteGroup(string id, GraphCall call) => Delete(id, call, IsGroup, (tenant, groupId) =>
    {
        if (tenant.TryGetGroup(groupId, out var group))
        {
            tenant.Delete(group);
        }
    });

    private static IResult Delete(string id, GraphCall call, Func<Tenant, Guid, bool> isKind, Action<Tenant, Guid> delete)
    {
        if (call.Find(id, isKind, out var objectId, out var error) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        lock (tenant.Writing)
        {
            delete(tenant, objectId);
        }

        return Results.NoContent();
    }

    private static IResult GetMembers(string id, GraphCall call) => Page(id, call, IsGroup, "groups", "members", (tenant, groupId, paging) =>
        (tenant.Memberships.Members(groupId, paging.After, paging.Top + 1), member => GraphObjects.Find(tenant, member, paging.Select)));

    private static IResult GetTransitiveMembers(string id, GraphCall call, Func<Tenant, Guid, bool>? isKind, string kind = "") =>
        isKind is not null && WhyNotAdvanced(call.Request, isList: true) is { } refused ? call.Refuse(refused)
        : Page(id, call, IsGroup, "groups", isKind is null ? "transitiveMembers" : $"transitiveMembers/microsoft.graph.{kind}", (tenant, groupId, paging) =>
            (tenant.Memberships.TransitiveMembers(groupId, paging.After, paging.Top + 1, member => isKind?.Invoke(tenant, member) ?? tenant.Holds(member)),
            member => isKind is null ? GraphObjects.Find(tenant, member, paging.Select)
                : tenant.TryGetUser(member, out var user) ? GraphObjects.Of(user, paging.Select)
                : tenant.TryGetGroup(member, out var group) ? GraphObjects.Of(group, paging.Select) : null));

    // Graph answers members of one kind only as an advanced query. The link of a next page has the parameters already.
    private static GraphError? WhyNotAdvanced(HttpRequest request, bool isList) =>
        request.Headers["ConsistencyLevel"] == "eventual" && (!isList || request.Query["$count"] == "true" || request.Query.ContainsKey("$skiptoken")) ? null
        : GraphError.UnsupportedQuery("Members of one kind need the header 'ConsistencyLevel: eventual' and '$count=true'.");

    // As in Graph, where such a count is a text.
    private static IResult CountTransitiveMembers(string id, GraphCall call, Func<Tenant, Guid, bool> isKind) =>
        WhyNotAdvanced(call.Request, isList: false) is { } refused ? call.Refuse(refused)
        : call.Find(id, IsGroup, out var groupId, out var error) is { } tenant
            ? Results.Text($"{tenant.Memberships.CountTransitiveMembers(groupId, member => isKind(tenant, member))}")
            : call.Refuse(error!);

    private static IResult GetTransitiveGroups(string id, GraphCall call) => Page(id, call, IsUser, "users", "transitiveMemberOf", (tenant, userId, paging) =>
        ([.. tenant.Memberships.TransitiveGroups(userId).Where(group => group.CompareTo(paging.After) > 0).Take(paging.Top + 1)],
        group => GraphObjects.Find(tenant, group, paging.Select)));

    private static IResult Page(
        string id,
        GraphCall call,
        Func<Tenant, Guid, bool> isKind,
        string set,
        string list,
        Func<Tenant, Guid, Paging, (IReadOnlyList<Guid> Ids, Func<Guid, JsonObject?> Show)> read)
    {
        if (call.Find(id, isKind, out var objectId, out var error) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        var (paging, invalid) = Paging.Read(call.Request.Query, call.Faults);
        if (paging is null)
        {
            return call.Refuse(invalid!);
        }

        var (ids, show) = read(tenant, objectId, paging);
        var page = paging.Page(ids, show, call.Link($"{set}/{objectId}/{list}"));
        page.Insert(0, "@odata.context", call.Link("$metadata#directoryObjects"));
        return Results.Json(page);
    }

    private static async Task<IResult> AddMember(string id, GraphCall call)
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

        lock (tenant.Writing)
        {
            if (!tenant.Holds(memberId) || !tenant.TryGetGroup(groupId, out _))
            {
                return call.Refuse(GraphError.NotFound(memberId.ToString()));
            }

            return tenant.Memberships.Add(groupId, memberId) ? Results.NoContent() : call.Refuse(GraphError.AlreadyMember());
        }
    }

    private static IResult RemoveMember(string id, string member, GraphCall call)
    {
        if (!Guid.TryParseExact(member, "D", out var memberId))
        {
            return call.Refuse(GraphError.InvalidId(member));
        }

        if (call.Find(id, IsGroup, out var groupId, out var error, beside: memberId) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        lock (tenant.Writing)
        {
            return tenant.Memberships.Remove(groupId, memberId) ? Results.NoContent() : call.Refuse(GraphError.NotFound(member));
        }
    }

    // 'securityEnabledOnly' must be given, as in Graph, and changes nothing: every group here is a security group.
    private static async Task<IResult> GetMemberGroups(string id, GraphCall call)
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

        if (call.Find(id, IsUser, out var userId, out var error) is not { } tenant)
        {
            return call.Refuse(error!);
        }

        var groups = tenant.Memberships.TransitiveGroups(userId);
        return groups.Count <= MaxGroupsOfOne ? Ids(call, groups) : call.Refuse(GraphError.TooMany(groups.Count, MaxGroupsOfOne));
    }

    private static async Task<IResult> CheckMemberGroups(string id, GraphCall call)
    {
        var (body, unreadable) = await JsonBody.ReadAsync(call.Request);
        List<Guid> asked = [];
        using (body)
        {
            if (body is null)
            {
                return call.Refuse(unreadable!);
            }

            if (body.RootElement is not { ValueKind: JsonValueKind.Object } root
                || !root.TryGetProperty("groupIds", out var ids)
                || ids.ValueKind != JsonValueKind.Array
                || ids.GetArrayLength() > MaxChecked
                || !ids.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String && Guid.TryParseExact(one.GetString(), "D", out _)))
            {
                return call.Refuse(GraphError.BadRequest($"The parameter 'groupIds' must be a list of up to {MaxChecked} object ids."));
            }

            asked = [.. ids.EnumerateArray().Select(one => one.GetGuid())];
        }

        return call.Find(id, IsUser, out var userId, out var error) is { } tenant
            ? Ids(call, [.. asked.Distinct().Intersect(tenant.Memberships.TransitiveGroups(userId))])
            : call.Refuse(error!);
    }

    private static IResult Ids(GraphCall call, IReadOnlyList<Guid> ids) => Results.Json(new JsonObject
    {
        ["@odata.context"] = call.Link("$metadata#Collection(Edm.String)"),
        ["value"] = new JsonArray([.. ids.Select(id => (JsonNode)id.ToString())]),
    });

    private static bool IsUser(Tenant tenant, Guid id) => tenant.TryGetUser(id, out _);

    private static bool IsGroup(Tenant tenant, Guid id) => tenant.TryGetGroup(id, out _);
}
