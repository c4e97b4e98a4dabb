using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Workspaces;

/// <summary>The rows of a workspace's audit trail: one for each full segment, written once.</summary>
internal sealed class AuditRows(Grain workspace, IGrainStorage rows, RefusedRows refused)
{
    /// <summary>
    /// Stores the full segment, if there is one. If the workspace's state is not stored afterwards, the same segment is stored
    /// again before the next change.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The segment was not stored; the activation ends.</exception>
    public async Task Store(AuditTrail trail)
    {
        if (trail.Full is not { } full)
        {
            return;
        }

        try
        {
            var row = new GrainState<AuditSegment>(new());
            await rows.ReadStateAsync(RowOf(full.Number), workspace.GrainContext.GrainId, row);
            if (row.RecordExists)
            {
                if (!row.State!.Events.Zip(full.Events).All(pair => IsSame(pair.First, pair.Second)))
                {
                    throw refused.Report(workspace.GrainContext.GrainId, RowOf(full.Number), "it has other events than the workspace, whose audit trail went back");
                }

                return;
            }

            row.State = new() { Events = full.Events };
            await rows.WriteStateAsync(RowOf(full.Number), workspace.GrainContext.GrainId, row);
        }
        catch (Exception e)
        {
            ((IGrainBase)workspace).DeactivateOnIdle();
            throw new StorageUnavailableException($"A segment of the audit trail was not stored: {e.Message}", e);
        }
    }

    /// <summary>Returns a page of the events, newest first. The cursor is the sequence of the last event on the page.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public async Task<Page<AuditEvent>> Page(AuditTrail trail, PageRequest page)
    {
        Bounds.Page(page);
        var newest = trail.Last;
        if (page.After is { } after)
        {
            if (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var shown) || shown < 2 || shown > newest)
            {
                throw new InvalidCursorException();
            }

            newest = shown - 1;
        }

        var oldest = Math.Max(1, newest - page.Size + 1);
        var events = await Read(trail.Recent, oldest, newest);
        events = events[..Pages.Fit(events.AsSpan(), page.Size, BytesOf)];
        oldest = newest - events.Length + 1;
        return new(events, oldest > 1 ? oldest.ToString(CultureInfo.InvariantCulture) : null, checked((int)trail.Last));
    }

    /// <summary>Returns the events after a given one, oldest first.</summary>
    /// <exception cref="InvalidCursorException">There is no such event.</exception>
    public async Task<Page<AuditEvent>> After(AuditTrail trail, long after, int count)
    {
        Bounds.Page(new(count, null));
        if (after < 0 || after > trail.Last)
        {
            throw new InvalidCursorException();
        }

        var newest = Math.Min(trail.Last, after + count);
        if (newest == after)
        {
            return new([], null, checked((int)trail.Last));
        }

        var events = await Read(trail.Recent, after + 1, newest);
        events = [.. events.Reverse()];
        return new(events[..Pages.Fit(events.AsSpan(), count, BytesOf)], null, checked((int)trail.Last));
    }

    // An agreement's change can contain hundreds of contacts and readers, before and after.
    private static int BytesOf(AuditEvent recorded) => Weight.Of(recorded.Target.DisplayName, recorded.Actor.DisplayName)
        + Weight.Entries(recorded.Before?.Values.SelectMany(values => values) ?? [])
        + Weight.Entries(recorded.After?.Values.SelectMany(values => values) ?? []);

    // Reads from the newest to the oldest sequence, both included.
    private async Task<ImmutableArray<AuditEvent>> Read(ImmutableArray<AuditEvent> recent, long oldest, long newest)
    {
        var firstRecent = recent.IsEmpty ? 1 : recent[0].Sequence;
        var segments = new List<Task<AuditSegment>>();
        for (var segment = (oldest - 1) / AuditTrail.SegmentSize; segment * AuditTrail.SegmentSize < Math.Min(newest, firstRecent - 1); segment++)
        {
            segments.Add(Load(segment));
        }

        var older = await Task.WhenAll(segments);
        return [.. older.SelectMany(s => s.Events).Concat(recent)
            .Where(e => e.Sequence >= oldest && e.Sequence <= newest)
            .OrderByDescending(e => e.Sequence)];
    }

    private async Task<AuditSegment> Load(long segment)
    {
        var row = await rows.ReadRow<AuditSegment>(workspace, RowOf(segment));
        return row.RecordExists ? row.State! : throw refused.Report(workspace.GrainContext.GrainId, RowOf(segment), "it is gone");
    }

    private static bool IsSame(AuditEvent one, AuditEvent other) => (one.Sequence, one.OccurredAt, one.Action) == (other.Sequence, other.OccurredAt, other.Action);

    private static string RowOf(long segment) => RowNames.Numbered(RowNames.Audit, segment);
}
