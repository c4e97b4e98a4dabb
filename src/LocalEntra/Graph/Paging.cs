using System.Text.Json.Nodes;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>How much of a list was asked for: up to <c>$top</c> objects, those with ids after <c>$skiptoken</c>, with the properties of <c>$select</c>.</summary>
internal sealed record Paging(int Top, Guid After, IReadOnlyList<string>? Select)
{
    public const int DefaultTop = 100;
    public const int MaxTop = 999;

    public static (Paging? Paging, GraphError? Error) Read(IQueryCollection query, GraphFaults faults)
    {
        var (top, tooMany) = ReadTop(query, DefaultTop);
        if (tooMany is not null)
        {
            return (null, tooMany);
        }

        var after = Guid.Empty;
        if (query.TryGetValue("$skiptoken", out var token) && !Guid.TryParseExact(token, "D", out after))
        {
            return (null, GraphError.ExpiredPageToken());
        }

        var (select, unknown) = ReadSelect(query);
        return unknown is null ? (new Paging(Math.Min(top, faults.PageSize), after, select), null) : (null, unknown);
    }

    public static (int Top, GraphError? Error) ReadTop(IQueryCollection query, int otherwise)
    {
        var top = otherwise;
        return query.TryGetValue("$top", out var given) && (!int.TryParse(given, out top) || top is < 1 or > MaxTop)
            ? (0, GraphError.BadRequest($"Invalid page size specified: '{given}'. Must be between 1 and {MaxTop} inclusive."))
            : (top, null);
    }

    public static (IReadOnlyList<string>? Select, GraphError? Error) ReadSelect(IQueryCollection query, string? relation = null)
    {
        if (query["$select"] is not [{ Length: > 0 } text])
        {
            return (null, null);
        }

        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.FirstOrDefault(name => name != relation && !GraphObjects.IsProperty(name)) is { } unknown
            ? (null, GraphError.BadRequest($"Could not find a property named '{(unknown.Length <= 100 ? unknown : unknown[..100])}'."))
            : (names, null);
    }

    /// <param name="ids">One more than the page holds, if there are more, in the order of ids.</param>
    /// <param name="shown">How an id is shown; null for one that has gone.</param>
    /// <param name="list">The address of the list.</param>
    public JsonObject Page(IReadOnlyList<Guid> ids, Func<Guid, JsonObject?> shown, string list)
    {
        var page = new JsonObject();
        if (ids.Count > Top)
        {
            var select = Select is null ? "" : $"&$select={string.Join(',', Select)}";
            page["@odata.nextLink"] = $"{list}?$top={Top}{select}&$skiptoken={ids[Top - 1]}";
        }

        page["value"] = new JsonArray([.. ids.Take(Top).Select(shown).OfType<JsonObject>()]);
        return page;
    }
}
