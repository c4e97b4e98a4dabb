using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;

namespace EngageCenter.Users;

/// <summary>The workspaces of the person: those that they may be a member of, and those that they are a member of.</summary>
internal sealed partial class UserGrain
{
    private CandidateWorkspaces? candidates;

    public async Task<ImmutableArray<UserWorkspace>?> Workspaces(SignIn signIn, CancellationToken cancellation)
    {
        var all = await Accept(signIn) ? await ExamineAll(cancellation) : null;
        return all is null
            ? null
            : [.. all.OrderBy(w => w.Workspace.Name, NameOrder.Instance)
                .ThenBy(w => w.Workspace.WorkspaceId, StringComparer.Ordinal)];
    }

    public async Task<Page<UserWorkspace>?> Switcher(SignIn signIn, string? search, PageRequest page)
    {
        // If a workspace is renamed between two pages, it can be on both pages or on neither. No version of the names is kept, so the cursors of this list have a constant stamp.
        const string list = "switcher";
        const long stamp = 0;
        var after = page.After is { } cursor ? NamedCursor.Parse(cursor, list, stamp) : null;
        if (await Workspaces(signIn, CancellationToken.None) is not { } all)
        {
            return null;
        }

        var term = SearchTerm.Of(search);
        return Pages.Of(
            at => all[at], 0, all.Length, after is null ? 0 : all.Count(w => PlaceOf(w).CompareTo(after) <= 0), page.Size, count: true,
            term is null ? null : w => term.IsIn(w.Workspace.Name), w => w, w => PlaceOf(w).ToString(list), w => Weight.Of(w.Workspace.Name));

        static NamedCursor PlaceOf(UserWorkspace w) => new(stamp, w.Workspace.Name, w.Workspace.WorkspaceId);
    }

    /// <summary>Returns every workspace that the person is a member of; null if one cannot be confirmed.</summary>
    private async Task<List<UserWorkspace>?> ExamineAll(CancellationToken cancellation = default)
    {
        var seen = Seen;
        if (await Candidates(cancellation) is not { } ids)
        {
            return null;
        }

        var members = new List<UserWorkspace>();
        List<string>? anew = null;
        foreach (var id in ids)
        {
            if (Remembered(id) is not { } made || !IsTold(id, made.Decision.Standing == Standing.Member))
            {
                (anew ??= []).Add(id);
            }
            else if (made.Decision.Standing == Standing.Member)
            {
                members.Add(Listed(new Examined(made, known[id].Lease.Leased)));
            }
        }

        foreach (var some in anew?.Chunk(Parallel) ?? [])
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var examined in await Task.WhenAll(some.Select(id => Examine(id).AsTask())).WaitAsync(cancellation))
            {
                if (examined.Access.Decision.Standing == Standing.Unconfirmed)
                {
                    return null;
                }

                if (examined.Access.Decision.Standing == Standing.Member)
                {
                    members.Add(Listed(examined));
                }
            }
        }

        if (ReferenceEquals(seen, Seen) && durable.ListedIn.All(id => IsTold(id, isMember: true)))
        {
            toldAll = seen;
        }

        return members;
    }

    /// <summary>
    /// Returns the workspaces that the person may be a member of, and those whose list is told of their sign-ins; null if they cannot
    /// be confirmed. It answers from memory while the person's groups and contracts and the known groups of their tenant are unchanged.
    /// </summary>
    private async ValueTask<ImmutableHashSet<string>?> Candidates(CancellationToken cancellation)
    {
        if (await GroupsInQuestion() is not { } groups)
        {
            return null;
        }

        var (contracts, listedIn, now) = (durable.Contracts.Entries, durable.ListedIn, time.GetUtcNow());
        if (candidates is { } before && before.Groups == groups && ReferenceEquals(before.Contracts, contracts) && ReferenceEquals(before.ListedIn, listedIn)
            && GroupLists.IsFresh(before.At, now))
        {
            return before.WorkspaceIds;
        }

        var ids = (await groupLists.Of(Person.TenantId, groups.MayHold, groups.Set).WaitAsync(cancellation)).Union(contracts.Keys).Union(listedIn);
        candidates = groups.CanTell ? new(groups, contracts, listedIn, now, ids) : null;
        return ids;
    }

    /// <summary>
    /// Returns those of the person's groups that may hold a role somewhere; null if that cannot be confirmed. A token may name 200
    /// groups that are unknown here, and no grain is activated for those.
    /// </summary>
    private async ValueTask<GroupsInSet?> GroupsInQuestion()
    {
        var groups = Groups;
        if (groups.IsEmpty)
        {
            return new([], null);
        }

        if (await knownIds.Current(KnownIds.TenantsWith(Person.TenantId)) is not { } tenants)
        {
            return null;
        }

        if (!tenants.MayHold(Person.TenantId))
        {
            return new([], null);
        }

        // While the sets are incomplete, the tenant may be unknown. Asking for its set of groups would create one, so it is not asked.
        if (!tenants.IsComplete)
        {
            return new(groups, null);
        }

        return await knownIds.Current(KnownIds.GroupsOf(Person.TenantId)) is { } set ? new(groups, set) : null;
    }

    private UserWorkspace Listed(Examined examined)
    {
        var (decision, roles) = (examined.Access.Decision, examined.Access.Roles.Union());
        return new(
            examined.Policy!.Workspace, roles, decision.Permissions,
            durable.Opened.TryGetValue(decision.WorkspaceId, out var at) ? at : null,
            durable.LastOpened == decision.WorkspaceId);
    }

    /// <summary>Groups, and the leased set that says which of them may hold roles. Two are equal if they have the same objects.</summary>
    /// <param name="Set">Null if nothing is leased, or no set is needed.</param>
    private readonly record struct GroupsInSet(ImmutableArray<Guid> Groups, KnownIds? Set)
    {
        public ImmutableArray<Guid> MayHold => Set is { } set ? [.. Groups.Where(set.MayHold)] : Groups;

        /// <summary>Whether another set would show that a list has grown.</summary>
        public bool CanTell => Groups.IsEmpty || Set is { IsComplete: true, Era: var era } && era != Guid.Empty;

        public bool Equals(GroupsInSet other) => Groups == other.Groups && ReferenceEquals(Set, other.Set);

        public override int GetHashCode() => HashCode.Combine(Groups, Set);
    }

    private sealed record CandidateWorkspaces(
        GroupsInSet Groups,
        ImmutableSortedDictionary<string, long> Contracts,
        ImmutableSortedSet<string> ListedIn,
        DateTimeOffset At,
        ImmutableHashSet<string> WorkspaceIds);
}
