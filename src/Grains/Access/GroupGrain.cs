using System.Collections.Immutable;
using EngageCenter.Storage;
using EngageCenter.Users;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>The workspaces of one Entra group. Keyed <c>{tenantId}/{groupId}</c>.</summary>
/// <remarks>
/// A group with workspaces is in its tenant's set of known groups. It comes into the set before its first workspace is
/// stored here. It leaves the set after its last one is gone from here: with the activation, so that no revocation waits for
/// that, or, after a crash, when one of its members comes and it is asked for in vain.
/// </remarks>
[GrainType("group")]
internal sealed partial class GroupGrain(
    [PersistentState("group")] IPersistentState<WorkspaceIndex> storage, ILogger<GroupGrain> logger) : Grain, IGroupGrain
{
    // Whether this activation knows that the group is in the set, and whether its last workspace has gone since.
    private bool isKnown;
    private bool isEmptied;

    private WorkspaceIndex State => storage.State;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        isEmptied && reason.ReasonCode != DeactivationReasonCode.ShuttingDown ? Forget() : Task.CompletedTask;

    public async ValueTask<GroupWorkspaces?> Workspaces(long knownVersion)
    {
        if (State.Entries.IsEmpty && storage.RecordExists && !isEmptied)
        {
            await Forget();
        }

        return knownVersion == State.Version ? null : new(State.Version, [.. State.Entries.Keys]);
    }

    // What silos of an earlier release call: they do not tell one refusal from the other.
    public async Task<bool> Add(string workspaceId, long epoch) => await Grant(workspaceId, epoch) == GroupAddition.Added;

    public async Task<GroupAddition> Grant(string workspaceId, long epoch)
    {
        if (State.With(workspaceId, epoch) is not { } next)
        {
            return GroupAddition.TooManyWorkspaces;
        }

        var isFirst = State.Entries.IsEmpty;
        if (!isKnown || isFirst)
        {
            var (known, groupId) = Known();
            if (!await known.Add(groupId, next.Version, isFirst))
            {
                return GroupAddition.TooManyGroups;
            }

            isKnown = true;
        }

        isEmptied = false;
        await Commit(next);
        return GroupAddition.Added;
    }

    public async Task Remove(string workspaceId, long epoch)
    {
        await Commit(State.Without(workspaceId, epoch));
        isEmptied = State.Entries.IsEmpty && storage.RecordExists;
    }

    // Nobody's right depends on it, so what came before it is answered all the same.
    private async Task Forget()
    {
        (isKnown, isEmptied) = (false, true);
        try
        {
            var (known, groupId) = Known();
            await known.Remove(groupId, State.Version);
        }
        catch (Exception e)
        {
            LogStillKnown(logger, this.GetPrimaryKeyString(), e);
        }
    }

    private (IKnownIdsGrain Set, Guid GroupId) Known()
    {
        // A group's key has the shape of a person's.
        var (tenantId, groupId) = PersonId.Parse(this.GetPrimaryKeyString());
        return (GrainFactory.GetGrain<IKnownIdsGrain>(KnownIds.GroupsOf(tenantId)), groupId);
    }

    private Task Commit(WorkspaceIndex next) =>
        ReferenceEquals(next, State) ? Task.CompletedTask : storage.Commit(this, next);

    [LoggerMessage(LogLevel.Warning, "Group {Group} holds no roles any more and is still among the known ones of its tenant; it leaves them when it is asked for next")]
    private static partial void LogStillKnown(ILogger logger, string group, Exception exception);
}

/// <summary>The state of an <see cref="IWorkspaceIndex"/>: workspaces, each with the epoch it was last added at.</summary>
[Alias("EngageCenter.WorkspaceIndex")]
internal sealed record WorkspaceIndex
{
    /// <summary>Entries of one index.</summary>
    public const int MaxEntries = 5_000;

    public static WorkspaceIndex Empty { get; } = new();

    public long Version { get; init; }

    public ImmutableSortedDictionary<string, long> Entries { get; init; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Null where the index is full.</summary>
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

    public WorkspaceIndex Without(string workspaceId, long epoch) =>
        Entries.TryGetValue(workspaceId, out var known) && known <= epoch
            ? this with { Version = Version + 1, Entries = Entries.Remove(workspaceId) }
            : this;
}
