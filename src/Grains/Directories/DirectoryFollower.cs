using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace EngageCenter.Directories;

/// <summary>
/// Follows the groups of a tenant that hold roles, and has everybody observed anew who may have lost or gained one. Where it
/// is in the directory's changes is stored after all of them were: what happens to it in between is told again.
/// </summary>
/// <remarks>
/// A change only says whom to ask about: what somebody loses or gains is what the directory then says of them, whole. So a
/// partial read neither removes nor gives a right, and what is told twice does no harm.
/// </remarks>
[GrainType("directory-follower")]
internal sealed partial class DirectoryFollower(
    [PersistentState("following")] IPersistentState<Following> storage,
    IGrainStorage rows,
    IDirectory directory,
    KnownIdsCache knownIds,
    DirectoryMetrics metrics,
    TimeProvider time,
    ILogger<DirectoryFollower> logger) : Grain, IDirectoryFollower
{
    /// <summary>Without anybody of the tenant for so long, nobody is followed. The first who comes begins it again.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>Pages of one round of one lot. A longer one is taken for an expired address.</summary>
    private const int MaxPages = 1_000;

    /// <summary>People and workspaces that are asked at once.</summary>
    private const int AtOnce = 8;

    private readonly ToldLog log = new(time.GetUtcNow().UtcTicks);
    private IGrainTimer? timer;
    private long woken;

    // The position in the directory's changes. It is stored once everybody was observed. 'people' are those still to observe;
    // 'unread' are the groups whose people and nested groups have to be read; 'unnamed' are those whose names were not followed
    // before; 'names' are those still to tell, and 'told' those that workspaces have been told.
    private Following following = new();
    private readonly HashSet<Guid> people = [];
    private readonly HashSet<Guid> unread = [];
    private readonly HashSet<Guid> unnamed = [];
    private readonly Dictionary<Guid, string> names = [];
    private readonly Dictionary<Guid, string> told = [];

    private Guid TenantId { get; set; }

    private IDirectoryGrain Directory => GrainFactory.GetGrain<IDirectoryGrain>($"{TenantId:D}");

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        TenantId = Guid.ParseExact(this.GetPrimaryKeyString(), "D");
        following = storage.State;
        accountsRow = await rows.ReadRow<FollowedAccounts>(this, AccountsName);
        accountsAddress = accountsRow.State!.Address;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        metrics.Unfollows(TenantId);
        return Task.CompletedTask;
    }

    public Task Wake()
    {
        woken = time.GetTimestamp();
        if (directory.IsConfiguredFor(TenantId) && directory.Poll is { } poll)
        {
            metrics.Follows(TenantId);
            timer ??= this.RegisterGrainTimer(Follow, new GrainTimerCreationOptions(TimeSpan.Zero, poll) { KeepAlive = true });
        }

        return Task.CompletedTask;
    }

    public Task<ToldChanges> Since(long version) => Task.FromResult(log.Since(version));

    public async Task<bool> Poll()
    {
        // One that does not come to its end keeps nothing from the other.
        var begun = time.GetTimestamp();
        var groups = await PollGroups();
        var isComplete = await PollAccounts() && groups;
        if (isComplete)
        {
            metrics.CaughtUp(TenantId, begun);
        }

        return isComplete;
    }

    private async Task<bool> PollGroups()
    {
        if (await knownIds.Current(KnownIds.GroupsOf(TenantId)) is not { IsComplete: true } known)
        {
            return false;
        }

        var begun = time.GetTimestamp();
        var isComplete = false;
        try
        {
            await Read(known.Ids);
            isComplete = await Observe(people, person => person.ObserveAgain());
            await Name();
        }
        catch (Exception e)
        {
            LogNotFollowed(logger, TenantId, e.Message);
        }

        metrics.Followed(time.GetElapsedTime(begun), isComplete);
        if (isComplete && !ReferenceEquals(following, storage.State))
        {
            await storage.Commit(this, following);
        }

        return isComplete;
    }

    private async Task Follow(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(woken) >= Idle)
        {
            timer!.Dispose();
            timer = null;
            DeactivateOnIdle();
            return;
        }

        await Poll();
    }

    // Each step takes over what was read and who is concerned by it at once, so that the next round goes on from there.
    private async Task Read(ImmutableArray<Guid> granted)
    {
        following = following.Keep(granted);
        foreach (var gone in told.Keys.Where(group => !following.Nested.ContainsKey(group)).ToList())
        {
            told.Remove(gone);
        }

        foreach (var lot in following.Lots)
        {
            var (address, changes) = await Read(lot);
            if (address is null)
            {
                // Begun anew before anybody is observed, so that nothing happens in between unseen.
                LogExpired(logger, TenantId);
                metrics.Resynced();
                following = following.With(new FollowedLot(lot.Groups, await Directory.Follow(lot.Groups)));
                unread.UnionWith(following.Containing(lot.Groups.ToHashSet()));
                log.Add(new([.. following.Containing(lot.Groups.ToHashSet())], []));
                unnamed.UnionWith(lot.Groups.Where(following.Nested.ContainsKey));
                continue;
            }

            var affected = following.Affected(changes);

            if (changes.Count > 0)
            {
                // What lists say of them is a minute old at most in any case, so nothing here waits for it.
                Directory.Forget([.. following.Containing(changes.Select(change => change.GroupId).ToHashSet())]).Ignore();
            }

            Tell(changes, affected);
            people.UnionWith(affected.People);
            foreach (var change in changes.Where(change => change.DisplayName is not null && following.Nested.ContainsKey(change.GroupId)))
            {
                // The directory says the name with any change of the group. No workspace is woken to hear the same again.
                var name = change.DisplayName!.Trim();
                if (told.GetValueOrDefault(change.GroupId) == name)
                {
                    names.Remove(change.GroupId);
                }
                else
                {
                    names[change.GroupId] = name;
                }
            }

            unread.UnionWith(affected.Groups);
            following = address == lot.Address ? following : following.With(lot with { Address = address });
        }

        foreach (var group in following.New(granted).ToList())
        {
            following = following.With(group, []);
            unread.Add(group);
        }

        await Begin();
        unread.IntersectWith(following.Nested.Keys);
        foreach (var group in unread.ToList())
        {
            following = following.With(group, await Directory.NestedGroups(group));
            await Begin();
            people.UnionWith(await Holders(group));
            unread.Remove(group);
        }
    }

    // For those who keep people of groups: before anybody is observed, so that they read what is so from now on.
    private void Tell(List<GroupChange> changes, Affected affected)
    {
        foreach (var change in changes.Where(change => change.People.Length > 0))
        {
            log.Add(new([.. following.Containing(new HashSet<Guid> { change.GroupId })], change.People));
        }

        if (affected.Groups.Length > 0)
        {
            log.Add(new(affected.Groups, []));
        }
    }

    private async Task Begin()
    {
        foreach (var some in following.Unfollowed().ToList())
        {
            following = following.With(new FollowedLot(some, await Directory.Follow(some)));
            unnamed.UnionWith(some.Where(following.Nested.ContainsKey));

            // Who read them before may have missed what changed until now.
            log.Add(new([.. following.Containing(some.ToHashSet())], []));
        }
    }

    /// <returns>No address where it has expired.</returns>
    private async Task<(string? Address, List<GroupChange> Changes)> Read(FollowedLot lot)
    {
        List<GroupChange> changes = [];
        var address = lot.Address;
        for (var page = 0; page < MaxPages; page++)
        {
            var read = await Directory.Changes(address);
            if (read.IsExpired)
            {
                break;
            }

            changes.AddRange(read.Changes);
            if (read.NextRound is { } round)
            {
                return (round, changes);
            }

            address = read.NextPage!;
        }

        return (null, []);
    }

    // Those who came with the group, in whichever workspace it holds a role.
    private async Task<HashSet<Guid>> Holders(Guid group)
    {
        HashSet<Guid> found = [];
        foreach (var some in (await WorkspacesOf(group)).Chunk(AtOnce))
        {
            foreach (var holders in await Task.WhenAll(some.Select(workspace => GrainFactory.GetGrain<IPeopleOfGroups>(workspace).In(TenantId, group))))
            {
                found.UnionWith(holders);
            }
        }

        return found;
    }

    // If a workspace cannot be told now, the next round tells it. No right depends on a name.
    private async Task Name()
    {
        try
        {
            await AskForNames();
        }
        catch (Exception e)
        {
            LogNotNamed(logger, TenantId, e.Message);
        }

        foreach (var (group, name) in names.ToList())
        {
            try
            {
                foreach (var some in (await WorkspacesOf(group)).Chunk(AtOnce))
                {
                    await Task.WhenAll(some.Select(workspace => GrainFactory.GetGrain<INamedGroups>(workspace).Name(group, name)));
                }

                names.Remove(group);
                told[group] = name;
            }
            catch (Exception e)
            {
                LogNotNamed(logger, TenantId, e.Message);
            }
        }
    }

    // A group may have got another name before it was followed.
    private async Task AskForNames()
    {
        unnamed.IntersectWith(following.Nested.Keys);
        foreach (var some in unnamed.ToArray().Chunk(GroupGrant.MaxPerWorkspace))
        {
            // What is remembered of them may be from before.
            await Directory.Forget([.. some]);
            foreach (var known in await Directory.Facts([.. some], counted: false))
            {
                if (known.DisplayName is not null)
                {
                    names.TryAdd(known.GroupId, known.DisplayName.Trim());
                }

                if (known.Status != GroupStatus.Unknown)
                {
                    unnamed.Remove(known.GroupId);
                }
            }
        }
    }

    private async Task<ImmutableArray<string>> WorkspacesOf(Guid group) =>
        await GrainFactory.GetGrain<IGroupGrain>($"{TenantId:D}/{group:D}").Workspaces(-1) is { } workspaces ? workspaces.WorkspaceIds : [];

    /// <param name="concerned">Those whom it remains to observe.</param>
    /// <returns>Whether everybody was.</returns>
    private async Task<bool> Observe(HashSet<Guid> concerned, Func<IObservedPerson, Task<bool>> observe)
    {
        var all = concerned.Count;
        foreach (var some in concerned.ToList().Chunk(AtOnce))
        {
            var observed = await Task.WhenAll(some.Select(Observed));
            concerned.ExceptWith(some.Where((_, n) => observed[n]));

            // One person whose row cannot be read or written is no reason to let the others wait; a silent directory is.
            if (!observed.Any(isObserved => isObserved))
            {
                break;
            }
        }

        if (all > 0)
        {
            LogFollowed(logger, TenantId, all - concerned.Count, concerned.Count);
        }

        return concerned.Count == 0;

        async Task<bool> Observed(Guid person)
        {
            try
            {
                return await observe(GrainFactory.GetGrain<IObservedPerson>($"{TenantId:D}/{person:D}"));
            }
            catch (Exception e)
            {
                LogNotObserved(logger, TenantId, e.Message);
                return false;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Tenant {TenantId}: {People} people were observed anew after changes in the directory, {Left} are left")]
    private static partial void LogFollowed(ILogger logger, Guid tenantId, int people, int left);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: somebody could not be observed, and is with the next round: {Reason}")]
    private static partial void LogNotObserved(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: the changes of groups were not followed to the end, and are read again: {Reason}")]
    private static partial void LogNotFollowed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: a workspace was not told the new name of a group, and is told with the next round: {Reason}")]
    private static partial void LogNotNamed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: what changed is not told any more; everybody in the groups is observed anew")]
    private static partial void LogExpired(ILogger logger, Guid tenantId);
}
