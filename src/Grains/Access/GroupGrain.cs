using System.Collections.Immutable;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>The workspaces of one Entra group. Keyed <c>{tenantId}/{groupId}</c>.</summary>
/// <remarks>
/// A group with workspaces is in its tenant's set of known groups, with a version. Before this grain stores a workspace, it
/// puts the group into the set, or raises its version there. So a process that holds the set and has read a list of that
/// version knows that the list is complete. When the last workspace is gone, the grain tells the set at once; the revocation
/// does not wait for the answer. If that message is lost, the group leaves the set when one of its members signs in, or when
/// the set is full and asks (<see cref="EmptyAt"/>).
/// </remarks>
[GrainType("group")]
internal sealed partial class GroupGrain(
    [PersistentState("group")] IPersistentState<WorkspaceIndex> storage, ILogger<GroupGrain> logger) : Grain, IGroupGrain, IVersionedGroup
{
    /// <summary>How many workspaces are asked at the same time whether they name the group.</summary>
    private const int WorkspacesAtOnce = 32;

    // Whether this activation knows that the group is in the set, and whether it has told the set that the group is empty.
    private bool isKnown;
    private bool isForgotten;

    private WorkspaceIndex State => storage.State;

    public async ValueTask<GroupWorkspaces?> Workspaces(long knownVersion)
    {
        if (State.Entries.IsEmpty && storage.RecordExists && !isForgotten)
        {
            await Forget();
        }

        return knownVersion == State.Version ? null : new(State.Version, [.. State.Entries.Keys]);
    }

    public async Task<GroupWorkspaces?> WorkspacesAt(long knownVersion, long atLeast)
    {
        if (State.Version < atLeast)
        {
            // Another activation may have stored the row. If not, a grant ended halfway or another activation is still working on
            // one; that grant then fails because of this write.
            try
            {
                await storage.ReadStateAsync();
            }
            catch (Exception e)
            {
                throw new StorageUnavailableException($"The group's row could not be read: {e.Message}", e);
            }

            if (State.Version < atLeast)
            {
                await Commit(State with { Version = atLeast });
            }
        }

        return await Workspaces(knownVersion);
    }

    // Called by silos of an earlier release, which do not distinguish the two refusals.
    public async Task<bool> Add(string workspaceId, long epoch) => await AddWorkspace(workspaceId, epoch) == GroupAddition.Added;

    public async Task<GroupAddition> AddWorkspace(string workspaceId, long epoch)
    {
        if (State.With(workspaceId, epoch) is not { } next)
        {
            return GroupAddition.TooManyWorkspaces;
        }

        var grows = next.Version != State.Version;
        if (!isKnown || grows)
        {
            var (known, groupId) = Known();
            if (!await known.Add(groupId, next.Version, grows))
            {
                return GroupAddition.TooManyGroups;
            }

            isKnown = true;
        }

        isForgotten = false;
        await Commit(next);
        return GroupAddition.Added;
    }

    public async Task Remove(string workspaceId, long epoch)
    {
        await Commit(State.Without(workspaceId, epoch));
        if (State.Entries.IsEmpty && storage.RecordExists && !isForgotten)
        {
            // Not awaited, because no right depends on it. A grant that overtakes it has a newer version.
            _ = Forget();
        }
    }

    public async Task<long?> EmptyAt(long version)
    {
        var next = State;
        foreach (var some in State.Entries.Keys.Chunk(WorkspacesAtOnce))
        {
            var epochs = await Task.WhenAll(some.Select(workspaceId =>
                GrainFactory.GetGrain<IContractedWorkspace>(workspaceId).EpochIfGroupHasNoRoles(Known().GroupId)));
            next = some.Zip(epochs).Aggregate(next, (index, lacks) => lacks.Second is { } epoch ? index.Without(lacks.First, epoch) : index);
            if (epochs.Any(epoch => epoch is null))
            {
                break;
            }
        }

        if (!next.Entries.IsEmpty)
        {
            return null;
        }

        // A grant that another activation is working on has entered the set with a newer version than the row's. It was
        // decided on the previous row, so this write makes it fail.
        await Commit(next.Version < version ? next with { Version = version } : next);
        (isKnown, isForgotten) = (false, true);
        DeactivateOnIdle();
        return State.Version;
    }

    // Never throws, because no right depends on it.
    private async Task Forget()
    {
        (isKnown, isForgotten) = (false, true);
        try
        {
            var (known, groupId) = Known();
            await known.Remove(groupId, State.Version);
        }
        catch (Exception e)
        {
            isForgotten = false;
            LogStillKnown(logger, this.GetPrimaryKeyString(), e);
        }
    }

    private (IKnownIdsGrain Set, Guid GroupId) Known()
    {
        // A group's key has the same form as a person's.
        var (tenantId, groupId) = PersonId.Parse(this.GetPrimaryKeyString());
        return (GrainFactory.GetGrain<IKnownIdsGrain>(KnownIds.GroupsOf(tenantId)), groupId);
    }

    private Task Commit(WorkspaceIndex next) =>
        ReferenceEquals(next, State) ? Task.CompletedTask : storage.Commit(this, next);

    [LoggerMessage(LogLevel.Warning, "Group {Group} no longer holds roles but is still in the set of known groups of its tenant; it leaves the set when it is next asked for, or when the set is full")]
    private static partial void LogStillKnown(ILogger logger, string group, Exception exception);
}

/// <summary>The state of an <see cref="IWorkspaceIndex"/>: workspaces, each with the epoch at which it was last added.</summary>
[Alias("EngageCenter.WorkspaceIndex")]
internal sealed record WorkspaceIndex
{
    /// <summary>The most entries of one index.</summary>
    public const int MaxEntries = 5_000;

    public static WorkspaceIndex Empty { get; } = new();

    public long Version { get; init; }

    public ImmutableSortedDictionary<string, long> Entries { get; init; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Returns the index with a workspace, with a greater version if the workspace is new; null if the index is full.</summary>
    public WorkspaceIndex? With(string workspaceId, long epoch)
    {
        if (Entries.TryGetValue(workspaceId, out var known))
        {
            return known >= epoch ? this : this with { Entries = Entries.SetItem(workspaceId, epoch) };
        }

        return Entries.Count >= MaxEntries
            ? null
            : this with { Version = Version + 1, Entries = Entries.SetItem(workspaceId, epoch) };
    }

    /// <summary>Adds all of the workspaces, or returns null if not all of them fit.</summary>
    public WorkspaceIndex? With(ImmutableArray<string> workspaceIds, long epoch)
    {
        var next = this;
        foreach (var workspaceId in workspaceIds)
        {
            if (next.With(workspaceId, epoch) is not { } added)
            {
                return null;
            }

            next = added;
        }

        return next;
    }

    public WorkspaceIndex Without(string workspaceId, long epoch) =>
        Entries.TryGetValue(workspaceId, out var known) && known <= epoch
            ? this with { Version = Version + 1, Entries = Entries.Remove(workspaceId) }
            : this;
}
