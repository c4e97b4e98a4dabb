using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace EngageCenter.Directories;

/// <summary>
/// Follows the groups of a tenant that hold roles, and asks the directory again about everybody who may have lost or gained one.
/// The position in the directory's changes is stored after everybody was asked about, so changes in between are reported again.
/// </summary>
/// <remarks>
/// A change says only about whom to ask. What a person loses or gains is decided by the directory's complete answer about them. So
/// an incomplete read neither removes nor gives a right, and a repeated change does no harm.
/// </remarks>
[GrainType("directory-follower")]
internal sealed partial class DirectoryFollower(
    [PersistentState("following")] IPersistentState<Following> storage,
    IGrainStorage rows,
    IServiceProvider services,
    IDirectory directory,
    KnownIdsCache knownIds,
    DirectoryMetrics metrics,
    TimeProvider time,
    ILogger<DirectoryFollower> logger) : Grain, IDirectoryFollower
{
    /// <summary>If nobody of the tenant uses the service for this long, following stops. The next person starts it again.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>The most pages in one round of one lot. A longer round is treated like an expired address.</summary>
    private const int MaxPages = 1_000;

    /// <summary>How many workspaces are asked at the same time.</summary>
    private const int AtOnce = 8;

    private static readonly GrainType user = GrainType.Create("user");

    private readonly ToldLog log = new(time.GetUtcNow().UtcTicks);
    private IGrainTimer? timer;
    private long woken;

    // The position in the directory's changes. It is stored after everybody was asked about. 'people' are still to ask about;
    // 'unread' are groups whose people and nested groups have to be read; 'unnamed' are groups whose names were not followed
    // before; 'names' are still to tell, and 'told' were told to workspaces.
    private Following following = new();
    private readonly HashSet<Guid> people = [];
    private readonly HashSet<Guid> unread = [];
    private readonly HashSet<Guid> unnamed = [];
    private readonly Dictionary<Guid, string> names = [];
    private readonly Dictionary<Guid, string> told = [];

    // Groups that a read no longer found in a group with a role, and since when: see NestedIn.
    private readonly Dictionary<(Guid Granted, Guid Nested), long> gone = [];

    private Guid TenantId { get; set; }

    private TimeSpan Now => time.GetElapsedTime(0);

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

    public Task Came(Guid userId)
    {
        if (newcomers.Count < MaxNewcomers)
        {
            newcomers.Add(userId);
        }

        return Task.CompletedTask;
    }

    public Task<ToldChanges> Since(long version) => Task.FromResult(log.Since(version));

    public async Task<bool> Poll()
    {
        bool isComplete;
        askedInRound = 0;
        do
        {
            // Groups and accounts are independent: if one of the two fails, the other one is still done.
            isSomebodyHereLeft = false;
            var begun = time.GetTimestamp();
            var groups = await PollGroups();
            isComplete = await PollAccounts() && groups;
            if (isComplete)
            {
                metrics.CaughtUp(TenantId, begun);
            }
        }
        while (isSomebodyHereLeft);
        here = [];
        await ObserveNewcomers();
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

    // Each step records at once what was read and who is concerned, so that the next round continues from there.
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
                // Starts to follow again before anybody is asked about, so that no change in between is missed.
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
                // Lists keep facts for at most a minute anyway, so nothing waits for this.
                Directory.Forget([.. following.Containing(changes.Select(change => change.GroupId).ToHashSet())]).Ignore();
            }

            Tell(changes, affected);
            people.UnionWith(affected.People);
            foreach (var change in changes.Where(change => change.DisplayName is not null && following.Nested.ContainsKey(change.GroupId)))
            {
                // The directory reports the name with any change of the group. Workspaces are called only if it is a new name.
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

        ForgetGone();
        foreach (var group in following.New(granted).ToList())
        {
            following = following.With(group, []);
            unread.Add(group);
        }

        await Begin();
        unread.IntersectWith(following.Nested.Keys);
        foreach (var group in unread.ToList())
        {
            // Repeated if groups in it were not followed before, because changes of those were not reported until now.
            do
            {
                following = following.With(group, NestedIn(group, await Directory.NestedGroups(group)));
            }
            while (await Begin());

            people.UnionWith(await Holders(group));
            unread.Remove(group);
        }
    }

    /// <summary>
    /// Returns the groups in a group, and those that were in it shortly before. What happened to those may not be reported yet, and
    /// answers about their people may be older than this read, so they are asked about again when it is.
    /// </summary>
    private ImmutableArray<Guid> NestedIn(Guid group, ImmutableArray<Guid> now)
    {
        foreach (var inner in now)
        {
            gone.Remove((group, inner));
        }

        var left = following.Nested[group].Except(now).ToList();
        left.ForEach(inner => gone.TryAdd((group, inner), time.GetTimestamp()));
        return [.. now, .. left];
    }

    /// <summary>Removes the groups that left so long ago that all about it was reported. All reported changes have been read.</summary>
    private void ForgetGone()
    {
        foreach (var (group, inner) in gone.Where(left => time.GetElapsedTime(left.Value) > UserGrain.Settling).Select(left => left.Key).ToList())
        {
            gone.Remove((group, inner));
            if (following.Nested.TryGetValue(group, out var nested))
            {
                following = following.With(group, nested.Remove(inner));
            }
        }
    }

    // Tells grains that keep the people of groups. It is done before anybody is asked about, so that they read the new state.
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

    /// <returns>Whether there were groups that were not followed before.</returns>
    private async Task<bool> Begin()
    {
        var unfollowed = following.Unfollowed().ToList();
        foreach (var some in unfollowed)
        {
            following = following.With(new FollowedLot(some, await Directory.Follow(some)));
            unnamed.UnionWith(some.Where(following.Nested.ContainsKey));

            // Who read them before may have missed what changed until now.
            log.Add(new([.. following.Containing(some.ToHashSet())], []));
        }

        return unfollowed.Count > 0;
    }

    /// <returns>No address if the old one has expired.</returns>
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

    // Returns the people who signed in with the group, over all workspaces in which it holds a role.
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
                    await Task.WhenAll(some.Select(workspace => GrainFactory.GetGrain<INamedGroups>(workspace).NameGroup(group, name)));
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

    // A group may have been renamed before it was followed.
    private async Task AskForNames()
    {
        unnamed.IntersectWith(following.Nested.Keys);
        foreach (var some in unnamed.ToArray().Chunk(GroupGrant.MaxPerWorkspace))
        {
            // The remembered facts may be from before that.
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

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: not all changes of groups were processed; they are read again: {Reason}")]
    private static partial void LogNotFollowed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: a workspace was not told the new name of a group; the next round tries again: {Reason}")]
    private static partial void LogNotNamed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: the directory no longer reports what changed; it is asked again about everybody in the groups")]
    private static partial void LogExpired(ILogger logger, Guid tenantId);
}
