using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Responses;

internal enum Representation
{
    Json,
    Csv,
    None,
}

/// <summary>Which of JSON and CSV a client asked for, RFC 9110 section 12.5.1.</summary>
internal static class Representations
{
    private static readonly MediaTypeHeaderValue json = new("application/json");
    private static readonly MediaTypeHeaderValue csv = new("text/csv");

    /// <summary>The one of the greater quality; of equal ones the one that is named more exactly, and then JSON.</summary>
    public static Representation Choose(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0
            || !MediaTypeHeaderValue.TryParseList([.. request.Headers.Accept.Select(v => v ?? "")], out var accepted)
            || accepted.Count == 0)
        {
            return Representation.Json;
        }

        var (jsonQuality, jsonExactness) = Best(accepted, json);
        var (csvQuality, csvExactness) = Best(accepted, csv);
        if (jsonQuality == 0 && csvQuality == 0)
        {
            return Representation.None;
        }

        return csvQuality.CompareTo(jsonQuality) switch
        {
            > 0 => Representation.Csv,
            < 0 => Representation.Json,
            _ => csvExactness > jsonExactness ? Representation.Csv : Representation.Json,
        };
    }

    // The most exact range that a type falls in says its quality, also where a wider one says more.
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
