using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Paging;
using EngageCenter.Storage;

namespace EngageCenter.Assessments;

/// <summary>The recommendations of one run as stored, in a row of their own.</summary>
[Alias("EngageCenter.RankedRecommendations")]
internal sealed record RankedRecommendations : IStoredState
{
    /// <summary>The run that they come from; empty if there is no row.</summary>
    public string RunId { get; init; } = "";

    /// <summary>In the order of <see cref="Rank"/>.</summary>
    public ImmutableArray<Recommendation> Items { get; init; } = [];

    string? IStoredState.Contradiction => RunId.Length > 0 ? null : "it names no run";

    /// <summary>Sorts by businessImpact × probability ÷ effort, greatest first, then by id (ordinal).</summary>
    public static ImmutableArray<Recommendation> Rank(ImmutableArray<Recommendation> recommendations) =>
        recommendations.Sort((one, other) => Place.Of(one).CompareTo(Place.Of(other)));

    /// <summary>Returns a page of the recommendations that match a query.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    /// <exception cref="ListChangedException">The list was replaced by another run's since the page before.</exception>
    public Page<Recommendation> Page(RecommendationQuery query)
    {
        Bounds.Page(query.Page);
        var after = query.Page.After is { } cursor ? ParseCursor(cursor, query.Technology) : (Place?)null;
        var taken = query.FocusArea is { } area ? Items.RemoveAll(r => r.FocusArea != area) : Items;
        var start = after is { } place ? taken.Count(r => Place.Of(r).CompareTo(place) <= 0) : 0;
        var end = start + Pages.Fit(taken.AsSpan()[start..], query.Page.Size, BytesOf);
        return new(
            taken[start..end],
            end < taken.Length ? CursorOf(query.Technology, Place.Of(taken[end - 1])) : null,
            query.Count ? taken.Length : 0);
    }

    private static int BytesOf(Recommendation recommendation) =>
        Weight.Of(recommendation.Title) + Weight.Entries(recommendation.AffectedObjects?.Names ?? []);

    // Contains the list that the cursor belongs to, and the run that the list comes from.
    private string CursorOf(string technology, Place last) =>
        FormattableString.Invariant($"{technology}|{RunId}|{last.Weight}|{last.Effort}|{last.Id}");

    private Place ParseCursor(string cursor, string technology) =>
        cursor.Split('|', 5) is [var list, var run, var weight, var effort, { Length: > 0 } id]
        && list == technology
        && int.TryParse(weight, NumberStyles.None, CultureInfo.InvariantCulture, out var w)
        && w is >= 1 and <= Recommendation.MaxRating * Recommendation.MaxRating
        && int.TryParse(effort, NumberStyles.None, CultureInfo.InvariantCulture, out var e)
        && e is >= 1 and <= Recommendation.MaxRating
            ? run == RunId ? new(w, e, id) : throw new ListChangedException()
            : throw new InvalidCursorException();

    /// <summary>The position of a recommendation. Compared in whole numbers: as doubles, some equal quotients would differ.</summary>
    private readonly record struct Place(int Weight, int Effort, string Id) : IComparable<Place>
    {
        public static Place Of(Recommendation r) => new(r.BusinessImpact * r.Probability, r.Effort, r.RecommendationId);

        public int CompareTo(Place other)
        {
            var byScore = (other.Weight * Effort).CompareTo(Weight * other.Effort);
            return byScore != 0 ? byScore : string.CompareOrdinal(Id, other.Id);
        }
    }
}
