using System.Text.Json.Nodes;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>How far a reader of <c>users/delta</c> has come, all of it in the token as in <see cref="DeltaState"/>.</summary>
/// <param name="From">The number of the last change that the reader knows; null while it reads everybody for the first time.</param>
/// <param name="Until">The number of the last change that this round tells.</param>
/// <param name="IssuedAt">When the round began, in seconds since 1970.</param>
/// <param name="Select">The properties that are wanted; null for the usual ones.</param>
/// <param name="User">The last person who was told in this round.</param>
internal sealed record PeopleDeltaState(
    Guid Start, Guid Tenant, long? From, long Until, long IssuedAt, IReadOnlyList<string>? Select, Guid User)
{
    // A token of groups/delta has no such member, so it is not taken for one of people.
    public required string Of { get; init; }

    public string ToToken() => DeltaToken.Write(this);

    public static PeopleDeltaState? Parse(string token) => DeltaToken.Read<PeopleDeltaState>(token);
}

/// <summary>The changes of people: who was deleted, and whose account or name is another one, of those properties that were selected.</summary>
internal static class GraphPeopleDelta
{
    public static bool IsFor(HttpRequest request) => request.Path.StartsWithSegments("/graph/v1.0/users");

    public static IResult Get(GraphCall call) => GraphDelta.Route(call, Continue, Begin);

    /// <summary>Tells the reader to read everything anew, and where.</summary>
    public static IResult Gone(GraphCall call, PeopleDeltaState? state)
    {
        var select = state?.Select is { } wanted ? $"$select={string.Join(',', wanted)}&" : "";
        call.Request.HttpContext.Response.Headers.Location = $"{Address(call)}?{select}$deltatoken=";
        return call.Refuse(GraphError.ExpiredDeltaToken());
    }

    private static string Address(GraphCall call) => call.Link("users/delta");

    private static IResult Begin(GraphCall call, bool isLatest)
    {
        var (select, unknown) = Paging.ReadSelect(call.Request.Query);
        if (unknown is not null)
        {
            return call.Refuse(unknown);
        }

        if (call.TheTenant([]) is not { } tenant)
        {
            return call.Refuse(GraphError.BadRequest("The request does not say which tenant it is for. Send an access token of the tenant."));
        }

        var last = tenant.PeopleChanges.Last;
        return Page(call, tenant, new(call.Directory.Start, tenant.Id, isLatest ? last : null, last, call.Time.GetUtcNow().ToUnixTimeSeconds(), select, Guid.Empty) { Of = "users" });
    }

    private static IResult Continue(GraphCall call, string token, bool isPage)
    {
        if (PeopleDeltaState.Parse(token) is not { } state || call.Tenants.FirstOrDefault(one => one.Id == state.Tenant) is not { } tenant)
        {
            return call.Refuse(GraphError.BadRequest("The specified token is not valid."));
        }

        if (GraphDelta.IsOver(call, state.Start, state.IssuedAt))
        {
            return isPage ? call.Refuse(GraphError.ExpiredPageToken()) : Gone(call, state);
        }

        return Page(call, tenant, isPage ? state : state with
        {
            From = state.Until,
            Until = tenant.PeopleChanges.Last,
            IssuedAt = call.Time.GetUtcNow().ToUnixTimeSeconds(),
        });
    }

    private static IResult Page(GraphCall call, Tenant tenant, PeopleDeltaState state)
    {
        if (People(tenant, state) is not { } people)
        {
            return Gone(call, state);
        }

        var size = Math.Min(GraphDelta.PageSize, call.Faults.PageSize);
        var onPage = people.Where(person => person.CompareTo(state.User) > 0).Take(size + 1).ToList();
        var page = new JsonObject { ["@odata.context"] = call.Link("$metadata#users") };
        if (onPage.Count <= size)
        {
            page["@odata.deltaLink"] = $"{Address(call)}?$deltatoken={(state with { From = null, User = Guid.Empty }).ToToken()}";
        }
        else
        {
            onPage.RemoveAt(size);
            page["@odata.nextLink"] = $"{Address(call)}?$skiptoken={(state with { User = onPage[^1] }).ToToken()}";
        }

        page["value"] = new JsonArray([.. onPage.Select(person => Shown(tenant, state, person))]);
        return Results.Json(page);
    }

    // In the order of ids.
    private static IEnumerable<Guid>? People(Tenant tenant, PeopleDeltaState state)
    {
        if (state.From is not { } from)
        {
            return tenant.Users.Select(user => user.Id).Order();
        }

        return tenant.PeopleChanges.Between(from, state.Until)?
            .Where(change => change.Kind switch
            {
                ChangeKind.AccountChanged => Wants(state, "accountEnabled"),
                ChangeKind.Updated => Wants(state, "displayName"),
                _ => true,
            })
            .Select(change => change.Id)
            .Distinct()
            .Order();
    }

    // Graph tells the selected properties of a person with any change of them, and the id always.
    private static JsonObject Shown(Tenant tenant, PeopleDeltaState state, Guid person) => tenant.TryGetUser(person, out var user)
        ? GraphObjects.Of(user, state.Select is { } select ? [.. select.Append("id")] : null)
        : new() { ["id"] = person.ToString(), ["@removed"] = GraphDelta.Removed() };

    private static bool Wants(PeopleDeltaState state, string property) => state.Select?.Contains(property) ?? property == "displayName";
}
