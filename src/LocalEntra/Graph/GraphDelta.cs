using System.Text.Json.Nodes;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>
/// How far a reader of <c>groups/delta</c> has come. It is all in the token, so that nothing is kept for readers who never come back.
/// </summary>
/// <param name="Start">Which start of LocalEntra the numbers are of: after a restart the changes are forgotten.</param>
/// <param name="From">The number of the last change that the reader knows; null while it reads everything for the first time.</param>
/// <param name="Until">The number of the last change that this round tells.</param>
/// <param name="IssuedAt">When the round began, in seconds since 1970.</param>
/// <param name="Ids">The groups that are followed; empty for all.</param>
/// <param name="Select">The properties that are wanted; null for the usual ones.</param>
/// <param name="Group">The group of the last entry that was told in this round.</param>
/// <param name="Member">The member of that entry; empty if the group has been begun and no member told.</param>
internal sealed record DeltaState(
    Guid Start, Guid Tenant, long? From, long Until, long IssuedAt, IReadOnlyList<Guid> Ids, IReadOnlyList<string>? Select, Guid Group, Guid Member)
{
    public string ToToken() => DeltaToken.Write(this);

    public static DeltaState? Parse(string token) => DeltaToken.Read<DeltaState>(token) is { Ids: not null } state ? state : null;
}

/// <summary>
/// The changes of groups and of their direct members. A first round tells everything, in pages; its last page has the delta link
/// from which the next round tells what has changed since the first one began.
/// </summary>
internal static class GraphDelta
{
    /// <summary>Groups that one filter may name.</summary>
    public const int MaxIds = 50;

    /// <summary>Groups and members on a page.</summary>
    public const int PageSize = 500;

    /// <summary>As in Graph, for objects of the directory.</summary>
    private static readonly TimeSpan lifetime = TimeSpan.FromDays(7);

    public static IResult Get(GraphCall call) => Route(call, Continue, Begin);

    /// <summary>Answers a request for changes by its parameters: a page of a round, the next round, or a first round.</summary>
    /// <param name="goOn">Takes the token, and whether it is that of a page.</param>
    /// <param name="begin">Takes whether the round begins with what happens from now on.</param>
    public static IResult Route(GraphCall call, Func<GraphCall, string, bool, IResult> goOn, Func<GraphCall, bool, IResult> begin)
    {
        var query = call.Request.Query;
        string? skip = query["$skiptoken"];
        string? delta = query["$deltatoken"];
        return (skip, delta) switch
        {
            ({ Length: > 0 } page, _) => goOn(call, page, true),
            (_, { Length: > 0 } and not "latest" and var link) => goOn(call, link, false),
            _ => begin(call, delta == "latest"),
        };
    }

    private static IResult Begin(GraphCall call, bool isLatest)
    {
        var query = call.Request.Query;
        var (select, unknown) = Paging.ReadSelect(query, relation: "members");
        if (unknown is not null)
        {
            return call.Refuse(unknown);
        }

        string? filter = query["$filter"];
        IReadOnlyList<Guid> ids = [];
        if (!string.IsNullOrWhiteSpace(filter) && !GraphFilter.TryReadIds(filter, out ids))
        {
            return call.Refuse(GraphError.UnsupportedQuery("The filter of groups/delta must be of the form: id eq '{id}' or id eq '{id}'."));
        }

        if (ids.Count > MaxIds)
        {
            return call.Refuse(GraphError.UnsupportedQuery($"The filter of groups/delta names {ids.Count} groups; {MaxIds} are allowed."));
        }

        if (call.TheTenant(ids) is not { } tenant)
        {
            return call.Refuse(GraphError.BadRequest("The request does not say which tenant it is for. Send an access token of the tenant."));
        }

        var last = tenant.Changes.Last;
        return Page(call, tenant, new DeltaState(
            call.Directory.Start, tenant.Id, isLatest ? last : null, last, call.Time.GetUtcNow().ToUnixTimeSeconds(), [.. ids.Order()], select, Guid.Empty, Guid.Empty));
    }

    private static IResult Continue(GraphCall call, string token, bool isPage)
    {
        if (DeltaState.Parse(token) is not { } state || call.Tenants.FirstOrDefault(one => one.Id == state.Tenant) is not { } tenant)
        {
            return call.Refuse(GraphError.BadRequest("The specified token is not valid."));
        }

        if (IsOver(call, state.Start, state.IssuedAt))
        {
            return isPage ? call.Refuse(GraphError.ExpiredPageToken()) : Gone(call, state);
        }

        return Page(call, tenant, isPage ? state : state with
        {
            From = state.Until,
            Until = tenant.Changes.Last,
            IssuedAt = call.Time.GetUtcNow().ToUnixTimeSeconds(),
        });
    }

    /// <summary>Tells the reader to read everything anew, and where.</summary>
    public static IResult Gone(GraphCall call, DeltaState? state)
    {
        var query = new List<string>();
        if (state?.Select is { } select)
        {
            query.Add($"$select={string.Join(',', select)}");
        }

        if (state is { Ids.Count: > 0 })
        {
            query.Add($"$filter={Uri.EscapeDataString(string.Join(" or ", state.Ids.Select(id => $"id eq '{id}'")))}");
        }

        query.Add("$deltatoken=");
        call.Request.HttpContext.Response.Headers.Location = $"{Address(call)}?{string.Join('&', query)}";
        return call.Refuse(GraphError.ExpiredDeltaToken());
    }

    /// <summary>Whether a reader's place is no longer told of.</summary>
    public static bool IsOver(GraphCall call, Guid start, long issuedAt) =>
        start != call.Directory.Start || call.Time.GetUtcNow() >= DateTimeOffset.FromUnixTimeSeconds(issuedAt) + lifetime;

    private static string Address(GraphCall call) => $"{call.Address.For(call.Request)}/graph/v1.0/groups/delta";

    private static IResult Page(GraphCall call, Tenant tenant, DeltaState state)
    {
        if (Entries(tenant, state) is not { } entries)
        {
            return Gone(call, state);
        }

        var size = Math.Min(PageSize, call.Faults.PageSize);
        var onPage = entries.Take(size + 1).ToList();
        var isLast = onPage.Count <= size;

        var page = new JsonObject { ["@odata.context"] = $"{call.Address.For(call.Request)}/graph/v1.0/$metadata#groups" };
        if (isLast)
        {
            page["@odata.deltaLink"] = $"{Address(call)}?$deltatoken={(state with { From = null, Group = Guid.Empty, Member = Guid.Empty }).ToToken()}";
        }
        else
        {
            onPage.RemoveAt(size);
            page["@odata.nextLink"] = $"{Address(call)}?$skiptoken={(state with { Group = onPage[^1].Group, Member = onPage[^1].Member }).ToToken()}";
        }

        page["value"] = new JsonArray([.. onPage.ChunkBy(entry => entry.Group).Select(group => Shown(tenant, state, group))]);
        return Results.Json(page);
    }

    // Of each group one entry without a member, and one for each member, in the order of ids: those after the position of the state.
    private static IEnumerable<Entry>? Entries(Tenant tenant, DeltaState state)
    {
        if (state.From is not { } from)
        {
            var groups = state.Ids.Count > 0 ? state.Ids : [.. tenant.Groups.Select(group => group.Id).Order()];
            return groups.Where(group => group.CompareTo(state.Group) >= 0 && tenant.TryGetGroup(group, out _)).SelectMany(group => Everything(tenant, state, group));
        }

        return tenant.Changes.Between(from, state.Until) is { } changes ? Changed(state, changes) : null;
    }

    private static IEnumerable<Entry> Everything(Tenant tenant, DeltaState state, Guid group)
    {
        var isBegun = group == state.Group;
        if (!isBegun)
        {
            yield return new Entry(group, Guid.Empty, ChangeKind.Updated);
        }

        if (!WantsMembers(state))
        {
            yield break;
        }

        // A piece at a time, since the page may end within a group of 100,000.
        var after = isBegun ? state.Member : Guid.Empty;
        while (tenant.Memberships.Members(group, after, PageSize + 1) is { Count: > 0 } members)
        {
            foreach (var member in members)
            {
                yield return new Entry(group, member, ChangeKind.Added);
            }

            after = members[^1];
        }
    }

    private static IEnumerable<Entry> Changed(DeltaState state, IReadOnlyList<Change> changes)
    {
        var followed = state.Ids.ToHashSet();
        var newest = new SortedDictionary<(Guid Group, Guid Member), ChangeKind>();
        foreach (var change in changes.Where(change => followed.Count == 0 || followed.Contains(change.Id)))
        {
            if (change.Member == Guid.Empty || WantsMembers(state))
            {
                newest[(change.Id, change.Member)] = change.Kind;
            }
        }

        var position = (state.Group, state.Member);
        return newest
            .Where(entry => state.Group == Guid.Empty || entry.Key.CompareTo(position) > 0)
            .Select(entry => new Entry(entry.Key.Group, entry.Key.Member, entry.Value));
    }

    private static JsonObject Shown(Tenant tenant, DeltaState state, IReadOnlyList<Entry> entries)
    {
        var id = entries[0].Group;
        if (!tenant.TryGetGroup(id, out var group))
        {
            return new JsonObject { ["id"] = id.ToString(), ["@removed"] = Removed() };
        }

        // Graph tells the selected properties of a group with any change of it, and the id always.
        var shown = GraphObjects.Of(group, state.Select is { } select ? [.. select.Append("id")] : null);
        JsonNode[] members = [.. entries.Where(entry => entry.Member != Guid.Empty).Select(entry => Member(tenant, entry))];
        if (members.Length > 0)
        {
            shown["members@delta"] = new JsonArray(members);
        }

        return shown;
    }

    private static JsonObject Member(Tenant tenant, Entry entry)
    {
        var member = new JsonObject
        {
            ["@odata.type"] = tenant.IsOrWasGroup(entry.Member) ? GraphObjects.GroupType : GraphObjects.UserType,
            ["id"] = entry.Member.ToString(),
        };
        if (entry.Kind == ChangeKind.Removed)
        {
            member["@removed"] = Removed();
        }

        return member;
    }

    public static JsonObject Removed() => new() { ["reason"] = "deleted" };

    private static bool WantsMembers(DeltaState state) => state.Select is null || state.Select.Contains("members");

    // Entries that follow each other and are of the same group.
    private static IEnumerable<IReadOnlyList<T>> ChunkBy<T>(this IEnumerable<T> items, Func<T, Guid> key)
    {
        var chunk = new List<T>();
        foreach (var item in items)
        {
            if (chunk.Count > 0 && key(chunk[0]) != key(item))
            {
                yield return chunk;
                chunk = [];
            }

            chunk.Add(item);
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private readonly record struct Entry(Guid Group, Guid Member, ChangeKind Kind);
}
