using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using EngageCenter.Paging;
using Microsoft.AspNetCore.Http.Extensions;

namespace EngageCenter.WebApi.Responses;

/// <summary>A list, or one page of it.</summary>
/// <param name="Value">The items of this page.</param>
/// <param name="NextLink">Where the next page is; absent on the last one.</param>
/// <param name="TotalCount">The items of all pages.</param>
internal sealed record ListResponse<T>(
    IReadOnlyList<T> Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NextLink,
    int TotalCount);

internal static class Lists
{
    /// <summary>A page as the wire has it. The link to the next one keeps every other parameter of the request.</summary>
    public static IResult Answer<TItem, TWire>(HttpRequest request, Page<TItem> page, Func<TItem, TWire> wire) =>
        TypedResults.Ok(new ListResponse<TWire>([.. page.Items.Select(wire)], NextLink(request, page.Next), page.TotalCount));

    /// <summary>A list that is never cut.</summary>
    public static ListResponse<T> Whole<T>(IReadOnlyList<T> items) => new(items, null, items.Count);

    /// <summary>A page of a list that is at hand as a whole and never changes.</summary>
    /// <param name="name">What the list's cursors begin with, so that another list's are none of its own.</param>
    /// <exception cref="InvalidCursorException">The cursor is none of this list.</exception>
    public static Page<T> Cut<T>(string name, ImmutableArray<T> items, PageRequest page)
    {
        var start = 0;
        if (page.After is { } after
            && (!after.StartsWith($"{name}/", StringComparison.Ordinal)
                || !int.TryParse(after.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out start)
                || start < 1 || start >= items.Length))
        {
            throw new InvalidCursorException();
        }

        var end = Math.Min(items.Length, start + page.Size);
        return new(items[start..end], end < items.Length ? FormattableString.Invariant($"{name}/{end}") : null, items.Length);
    }

    public static string? NextLink(HttpRequest request, string? next)
    {
        if (next is null)
        {
            return null;
        }

        var query = new QueryBuilder();
        foreach (var (name, values) in request.Query)
        {
            if (!string.Equals(name, "cursor", StringComparison.OrdinalIgnoreCase))
            {
                query.Add(name, values.Select(v => v ?? ""));
            }
        }

        query.Add("cursor", new Cursor(next).Encode(request));
        return request.PathBase.Add(request.Path).ToUriComponent() + query.ToQueryString().ToUriComponent();
    }
}
