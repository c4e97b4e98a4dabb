using EngageCenter.Agreements;

namespace EngageCenter.Activities;

/// <summary>Sums over the activities of one package that count. They are updated with each activity.</summary>
internal sealed class PackageTotals
{
    // The package's name by the epoch that activities have it from. There are few, and never more than activities.
    private readonly SortedList<long, (string Name, PackageKind Kind, int Activities)> known = [];
    private long purchased;
    private long delivered;
    private int deliveredCount;
    private int plannedCount;

    public bool IsEmpty => known.Count == 0;

    /// <summary>The name and kind from the newest epoch of the activities.</summary>
    public (string Name, PackageKind Kind) LastKnown
    {
        get
        {
            var (name, kind, _) = known.GetValueAtIndex(known.Count - 1);
            return (name, kind);
        }
    }

    public void Add(StoredActivity activity) => Change(activity, 1);

    /// <summary>Removes an activity that was added before.</summary>
    public void Remove(StoredActivity activity) => Change(activity, -1);

    /// <param name="stated">The purchased hours that the agreement states; null if it states none.</param>
    public ProofFigures Figures(decimal? stated) =>
        new(stated ?? StoredActivity.Hours(purchased), StoredActivity.Hours(delivered), deliveredCount, plannedCount);

    private void Change(StoredActivity activity, int sign)
    {
        purchased += sign * (activity.HoursPurchased ?? 0);
        delivered += sign * (activity.HoursDelivered ?? 0);
        deliveredCount += activity.Status == ActivityStatus.Delivered ? sign : 0;
        plannedCount += activity.Status == ActivityStatus.Planned ? sign : 0;

        var activities = sign + (known.TryGetValue(activity.Epoch, out var before) ? before.Activities : 0);
        if (activities == 0)
        {
            known.Remove(activity.Epoch);
        }
        else
        {
            known[activity.Epoch] = (activity.PackageName, activity.PackageKind, activities);
        }
    }
}
