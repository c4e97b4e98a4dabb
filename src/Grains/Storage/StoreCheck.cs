using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Storage;

/// <summary>All rows of a store, for reading only.</summary>
public interface IStoredRows
{
    /// <summary>Returns every row with content, once, in any order.</summary>
    IAsyncEnumerable<StoredRow> All(CancellationToken cancellationToken);

    /// <returns>The row's content; null if there is none.</returns>
    Task<ReadOnlyMemory<byte>?> Find(string grainType, string key, string name, CancellationToken cancellationToken);
}

/// <param name="GrainType">The type of the grain that owns the row; empty if the store does not say.</param>
public sealed record StoredRow(string GrainType, string Key, string Name, ReadOnlyMemory<byte> Content);

/// <summary>
/// Goes through a store and reports rows that cannot be read or that contradict each other. Writes nothing. Holds only one row and
/// what it is compared with in memory.
/// </summary>
public sealed class StoreCheck(IStoredRows rows, Action<string> report)
{
    /// <summary>The number of rows that were read.</summary>
    public long Rows { get; private set; }

    /// <summary>The number of findings that were reported.</summary>
    public long Findings { get; private set; }

    public async Task Run(CancellationToken cancellationToken)
    {
        await foreach (var row in rows.All(cancellationToken))
        {
            Rows++;
            if (StoredRowKind.Of(row.GrainType, row.Name) is not { } kind)
            {
                Report(row, "no grain of this release has such a row");
                continue;
            }

            try
            {
                await Check(row, RowFormat.Read(kind.Type, row.Content), cancellationToken);
            }
            catch (RowRefusedException e)
            {
                Report(row, e.Message);
            }
        }
    }

    private Task Check(StoredRow row, object state, CancellationToken cancel) => state switch
    {
        StoredAgreement agreement => CheckAgreement(row, agreement, cancel),
        Workspace workspace => CheckWorkspace(row, workspace, cancel),
        AuditSegment segment => CheckAudit(row, segment, cancel),
        AssessmentSchedules schedules => CheckAssessments(row, schedules, cancel),
        LogHead head => CheckHead(row, head, cancel),
        LogEnd end => CheckEnd(row, end, cancel),
        LogSegment<SeenEntry> people => CheckPeople(row, people, cancel),
        ILogSegment segment => CheckSegment(row, segment, cancel),
        _ => Task.CompletedTask,
    };

    private async Task CheckAgreement(StoredRow row, StoredAgreement agreement, CancellationToken cancel)
    {
        await CheckTenants(row, agreement, cancel);
        foreach (var planned in agreement.Workspaces)
        {
            var found = await Find<Workspace>("workspace", planned.WorkspaceId, "workspace", cancel);
            if (found.IsMissing)
            {
                Report(row, $"workspace {planned.WorkspaceId}, which it names, {(planned.IsStored ? "is gone" : "is gone, or was not set up yet")}");
            }
            else if (found.State?.Contract is { } contract && contract.AgreementId != row.Key)
            {
                Report(row, $"workspace {planned.WorkspaceId}, which it names, is of agreement {contract.AgreementId}");
            }
            else if (found.State?.Contract is { } newer && newer.Version > agreement.Version)
            {
                Report(row, $"its version {agreement.Version} is older than that of its workspace {planned.WorkspaceId}, {newer.Version}");
            }
        }
    }

    private async Task CheckTenants(StoredRow row, StoredAgreement agreement, CancellationToken cancel)
    {
        foreach (var tenants in agreement.Tenants().GroupBy(KnownIds.TenantsWith))
        {
            await CheckKnown(row, "tenant", tenants.Key, tenants, cancel);
        }
    }

    private async Task CheckWorkspace(StoredRow row, Workspace workspace, CancellationToken cancel)
    {
        var contract = workspace.Contract!;
        var agreement = await Find<StoredAgreement>("agreement", contract.AgreementId, "agreement", cancel);
        if (agreement.IsMissing || agreement.State?.Workspaces.Any(w => w.WorkspaceId == row.Key) == false)
        {
            Report(row, $"agreement {contract.AgreementId} is gone, or does not name it");
        }

        var oldestRecent = workspace.Audit.Recent[0].Sequence;
        for (var segment = 0L; segment < (oldestRecent - 1) / AuditTrail.SegmentSize; segment++)
        {
            var name = RowNames.Numbered(RowNames.Audit, segment);
            if (await rows.Find("workspace", row.Key, name, cancel) is null)
            {
                Report(row, $"row {name} of its audit trail is gone");
            }
        }

        foreach (var grant in workspace.Groups)
        {
            var key = $"{contract.TenantId:D}/{grant.GroupId:D}";
            var group = await Find<WorkspaceIndex>("group", key, "group", cancel);
            CheckIndex(row, $"group {key}, which holds a role", group.IsMissing, group.State, workspace.Epoch);
        }

        await CheckKnown(row, "group", KnownIds.GroupsOf(contract.TenantId), workspace.Groups.Select(grant => grant.GroupId), cancel);

        foreach (var contact in contract.Contacts)
        {
            // This index has versions of the contract instead of epochs.
            var person = await Find<UserState>("user", contact.Person.ToString(), "user", cancel);
            CheckIndex(row, $"person {contact.Person}, whom the contract names", person.IsMissing, person.State?.Contracts, long.MaxValue - 1);
        }
    }

    // The ids that a row needs are in the set before the row is stored, and stay at least as long. For rows of earlier releases
    // that holds only after the sets were built.
    private async Task CheckKnown(StoredRow row, string kind, string set, IEnumerable<Guid> ids, CancellationToken cancel)
    {
        var built = await Find<BuiltIds>("known-ids-build", IKnownIdsBuild.Key, "known-ids-build", cancel);
        if (built.State?.IsDone != true)
        {
            return;
        }

        List<Guid> named = [.. ids];
        if (named.Count == 0)
        {
            return;
        }

        var known = await Find<StoredIds>("known-ids", set, "known-ids", cancel);
        if (known.IsMissing)
        {
            Report(row, $"the row of the set {set}, which has its {kind}s, is gone");
        }
        else if (known.State is { } state && named.Where(id => !state.Entries.ContainsKey(id)).ToList() is [var first, ..] lacking)
        {
            Report(row, $"the set {set} has gone back: it lacks {lacking.Count} of its {kind}s, such as {first:D}");
        }
    }

    // An index is told of the next epoch before that epoch is stored.
    private void CheckIndex(StoredRow row, string who, bool isMissing, WorkspaceIndex? index, long epoch)
    {
        if (isMissing)
        {
            Report(row, $"the row of {who}, is gone");
        }
        else if (index is not null && !index.Entries.ContainsKey(row.Key))
        {
            Report(row, $"the row of {who}, does not list it");
        }
        else if (index is not null && index.Entries[row.Key] is var newer && newer > epoch + 1)
        {
            Report(row, $"its epoch {epoch} is older than the one that the row of {who}, knows, {newer}");
        }
    }

    private async Task CheckAudit(StoredRow row, AuditSegment segment, CancellationToken cancel)
    {
        var workspace = await Find<Workspace>("workspace", row.Key, "workspace", cancel);
        if (workspace.IsMissing)
        {
            Report(row, "its workspace is gone");
        }
        else if (workspace.State?.Audit.Last < segment.Events[^1].Sequence)
        {
            Report(row, $"its workspace's audit trail ends at {workspace.State.Audit.Last}, before its own end at {segment.Events[^1].Sequence}");
        }
    }

    private async Task CheckAssessments(StoredRow row, AssessmentSchedules schedules, CancellationToken cancel)
    {
        foreach (var (technology, schedule) in schedules.ByTechnology.Where(s => s.Value.RecommendedBy > 0))
        {
            var name = RowNames.Numbered(RowNames.Recommendations(technology), schedule.RecommendationSlot);
            var found = await Find<RankedRecommendations>(row.GrainType, row.Key, name, cancel);
            if (found.IsMissing || (found.State is { } recommendations && recommendations.RunId != StoredRun.IdOf(technology, schedule.RecommendedBy)))
            {
                Report(row, $"row {name} is gone, or is of another run than {StoredRun.IdOf(technology, schedule.RecommendedBy)}");
            }
        }
    }

    private async Task CheckHead(StoredRow row, LogHead head, CancellationToken cancel)
    {
        var name = RowNames.Numbered(RowNames.LogOf(row.Name)!, head.First);
        if (await rows.Find(row.GrainType, row.Key, name, cancel) is null)
        {
            Report(row, $"row {name}, with which the log begins, is gone");
        }
    }

    private async Task CheckEnd(StoredRow row, LogEnd end, CancellationToken cancel)
    {
        var log = RowNames.LogOf(row.Name)!;
        var head = await Find<LogHead>(row.GrainType, row.Key, RowNames.Head(log), cancel);
        if (head.State?.First > end.Last || (head.State is null && !head.IsMissing))
        {
            return;
        }

        var name = RowNames.Numbered(log, end.Last);
        if (await rows.Find(row.GrainType, row.Key, name, cancel) is null)
        {
            Report(row, $"row {name}, which the log has begun, is gone");
        }
    }

    private async Task CheckSegment(StoredRow row, ILogSegment segment, CancellationToken cancel)
    {
        if (!RowNames.TryParse(row.Name, out var log, out var number))
        {
            return;
        }

        var head = await Find<LogHead>(row.GrainType, row.Key, RowNames.Head(log), cancel);

        // Rows below the head are left-overs. Without a head row the log begins at 0.
        if (number <= (head.State?.First ?? 0) || (head.State is null && !head.IsMissing))
        {
            return;
        }

        var before = RowNames.Numbered(log, number - 1);
        try
        {
            if (await rows.Find(row.GrainType, row.Key, before, cancel) is not { } content)
            {
                Report(row, $"row {before}, which stands before it, is gone, or {RowNames.Head(log)} is");
            }
            else if (((ILogSegment)RowFormat.Read(segment.GetType(), content)).Commit != segment.Previous)
            {
                Report(row, $"row {before}, which stands before it, is not of commit {segment.Previous}");
            }
        }
        catch (RowRefusedException)
        {
            // It is reported when this row itself is read.
        }
    }

    private async Task CheckPeople(StoredRow row, LogSegment<SeenEntry> people, CancellationToken cancel)
    {
        await CheckSegment(row, people, cancel);
        foreach (var entry in people.Entries)
        {
            var person = await Find<UserState>("user", entry.Key, "user", cancel);
            if (person.IsMissing || (person.State is { } user && (user.Seen is null || user.Seen.LastSignInAt < entry.SignedInAt)))
            {
                Report(row, $"the row of person {entry.Key} is gone, or knows an older token than this one");
            }
        }
    }

    /// <summary>Finds a row. If it cannot be read, it is neither missing nor has a state; that is reported when the row itself is read.</summary>
    private async Task<(bool IsMissing, T? State)> Find<T>(string grainType, string key, string name, CancellationToken cancel)
        where T : class
    {
        try
        {
            return await rows.Find(grainType, key, name, cancel) is { } content ? (false, RowFormat.Read<T>(content)) : (true, null);
        }
        catch (RowRefusedException)
        {
            return (false, null);
        }
    }

    private void Report(StoredRow row, string finding)
    {
        Findings++;
        report($"{(row.GrainType.Length == 0 ? "" : $"{row.GrainType}/")}{row.Key}, row {row.Name}: {finding}");
    }
}
