using System.Collections.Immutable;
using EngageCenter.Storage;

namespace EngageCenter.Access;

/// <summary>The workspaces of one Entra group. Keyed <c>{tenantId}/{groupId}</c>.</summary>
[GrainType("group")]
internal sealed class GroupGrain([PersistentState("group")] IPersistentState<WorkspaceIndex> storage) : Grain, IGroupGrain
{
    public ValueTask<GroupWorkspaces?> Workspaces(long knownVersion) => new(
        knownVersion == storage.State.Version
            ? null
            : new GroupWorkspaces(storage.State.Version, [.. storage.State.Entries.Keys]));

    public async Task<bool> Add(string workspaceId, long epoch)
    {
        if (storage.State.With(workspaceId, epoch) is not { } next)
        {
            return false;
        }

        await Commit(next);
        return true;
    }

    public Task Remove(string workspaceId, long epoch) => Commit(storage.State.Without(workspaceId, epoch));

    private Task Commit(WorkspaceIndex next) =>
        ReferenceEquals(next, storage.State) ? Task.CompletedTask : storage.Commit(this, next);
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
