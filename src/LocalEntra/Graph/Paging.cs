namespace EngageCenter.LocalEntra.Graph;

/// <summary>How much of a list was asked for: up to <c>$top</c> objects, those with ids after <c>$skiptoken</c>.</summary>
internal sealed record Paging(int Top, Guid After)
{
    private const int DefaultTop = 100;
    private const int MaxTop = 999;

    public static (Paging? Paging, GraphError? Error) Read(IQueryCollection query)
    {
        var top = DefaultTop;
        if (query.TryGetValue("$top", out var given) && (!int.TryParse(given, out top) || top is < 1 or > MaxTop))
        {
            return (null, GraphError.BadRequest($"Invalid page size specified: '{given}'. Must be between 1 and {MaxTop} inclusive."));
        }

        var after = Guid.Empty;
        if (query.TryGetValue("$skiptoken", out var token) && !Guid.TryParseExact(token, "D", out after))
        {
            return (null, GraphError.BadRequest("The specified page token value has expired and can no longer be included in your request."));
        }

        return (new Paging(top, after), null);
    }

    /// <param name="ids">One more than the page holds, if there are more, in the order of ids.</param>
    /// <param name="shown">How an id is shown.</param>
    /// <param name="list">The address of the list.</param>
    public GraphPage Page(IReadOnlyList<Guid> ids, Func<Guid, GraphObject?> shown, string list) => new(
        [.. ids.Take(Top).Select(shown).OfType<GraphObject>()],
        ids.Count > Top ? $"{list}?$top={Top}&$skiptoken={ids[Top - 1]}" : null);
}
