using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;
using Orleans.Concurrency;

namespace EngageCenter.Support;

/// <summary>The support cases of a workspace, and the insights aggregated from them. Keyed by the workspace's id.</summary>
/// <remarks>
/// A person's call carries the <see cref="AccessDecision"/> of their user grain. If its epoch is not the workspace's own,
/// the answer is null and the caller decides again.
/// </remarks>
[GrainInterfaceType("EngageCenter.ISupportGrain"), Alias("EngageCenter.ISupportGrain")]
public interface ISupportGrain : IGrainWithStringKey
{
    /// <summary>
    /// Applies a batch of at most <see cref="SupportCase.MaxBatch"/> updates, all or none of it in storage. The final state does
    /// not depend on the order of updates, on how they are batched, or on repetitions.
    /// </summary>
    /// <param name="caller">An application with <see cref="AppRoles.SupportCases"/>.</param>
    [Alias("Ingest")]
    Task<IngestOutcome> Ingest(ImmutableArray<SupportCase> updates, Actor caller);

    /// <summary>Returns a page of cases, newest <c>createdAt</c> first, then by case id. Needs ViewSupportInsights.</summary>
    [Alias("Cases"), AlwaysInterleave]
    Task<Page<SupportCase>?> Cases(AccessDecision decision, CaseQuery query, CancellationToken cancellation = default);

    /// <summary>Returns figures about the cases. Always equal to a recomputation from the newest state of every case. Needs ViewSupportInsights.</summary>
    [Alias("Insights"), AlwaysInterleave]
    Task<SupportInsights?> Insights(AccessDecision decision, InsightsWindow window, CancellationToken cancellation = default);
}

public enum IngestStatus
{
    Applied,
    WorkspaceNotFound,

    /// <summary>The workspace has <see cref="SupportCase.MaxPerWorkspace"/> cases. Nothing of the batch was applied.</summary>
    TooManyCases,
}

/// <param name="Applied">Updates that became the state of their case.</param>
/// <param name="Ignored">Updates that were not newer than the state of their case, or that a later one in the same batch replaced.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.IngestOutcome")]
public readonly record struct IngestOutcome(
    [property: Id(0)] IngestStatus Status,
    [property: Id(1)] int Applied,
    [property: Id(2)] int Ignored);

/// <summary>Selects the cases that match all conditions.</summary>
/// <param name="Product">The product's whole name.</param>
/// <param name="Search">Part of the id or title, case-insensitive.</param>
/// <param name="From">Created at or after this.</param>
/// <param name="To">Created before this.</param>
/// <param name="Count">Whether the page needs the total; an export does not.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.CaseQuery")]
public sealed record CaseQuery(
    [property: Id(0)] CaseStatus? Status,
    [property: Id(1)] CaseSeverity? Severity,
    [property: Id(2)] string? Product,
    [property: Id(3)] string? Search,
    [property: Id(4)] DateTimeOffset? From,
    [property: Id(5)] DateTimeOffset? To,
    [property: Id(6)] PageRequest Page,
    [property: Id(7)] bool Count = true);
