using System.Collections.Immutable;
using System.Runtime.InteropServices;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Storage;

namespace EngageCenter.Activities;

/// <summary>The decision on a command.</summary>
/// <param name="Entry">
/// What must be stored before <paramref name="Outcome"/> is returned: the next state, or the accepted state that the outcome
/// is based on; null if it is based on none.
/// </param>
internal readonly record struct ActivityDecision(PutActivityOutcome Outcome, StoredActivity? Entry);

/// <summary>The activities of a workspace in the order of their ids, with the totals of each package.</summary>
/// <param name="limit">The most activities of the workspace.</param>
internal sealed class CustomerActivities(int limit = CustomerActivity.MaxPerWorkspace)
{
    private readonly OrderedList<StoredActivity> ordered = new("activities", a => a.ActivityId, a => Weight.Of(a.Title, a.EvidenceUri));
    private readonly Dictionary<string, PackageTotals> totals = new(StringComparer.Ordinal);
    private readonly StringPool pool = new();

    public int Count => ordered.Count;

    /// <summary>Returns the activity with strings that all activities share.</summary>
    public StoredActivity Share(StoredActivity one) => one.With(pool);

    public StoredActivity? Find(string activityId) => ordered.Find(activityId);

    /// <summary>Decides on a command. Changes nothing.</summary>
    /// <param name="accepted">The newest state that was accepted, stored or not.</param>
    /// <param name="contract">The workspace's packages as of <paramref name="epoch"/>.</param>
    /// <param name="pending">How many new activities were accepted and are not applied yet.</param>
    /// <exception cref="ArgumentException">A field is not within its limits.</exception>
    public ActivityDecision Decide(PutActivity command, StoredActivity? accepted, ImmutableArray<Package> contract, long epoch, int pending)
    {
        var activity = command.Activity;
        if (command.Condition?.Allows(accepted?.Version) == false)
        {
            return new(new(PutActivityStatus.VersionMismatch), accepted);
        }

        if (accepted?.ToActivity() == activity)
        {
            return new(new(PutActivityStatus.Updated, accepted.ToView()), accepted);
        }

        if (PackageOf(activity, accepted, contract, epoch) is not { } package)
        {
            return new(new(PutActivityStatus.UnknownPackage), accepted);
        }

        if (accepted is null && Count + pending >= limit)
        {
            return new(new(PutActivityStatus.TooManyActivities), null);
        }

        var next = Share(StoredActivity.From(activity, (accepted?.Version ?? 0) + 1, package));
        return new(new(accepted is null ? PutActivityStatus.Created : PutActivityStatus.Updated, next.ToView()), next);
    }

    /// <summary>Takes over stored states, and updates the totals.</summary>
    public void Apply(IEnumerable<StoredActivity> stored)
    {
        foreach (var next in stored)
        {
            if (ordered.Put(next) is { } before)
            {
                Uncount(before);
            }

            CountIn(next);
        }
    }

    /// <summary>Returns a page in the order of activity ids (ordinal). The total is 0 unless it is asked for.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Page<CustomerActivity> Page(ActivityQuery query)
    {
        Check(query);
        return ordered.Page(query.Page, IsOpen(query) ? null : found => Matches(found, query), query.Count).Select(found => found.ToActivity());
    }

    /// <summary>Returns a function for a <see cref="Page"/> of the activities as they are now. Any thread may call it later.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Func<Page<CustomerActivity>> Scan(ActivityQuery query, CancellationToken cancellation)
    {
        Check(query);
        var scan = ordered.Scan(query.Page, found => Matches(found, query), query.Count, cancellation);
        return () => scan().Select(found => found.ToActivity());
    }

    /// <summary>Whether every activity matches, so that no scan is needed.</summary>
    public static bool IsOpen(ActivityQuery query) => query is { Kind: null, Status: null, PackageId: null, From: null, To: null };

    /// <param name="contract">The workspace's packages.</param>
    public ProofOfExecution Proof(string agreementId, ImmutableArray<Package> contract, DateTimeOffset now)
    {
        var lines = contract.Select(p => new ProofLine(
            p.PackageId, p.Name, p.Kind,
            totals.TryGetValue(p.PackageId, out var of) ? of.Figures(p.HoursPurchased) : new(p.HoursPurchased ?? 0, 0, 0, 0)));
        var left = totals.ExceptBy(contract.Select(p => p.PackageId), t => t.Key, StringComparer.Ordinal)
            .OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => new ProofLine(t.Key, t.Value.LastKnown.Name, t.Value.LastKnown.Kind, t.Value.Figures(stated: null)));
        ImmutableArray<ProofLine> all = [.. lines, .. left];
        return new(agreementId, now, all, all.Aggregate(default(ProofFigures), (sum, line) => sum + line.Figures));
    }

    // If the package has left the contract, an activity that already belongs to it keeps it.
    private static KnownPackage? PackageOf(CustomerActivity activity, StoredActivity? accepted, ImmutableArray<Package> contract, long epoch)
    {
        if (contract.FirstOrDefault(p => p.PackageId == activity.PackageId) is { } package)
        {
            return new(package.PackageId, package.Name, package.Kind, epoch);
        }

        return accepted?.PackageId == activity.PackageId
            ? new(accepted.PackageId, accepted.PackageName, accepted.PackageKind, accepted.Epoch)
            : null;
    }

    private static void Check(ActivityQuery query)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.PackageId);
    }

    private static bool Matches(StoredActivity activity, ActivityQuery query) =>
        (query.Kind is null || activity.Kind == query.Kind)
        && (query.Status is null || activity.Status == query.Status)
        && (query.PackageId is null || activity.PackageId == query.PackageId)
        && (query.From is null || activity.Date >= query.From.Value.UtcTicks)
        && (query.To is null || activity.Date < query.To.Value.UtcTicks);

    private void CountIn(StoredActivity activity)
    {
        if (activity.Counts)
        {
            ref var of = ref CollectionsMarshal.GetValueRefOrAddDefault(totals, activity.PackageId, out _);
            (of ??= new()).Add(activity);
        }
    }

    private void Uncount(StoredActivity activity)
    {
        if (activity.Counts)
        {
            var of = totals[activity.PackageId];
            of.Remove(activity);
            if (of.IsEmpty)
            {
                totals.Remove(activity.PackageId);
            }
        }
    }
}
