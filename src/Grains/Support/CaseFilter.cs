using EngageCenter.Paging;

namespace EngageCenter.Support;

/// <summary>The conditions of a <see cref="CaseQuery"/> on a case, except when it was created.</summary>
internal sealed class CaseFilter(CaseQuery query)
{
    private readonly SearchTerm? search = SearchTerm.Of(query.Search);

    public bool Matches(StoredCase candidate) =>
        (query.Status is null || candidate.Status == query.Status)
        && (query.Severity is null || candidate.Severity == query.Severity)
        && (query.Product is null || candidate.Product == query.Product)
        && (search is null
            || search.IsIn(candidate.CaseId)
            || search.IsIn(candidate.Title));
}
