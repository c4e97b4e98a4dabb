namespace EngageCenter.LocalEntra.Tenants;

internal enum ChangeKind
{
    /// <summary>A member was added to the group.</summary>
    Added,

    /// <summary>A member was removed from the group, or was deleted.</summary>
    Removed,

    /// <summary>The group or the person was renamed.</summary>
    Updated,

    /// <summary>The group or the person was deleted.</summary>
    Deleted,

    /// <summary>The person's account was enabled, or is not any more.</summary>
    AccountChanged,
}

/// <param name="Id">The group; of the changes of people the person.</param>
/// <param name="Member">A person or a group; empty unless a member was added or removed.</param>
internal readonly record struct Change(Guid Id, ChangeKind Kind, Guid Member = default);

/// <summary>
/// Records the changes of a tenant's groups or people since it was loaded, in order and numbered from 1. Keeps the newest
/// <paramref name="limit"/> changes. Thread-safe.
/// </summary>
internal sealed class ChangeLog(int limit = ChangeLog.Limit)
{
    /// <summary>
    /// The default limit: five times the members of the largest group that can be emptied at once; about 20 MB.
    /// </summary>
    public const int Limit = 500_000;

    private readonly Lock gate = new();
    private readonly List<Change> changes = [];
    private bool isStarted;
    private long dropped;

    /// <summary>The number of the newest change; 0 if there is none.</summary>
    public long Last
    {
        get
        {
            lock (gate)
            {
                return dropped + changes.Count;
            }
        }
    }

    /// <summary>Starts recording. What is loaded before is not a change.</summary>
    public void Start()
    {
        lock (gate)
        {
            isStarted = true;
        }
    }

    public void Append(Change change)
    {
        lock (gate)
        {
            if (!isStarted)
            {
                return;
            }

            changes.Add(change);
            if (changes.Count > limit)
            {
                // Drops half of the changes at once, so that the average cost of a change does not depend on their number.
                var half = changes.Count / 2;
                changes.RemoveRange(0, half);
                dropped += half;
            }
        }
    }

    /// <returns>The changes after number <paramref name="from"/>, up to number <paramref name="until"/>; null if some of them are no longer kept.</returns>
    public IReadOnlyList<Change>? Between(long from, long until)
    {
        lock (gate)
        {
            return from < dropped || until > dropped + changes.Count || from > until
                ? null
                : changes.GetRange((int)(from - dropped), (int)(until - from));
        }
    }
}
