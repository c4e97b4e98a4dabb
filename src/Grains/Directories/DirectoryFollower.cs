using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Storage;
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

    /// <summary>
    /// The most people about whom one round asks, for groups and for accounts each. The next round asks about the others. It follows
    /// at once while people with an activation are among them.
    /// </summary>
    public const int MaxPerRound = 1_200;

    /// <summary>How many workspaces are asked at the same time.</summary>
    private const int AtOnce = 8;

    /// <summary>
    /// How many people are asked about at the same time, and the least time that this takes. So a round leaves a seventh of
    /// <see cref="DirectoryBudget.MaxPerPeriod"/> for sign-ins and for new changes.
    /// </summary>
    private const int AskedAtOnce = 30;

    private static readonly TimeSpan pace = TimeSpan.FromMilliseconds(100);

    // How many grains are prepared at the same time. This sends no request to the directory.
    private const int PreparedAtOnce = 64;

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

    // People with an activation, as last listed, and whether the rounds under way left some of them for the next one.
    private HashSet<Guid> here = [];
    private bool isSomebodyHereLeft;

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

    public Task<ToldChanges> Since(long version) => Task.FromResult(log.Since(version));

    public async Task<bool> Poll()
    {
        bool isComplete;
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
                following = following.With(group, await Directory.NestedGroups(group));
            }
            while (await Begin());

            people.UnionWith(await Holders(group));
            unread.Remove(group);
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

    /// <param name="concerned">The people who still have to be asked about.</param>
    /// <returns>Whether all of them were.</returns>
    private async Task<bool> Observe(HashSet<Guid> concerned, Func<IObservedPerson, Task<bool>> observe)
    {
        var all = concerned.Count;
        var (some, areMoreHere) = await WhoeverIsHereFirst(concerned);
        var (ready, others, expired) = some.Count > AskedAtOnce ? await Prepare(some) : (some, [], TimeSpan.Zero);
        if (await ObserveEach(ready) && others.Count > 0 && (ready.Count == 0 || !areMoreHere))
        {
            // Waits until the decisions that earlier activations of these people lent have expired. One wait is for all of them.
            if (expired - Now is { } wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time);
            }

            await ObserveEach(others);
        }

        isSomebodyHereLeft |= areMoreHere && concerned.Count < all;
        if (all > 0)
        {
            LogFollowed(logger, TenantId, all - concerned.Count, concerned.Count);
        }

        return concerned.Count == 0;

        async Task<bool> ObserveEach(List<Guid> people)
        {
            foreach (var some in people.Chunk(AskedAtOnce))
            {
                var paced = people.Count > AskedAtOnce ? Task.Delay(pace, time) : Task.CompletedTask;
                var observed = await Task.WhenAll(some.Select(Observed));
                concerned.ExceptWith(some.Where((_, n) => observed[n]));

                // If one person's row cannot be read or written, the others are still done. If the directory is silent, the round ends.
                if (!observed.Any(isObserved => isObserved))
                {
                    return false;
                }

                await paced;
            }

            return true;
        }

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

    /// <returns>The people who can be asked about at once, and those for whom lent decisions have to expire first, and when these have.</returns>
    private async Task<(List<Guid> Ready, List<Guid> Others, TimeSpan Expired)> Prepare(List<Guid> people)
    {
        List<Guid> ready = [], others = [];
        var expired = TimeSpan.Zero;
        foreach (var some in people.Chunk(PreparedAtOnce))
        {
            var waits = await Task.WhenAll(some.Select(Wait));
            ready.AddRange(some.Where((_, n) => waits[n] <= TimeSpan.Zero));
            others.AddRange(some.Where((_, n) => waits[n] > TimeSpan.Zero));
            if (Now + waits.Max() is { } last && last > expired)
            {
                expired = last;
            }
        }

        return (ready, others, expired);

        async Task<TimeSpan> Wait(Guid person)
        {
            try
            {
                return await GrainFactory.GetGrain<IObservedPerson>($"{TenantId:D}/{person:D}").Prepare();
            }
            catch (Exception e)
            {
                // A silo of an earlier release does not have this method. It waits when the person is asked about.
                LogNotObserved(logger, TenantId, e.Message);
                return DecisionLease.Longest;
            }
        }
    }

    /// <summary>
    /// Returns whom one round asks about. If it cannot ask about everybody, people with an activation come first, because checks may
    /// use their old groups now.
    /// </summary>
    private async Task<(List<Guid> Some, bool AreMoreHere)> WhoeverIsHereFirst(HashSet<Guid> concerned)
    {
        if (concerned.Count <= MaxPerRound)
        {
            return ([.. concerned], false);
        }

        if (!here.Overlaps(concerned))
        {
            var prefix = $"{TenantId:D}/";
            here = (await GrainFactory.GetGrain<IManagementGrain>(0).GetActiveGrains(user))
                .Select(id => id.Key.ToString()!).Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => Guid.Parse(key.AsSpan(prefix.Length))).ToHashSet();
        }

        return ([.. concerned.OrderByDescending(here.Contains).Take(MaxPerRound)], concerned.Count(here.Contains) > MaxPerRound);
    }

    [LoggerMessage(LogLevel.Information, "Tenant {TenantId}: the directory was asked again about {People} people after changes, {Left} are left")]
    private static partial void LogFollowed(ILogger logger, Guid tenantId, int people, int left);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: a person's groups or account could not be read; the next round tries again: {Reason}")]
    private static partial void LogNotObserved(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: not all changes of groups were processed; they are read again: {Reason}")]
    private static partial void LogNotFollowed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: a workspace was not told the new name of a group; the next round tries again: {Reason}")]
    private static partial void LogNotNamed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: the directory no longer reports what changed; it is asked again about everybody in the groups")]
    private static partial void LogExpired(ILogger logger, Guid tenantId);
}
