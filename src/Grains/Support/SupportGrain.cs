using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Providers;
using Orleans.Storage;

namespace EngageCenter.Support;

/// <summary>The support cases of a workspace, keyed by its id. Cases are never removed.</summary>
/// <remarks>
/// All cases are in memory while the grain is active. They are stored as a log of updates: a batch is one write, and a new
/// activation reads one row for every few hundred cases. Queries may run while an update is being stored; they see what was
/// stored last. Queries that go through many cases run outside of the grain's turn, on a copy that the next update discards.
/// </remarks>
[GrainType("support")]
internal sealed class SupportGrain(
    [FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage,
    PolicyCache policies,
    Scans scans,
    TimeProvider time,
    RefusedRows refused,
    ILogger<SupportGrain> logger) : Grain, ISupportGrain
{
    private readonly SupportCases cases = new();
    private SegmentedLog<StoredCase>? log;

    // An existing workspace never goes away. A missing one may be created later, so it is asked for again.
    private bool workspaceExists;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        log = new(storage, this.GetGrainId(), "cases", this.DeactivateOnIdle, refused, logger);
        await log.Load(cases.Share);
        cases.Apply(log.Entries);
    }

    public async Task<IngestOutcome> Ingest(ImmutableArray<SupportCase> updates, Actor caller)
    {
        caller.RequireApplication(AppRoles.SupportCases);
        if (!await WorkspaceExists(caller))
        {
            return new(IngestStatus.WorkspaceNotFound, 0, 0);
        }

        var decision = cases.Decide(updates);
        for (var rest = decision.Newer; !rest.IsEmpty;)
        {
            // Usually all of them fit. If a later write fails, the repeated batch finds the stored part unchanged.
            var some = rest[..SegmentedLog<StoredCase>.Fit(rest.AsSpan())];
            rest = rest[some.Length..];
            await log!.Commit(some);
            try
            {
                cases.Apply(some);
            }
            catch
            {
                // It is stored but may be only partly in memory, so the activation ends and the next one reads everything.
                DeactivateOnIdle();
                throw;
            }
        }

        return decision.Outcome;
    }

    public async Task<Page<SupportCase>?> Cases(AccessDecision decision, CaseQuery query, CancellationToken cancellation) =>
        !await Accepts(decision) ? null
        : SupportCases.IsOpen(query) ? cases.Page(query)
        : await scans.Run(() => cases.Scan(query, cancellation), cancellation) is var found && await Accepts(decision) ? found
        : null;

    public async Task<SupportInsights?> Insights(AccessDecision decision, InsightsWindow window, CancellationToken cancellation)
    {
        if (!await Accepts(decision))
        {
            return null;
        }

        var now = time.GetUtcNow();
        if (cases.Known(window) is { } known)
        {
            return known with { GeneratedAt = now };
        }

        var (of, insights) = await scans.Run(() => cases.ScanInsights(window, now, cancellation), cancellation);
        cases.Keep(window, of, insights);
        return await Accepts(decision) ? insights : null;
    }

    private async Task<bool> WorkspaceExists(Actor caller)
    {
        workspaceExists = workspaceExists
            || await GrainFactory.GetGrain<IWorkspaceGrain>(this.GetPrimaryKeyString()).Header(caller) is not null;
        return workspaceExists;
    }

    private async ValueTask<bool> Accepts(AccessDecision decision) =>
        await policies.Accept(decision, this.GetPrimaryKeyString(), Permissions.ViewSupportInsights) is not null;
}
