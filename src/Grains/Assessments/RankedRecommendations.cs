using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Paging;

namespace EngageCenter.Assessments;

/// <summary>The recommendations of one run as they are stored: a row of their own.</summary>
[Alias("EngageCenter.RankedRecommendations")]
internal sealed record RankedRecommendations
{
    /// <summary>The run that brought them; empty in a row that is not there.</summary>
    public string RunId { get; init; } = "";

    /// <summary>In the order of <see cref="Rank"/>.</summary>
    public ImmutableArray<Recommendation> Items { get; init; } = [];

    /// <summary>Greatest businessImpact × probability ÷ effort first, then by id (ordinal).</summary>
    public static ImmutableArray<Recommendation> Rank(ImmutableArray<Recommendation> recommendations) =>
        recommendations.Sort((one, other) => Place.Of(one).CompareTo(Place.Of(other)));

    /// <summary>
    /// A page of those that a query takes. A cursor is a place in the order rather than in the list, so that it goes on
    /// where it was after another run has brought another list.
    /// </summary>
    /// <exception cref="InvalidCursorException">The page's cursor is not one of this list.</exception>
    public Page<Recommendation> Page(RecommendationQuery query)
    {
        Bounds.Page(query.Page);
        var after = query.Page.After is { } cursor ? Place.Parse(cursor, query.Technology) : (Place?)null;
        var taken = query.FocusArea is { } area ? Items.RemoveAll(r => r.FocusArea != area) : Items;
        var start = after is { } place ? taken.Count(r => Place.Of(r).CompareTo(place) <= 0) : 0;
        var end = Math.Min(taken.Length, start + query.Page.Size);
        return new(
            taken[start..end],
            end < taken.Length ? Place.Of(taken[end - 1]).Cursor(query.Technology) : null,
            query.Count ? taken.Length : 0);
    }

    /// <summary>Where a recommendation stands. Compared in whole numbers: a quotient as a double would tell some equal ones apart.</summary>
    private readonly record struct Place(int Weight, int Effort, string Id) : IComparable<Place>
    {
        public static Place Of(Recommendation r) => new(r.BusinessImpact * r.Probability, r.Effort, r.RecommendationId);

        public static Place Parse(string cursor, string technology) =>
            cursor.Split('|', 4) is [var list, var weight, var effort, { Length: > 0 } id]
            && list == technology
            && int.TryParse(weight, NumberStyles.None, CultureInfo.InvariantCulture, out var w)
            && w is >= 1 and <= Recommendation.MaxRating * Recommendation.MaxRating
            && int.TryParse(effort, NumberStyles.None, CultureInfo.InvariantCulture, out var e)
            && e is >= 1 and <= Recommendation.MaxRating
                ? new(w, e, id)
                : throw new InvalidCursorException();

        public int CompareTo(Place other)
        {
            var byScore = (other.Weight * Effort).CompareTo(Weight * other.Effort);
            return byScore != 0 ? byScore : string.CompareOrdinal(Id, other.Id);
        }

        // With the list that it is of, so that it is none of another list's.
        public string Cursor(string technology) => FormattableString.Invariant($"{technology}|{Weight}|{Effort}|{Id}");
    }
}
