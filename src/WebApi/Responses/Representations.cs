using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Responses;

internal enum Representation
{
    Json,
    Csv,
    None,
}

/// <summary>
/// Chooses the representation for a request's Accept header (RFC 9110, section 12.5.1), such as JSON or CSV.
/// </summary>
internal static class Representations
{
    private static readonly MediaTypeHeaderValue json = new("application/json");
    private static readonly MediaTypeHeaderValue csv = new("text/csv");

    public static Representation Choose(HttpRequest request) => Choose(request, json, csv) switch
    {
        0 => Representation.Json,
        1 => Representation.Csv,
        _ => Representation.None,
    };

    /// <summary>
    /// Chooses the offered type with the greatest quality; among equal ones the one named more exactly, then the first.
    /// </summary>
    /// <returns>The index of the offered type; null if none is acceptable.</returns>
    public static int? Choose(HttpRequest request, params ReadOnlySpan<MediaTypeHeaderValue> offered)
    {
        if (request.Headers.Accept.Count == 0
            || !MediaTypeHeaderValue.TryParseList([.. request.Headers.Accept.Select(v => v ?? "")], out var accepted)
            || accepted.Count == 0)
        {
            return 0;
        }

        var (chosen, best) = ((int?)null, (Quality: 0.0, Exactness: -1));
        for (var i = 0; i < offered.Length; i++)
        {
            var found = Best(accepted, offered[i]);
            if (found.Quality > best.Quality || (found.Quality > 0 && found.Quality == best.Quality && found.Exactness > best.Exactness))
            {
                (chosen, best) = (i, found);
            }
        }

        return chosen;
    }

    // The most specific range that matches a type gives its quality, even if a more general range gives a greater one.
    private static (double Quality, int Exactness) Best(IList<MediaTypeHeaderValue> accepted, MediaTypeHeaderValue type)
    {
        var best = (Quality: 0.0, Exactness: -1);
        foreach (var range in accepted)
        {
            var exactness = range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
            var matches = exactness switch
            {
                0 => true,
                1 => range.Type.Equals(type.Type, StringComparison.OrdinalIgnoreCase),
                _ => range.MediaType.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase),
            };
            if (matches && exactness > best.Exactness)
            {
                best = (range.Quality ?? 1, exactness);
            }
        }

        return best;
    }
}
