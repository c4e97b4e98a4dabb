using System.Buffers;

namespace EngageCenter.Support;

/// <summary>What a <see cref="CaseQuery"/> asks of a case, besides when it was created.</summary>
internal sealed class CaseFilter(CaseQuery query)
{
    // Made once a query: over many titles several times as fast as string.Contains.
    private readonly SearchValues<string>? search = query.Search is null
        ? null
        : SearchValues.Create([query.Search], StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether every case matches.</summary>
    public bool IsOpen { get; } = query is { Status: null, Severity: null, Product: null, Search: null };

    public bool Matches(StoredCase candidate) =>
        (query.Status is null || candidate.Status == query.Status)
        && (query.Severity is null || candidate.Severity == query.Severity)
        && (query.Product is null || candidate.Product == query.Product)
        && (search is null
            || candidate.CaseId.AsSpan().ContainsAny(search)
            || candidate.Title.AsSpan().ContainsAny(search));
}
