using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EngageCenter.Paging;
using EngageCenter.WebApi.Errors;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>
/// The requested page of a search. Its token is opaque to clients and belongs to one search; it carries the page limit and
/// the state of the result at the page before. If the state has changed since, results could be missing, so the client must
/// start the search again.
/// </summary>
internal sealed class SearchPages
{
    // Bytes of the search's hash in a token. The hash catches mistakes; a forged token gains nothing.
    private const int SearchBytes = 6;

    private const int MaxStateLength = 64;

    private readonly byte[] search;

    private SearchPages(byte[] search, int limit, string? state, string? after) => (this.search, Limit, State, After) = (search, limit, state, after);

    /// <summary>Results on a page: 0 to <see cref="PageRequest.MaxSize"/>.</summary>
    public int Limit { get; }

    /// <summary>The state of the result at the page before; null for the first page.</summary>
    public string? State { get; }

    /// <summary>Where the page starts; null for the first page.</summary>
    public string? After { get; }

    /// <param name="page">The page part of the request.</param>
    /// <param name="of">What identifies the search: its kind, and the ids that it names.</param>
    /// <returns>The page to answer, or the refusal of the request.</returns>
    public static (SearchPages? Pages, IResult? Refusal) Of(SearchPageRequest? page, params ReadOnlySpan<string> of)
    {
        var search = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', of)))[..SearchBytes];
        var limit = Math.Min(page?.Limit ?? PageRequest.MaxSize, PageRequest.MaxSize);
        if (page?.Token is not { Length: > 0 } token)
        {
            return (new(search, limit, null, null), null);
        }

        if (!TryDecode(token, search, out var kept, out var state, out var after))
        {
            return (null, BadToken());
        }

        return page.Limit is not null && limit != kept
            ? (null, Problems.Invalid("page.limit", "Must be the limit of the first page."))
            : (new(search, kept, state, after), null);
    }

    public static IResult BadToken() => Problems.Invalid("page.token", "Must be the next_token of a page of this search.");

    /// <summary>Answers with a page of a complete result.</summary>
    /// <param name="all">In an order that does not change while the result is the same.</param>
    public IResult Cut<T>(IReadOnlyList<string> all, Func<string, T> wire)
    {
        var state = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', all))).AsSpan(0, SearchBytes));
        if (State is not null && State != state)
        {
            return Problems.ListChanged.Answer();
        }

        var start = 0;
        if (After is not null && (!int.TryParse(After, NumberStyles.None, CultureInfo.InvariantCulture, out start) || start > all.Count))
        {
            return BadToken();
        }

        var end = Math.Min(all.Count, start + Limit);
        return Answer([.. all.Skip(start).Take(end - start).Select(wire)], state, end < all.Count ? end.ToString(CultureInfo.InvariantCulture) : null, all.Count);
    }

    /// <param name="state">The state of the result to which the page belongs.</param>
    /// <param name="next">Where the next page starts; null on the last page.</param>
    public IResult Answer<T>(IReadOnlyList<T> results, string state, string? next, int total) => TypedResults.Ok(new SearchResponse<T>(
        new(next is null ? "" : Encode(state, next), results.Count, total), results));

    private string Encode(string state, string next) =>
        Base64Url.EncodeToString([.. search, .. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Limit}/{state}/{next}"))]);

    private static bool TryDecode(string token, byte[] search, out int limit, out string state, out string after)
    {
        (limit, state, after) = (0, "", "");
        if (token.Length > (PageRequest.MaxAfterLength + MaxStateLength + SearchBytes) * 4)
        {
            return false;
        }

        try
        {
            var bytes = Base64Url.DecodeFromChars(token).AsSpan();
            if (!bytes.StartsWith(search) || Encoding.UTF8.GetString(bytes[SearchBytes..]).Split('/', 3) is not [var size, var of, var rest]
                || !int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit > PageRequest.MaxSize)
            {
                return false;
            }

            (state, after) = (of, rest);
            return after.Length <= PageRequest.MaxAfterLength;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
