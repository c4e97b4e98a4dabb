using EngageCenter.Access;
using EngageCenter.Directories;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Workspaces;

/// <summary>
/// Reads from the directory who is in the groups with roles: when somebody asks for the list, and again after a change that the
/// directory reported. A list that nobody asks for is not kept up to date.
/// </summary>
internal sealed partial class WorkspaceUsersGrain
{
    /// <summary>After this time a call is answered with the list so far or, if it was never complete, with TryLaterException.</summary>
    public static readonly TimeSpan ReadingFor = TimeSpan.FromSeconds(5);

    /// <summary>If changes are not followed, groups are read again after this time.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    /// <summary>The most people who are asked about one by one. If a change names more, their groups are read completely.</summary>
    private const int MaxNamed = 50;

    /// <summary>How many groups are read at the same time.</summary>
    private const int GroupsAtOnce = 4;

    private DirectoryPeople fromDirectory = null!;

    // The current read, the follower's version up to which it goes, and the groups and people that still have to be read.
    private Task? reading;
    private long version;
    private readonly HashSet<Guid> stale = [];
    private readonly HashSet<Guid> named = [];
    private readonly HashSet<Guid> groupsOfNamed = [];
    private long? lastRead;

    // Whether the directory did not answer. Then its groups list the people from before, and are read again with the next list.
    private bool isSilent;
    private (long Since, TimeSpan For)? pause;

    /// <summary>Returns when the list is as in the directory, or as it was when the directory last answered.</summary>
    /// <exception cref="TryLaterException">The list is being read for the first time.</exception>
    private async Task ReadDirectory(AccessPolicy policy)
    {
        if (!directory.IsConfiguredFor(policy.TenantId))
        {
            return;
        }

        followers.Wake(policy.TenantId);
        if (pause is not { } paused || time.GetElapsedTime(paused.Since) >= paused.For)
        {
            try
            {
                await (reading ??= Read(policy)).WaitAsync(ReadingFor, time);
            }
            catch (TimeoutException)
            {
                // The read continues, for the next caller.
            }
        }

        if (!isSilent && policy.Groups.Any(group => !fromDirectory.Holds(group.GroupId)))
        {
            throw new TryLaterException(retryAfter);
        }
    }

    /// <summary>Returns the people in a group, by the directory, even if the group does not hold a role yet.</summary>
    private async Task<IReadOnlyCollection<DirectoryMember>> MembersOf(AccessPolicy policy, Guid groupId)
    {
        if (!directory.IsConfiguredFor(policy.TenantId) || fromDirectory.Holds(groupId))
        {
            return [];
        }

        try
        {
            return await Members(policy.TenantId, groupId).WaitAsync(ReadingFor, time);
        }
        catch (TimeoutException)
        {
            throw new TryLaterException(retryAfter);
        }
        catch (TryLaterException)
        {
            // A directory that does not answer must not prevent grants, so only the known people are counted.
            return [];
        }
    }

    private async Task Read(AccessPolicy policy)
    {
        await Task.Yield();
        HashSet<Guid> concerned = [];
        try
        {
            await ReadChanges(policy, concerned);
            (isSilent, pause) = (false, null);
        }
        catch (Exception e)
        {
            // The list is a hint. While the directory does not answer, it has the people who were known. If the directory only may not
            // be asked more now, the read continues in the next minute.
            isSilent = await IsSilent(policy.TenantId);
            pause = (time.GetTimestamp(), (e as TryLaterException)?.RetryAfter ?? retryAfter);
            LogNotRead(logger, Id, e.Message);
        }
        finally
        {
            // Everybody is placed at once: to place many costs as much as to place one.
            current?.People.Listed(concerned, fromDirectory.All);
            reading = null;
        }
    }

    private async Task<bool> IsSilent(Guid tenantId)
    {
        try
        {
            return (await GrainFactory.GetGrain<IDirectoryGrain>($"{tenantId:D}").State()).Status != DirectoryStatus.Connected;
        }
        catch (Exception)
        {
            // The state is unknown, so the directory counts as silent. The failure is in its grain's log.
            return true;
        }
    }

    /// <param name="concerned">Gets the people who changed or are no longer listed.</param>
    private async Task ReadChanges(AccessPolicy policy, HashSet<Guid> concerned)
    {
        var granted = policy.Groups.Select(group => group.GroupId).ToHashSet();
        foreach (var gone in fromDirectory.Except(granted).ToList())
        {
            concerned.UnionWith(fromDirectory.Forget(gone));

            // There is room now for people of groups that did not fit into the list.
            stale.UnionWith(fromDirectory.Incomplete);
        }

        var told = await GrainFactory.GetGrain<IDirectoryFollower>($"{policy.TenantId:D}").Since(version);
        if (!told.IsKnown || (directory.Poll is null && lastRead is { } last && time.GetElapsedTime(last) >= FreshFor))
        {
            stale.UnionWith(granted);
        }

        foreach (var change in told.Changes)
        {
            if (change.People.IsEmpty)
            {
                stale.UnionWith(change.Groups);
            }
            else if (change.Groups.IsEmpty)
            {
                Ask(change.People.Where(fromDirectory.All.ContainsKey));
            }
            else if (change.Groups.Any(granted.Contains))
            {
                Ask(change.People);
                groupsOfNamed.UnionWith(change.Groups);
            }
        }

        version = told.Version;
        if (named.Count > MaxNamed)
        {
            stale.UnionWith(groupsOfNamed);
            named.Clear();
        }

        stale.IntersectWith(granted);
        stale.UnionWith(granted.Where(group => !fromDirectory.Holds(group)));
        foreach (var some in stale.ToList().Chunk(GroupsAtOnce))
        {
            await Task.WhenAll(some.Select(async group =>
            {
                var began = time.GetUtcNow();
                concerned.UnionWith(fromDirectory.Replace(group, await Members(policy.TenantId, group), began));
                stale.Remove(group);
            }));
        }

        foreach (var person in named.ToList())
        {
            var asked = time.GetUtcNow();
            var known = await GrainFactory.GetGrain<IDirectoryGrain>($"{policy.TenantId:D}").Person(person);
            concerned.UnionWith(fromDirectory.Replace(person, known?.Member, known?.Groups ?? [], asked));
            named.Remove(person);
        }

        groupsOfNamed.Clear();
        lastRead = time.GetTimestamp();
        if (fromDirectory.IsFull)
        {
            TakesNoMore();
        }
    }

    private void Ask(IEnumerable<Guid> people)
    {
        foreach (var person in people)
        {
            named.Add(person);
            groupsOfNamed.UnionWith(fromDirectory.GroupsOf(person));
        }
    }

    /// <summary>Returns everybody in a group. Throws if the group cannot be read completely. Stops when there are more people than a list can have.</summary>
    private async Task<List<DirectoryMember>> Members(Guid tenantId, Guid groupId)
    {
        var asked = GrainFactory.GetGrain<IDirectoryGrain>($"{tenantId:D}");
        List<DirectoryMember> members = [];
        string? address = null;
        do
        {
            var page = await asked.Members(groupId, address);
            members.AddRange(page.People);
            address = page.NextPage;
        }
        while (address is not null && members.Count <= WorkspaceUser.MaxPerWorkspace);
        return members;
    }

    [LoggerMessage(LogLevel.Warning, "The list of people of workspace {WorkspaceId} could not be read from the directory and has the people who were known before: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string workspaceId, string reason);
}
