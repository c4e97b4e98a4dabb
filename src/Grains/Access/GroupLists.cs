using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>
/// The workspaces in which groups may hold roles, as this silo has read them: one copy for all user grains of the silo. A group
/// is asked once, and again when the set of known ids says that its list has grown or may have. Nobody reports that a list has
/// become shorter. So for up to <see cref="MaxAge"/> it may name a workspace too many; the policy of that workspace decides.
/// </summary>
internal sealed class GroupLists(IGrainFactory grains, TimeProvider time)
{
    /// <summary>After this time a list is read again, because it may have become shorter.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The most entries in memory, one for each list and one for each workspace in it: about 50 MB. They are kept in two halves.
    /// When the newer one is full, the older one is dropped, and its lists are read again when they are needed.
    /// </summary>
    public const int MaxEntries = 500_000;

    /// <summary>How many groups are asked at the same time for one person.</summary>
    private const int AskedAtOnce = 64;

    private readonly Lock changing = new();
    private Dictionary<(Guid TenantId, Guid GroupId), Read> younger = [];
    private Dictionary<(Guid TenantId, Guid GroupId), Read> older = [];
    private int entries;

    public static bool IsFresh(DateTimeOffset read, DateTimeOffset now) => now >= read && now - read < MaxAge;

    /// <summary>Returns all workspaces in which one of the groups may hold roles.</summary>
    /// <param name="set">The tenant's groups by the current lease; null if there is no such lease, or none that could help.</param>
    public async Task<ImmutableHashSet<string>> Of(Guid tenantId, ImmutableArray<Guid> groups, KnownIds? set)
    {
        var workspaces = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        List<Guid>? unknown = null;
        var now = time.GetUtcNow();
        foreach (var groupId in groups)
        {
            if (set?.VersionOf(groupId) is { } version && Find((tenantId, groupId)) is { } read
                && read.Era == set.Era && read.List.Version >= version && IsFresh(read.At, now))
            {
                workspaces.UnionWith(read.List.WorkspaceIds);
            }
            else
            {
                (unknown ??= []).Add(groupId);
            }
        }

        foreach (var some in unknown?.Chunk(AskedAtOnce) ?? [])
        {
            foreach (var list in await Task.WhenAll(some.Select(groupId => Ask(tenantId, groupId, set))))
            {
                workspaces.UnionWith(list.WorkspaceIds);
            }
        }

        return workspaces.ToImmutable();
    }

    private async Task<GroupWorkspaces> Ask(Guid tenantId, Guid groupId, KnownIds? set)
    {
        var before = Find((tenantId, groupId))?.List ?? new(0, []);
        var key = $"{tenantId:D}/{groupId:D}";
        var now = set?.VersionOf(groupId) is { } version
            ? await grains.GetGrain<IVersionedGroup>(key).WorkspacesAt(before.Version, version)
            : await grains.GetGrain<IGroupGrain>(key).Workspaces(before.Version);
        var list = now ?? before;
        Keep((tenantId, groupId), new(list, set?.Era ?? Guid.Empty, time.GetUtcNow()));
        return list;
    }

    private Read? Find((Guid TenantId, Guid GroupId) group)
    {
        lock (changing)
        {
            if (!younger.TryGetValue(group, out var read) && older.Remove(group, out read))
            {
                Add(group, read);
            }

            return read;
        }
    }

    private void Keep((Guid TenantId, Guid GroupId) group, Read read)
    {
        lock (changing)
        {
            if (younger.Remove(group, out var before))
            {
                entries -= before.Entries;
            }

            older.Remove(group);

            // Nothing is kept about a group that was never granted anything.
            if (read.List.Version > 0)
            {
                Add(group, read);
            }
        }
    }

    private void Add((Guid TenantId, Guid GroupId) group, Read read)
    {
        if (entries + read.Entries > MaxEntries / 2)
        {
            (older, younger, entries) = (younger, [], 0);
        }

        younger.Add(group, read);
        entries += read.Entries;
    }

    /// <param name="Era">The era in which the list was read; empty if there was none.</param>
    private sealed record Read(GroupWorkspaces List, Guid Era, DateTimeOffset At)
    {
        public int Entries => 1 + List.WorkspaceIds.Length;
    }
}
