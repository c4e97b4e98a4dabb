using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using EngageCenter.Paging;
using Microsoft.AspNetCore.Http.Extensions;

namespace EngageCenter.WebApi.Responses;

/// <summary>A list, or one page of it.</summary>
/// <param name="Value">The items of this page.</param>
/// <param name="NextLink">The address of the next page; absent on the last page.</param>
/// <param name="TotalCount">The items of all pages.</param>
internal sealed record ListResponse<T>(
    IReadOnlyList<T> Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NextLink,
    int TotalCount);

internal static class Lists
{
    /// <summary>
    /// Returns a page in its form on the wire. The link to the next page keeps all other parameters of the request.
    /// </summary>
    public static IResult Answer<TItem, TWire>(HttpRequest request, Page<TItem> page, Func<TItem, TWire> wire) =>
        TypedResults.Ok(new ListResponse<TWire>([.. page.Items.Select(wire)], NextLink(request, page.Next), page.TotalCount));

    /// <summary>Returns a list that is never paged.</summary>
    public static ListResponse<T> Whole<T>(IReadOnlyList<T> items) => new(items, null, items.Count);

    /// <summary>Cuts a page out of a list that is in memory and never changes.</summary>
    /// <param name="name">The start of the list's cursors, which tells them from cursors of other lists.</param>
    /// <exception cref="InvalidCursorException">The cursor does not belong to this list.</exception>
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
