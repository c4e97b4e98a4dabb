using EngageCenter.Access;
using EngageCenter.Directories;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Workspaces;

/// <summary>
/// Who is in the groups that hold roles, as the directory has them. Read when somebody asks for the list, and again after a
/// change that the directory told. A list that nobody asks for is not kept up to date.
/// </summary>
internal sealed partial class WorkspaceUsersGrain
{
    /// <summary>A list that is read for longer is answered with what it has, or, if it never was whole, not yet.</summary>
    public static readonly TimeSpan ReadingFor = TimeSpan.FromSeconds(5);

    /// <summary>Where no changes are followed, groups are read anew after so long.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    /// <summary>People who are asked about one by one; where more are named their groups are read whole.</summary>
    private const int MaxNamed = 50;

    /// <summary>Groups that are read at once.</summary>
    private const int GroupsAtOnce = 4;

    private DirectoryPeople fromDirectory = null!;

    // The reading under way, up to which version of the follower's it goes, and those whom it has still to ask about.
    private Task? reading;
    private long version;
    private readonly HashSet<Guid> stale = [];
    private readonly HashSet<Guid> named = [];
    private readonly HashSet<Guid> groupsOfNamed = [];
    private long? lastRead;

    // The directory did not answer: its groups are listed by whom they had, and asked for again with the next list.
    private bool isSilent;
    private (long Since, TimeSpan For)? pause;

    /// <summary>Returns once the list is as the directory has it, or has it as it was when the directory last answered.</summary>
    /// <exception cref="TryLaterException">It is being read for the first time.</exception>
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
                // It goes on, for whoever comes next.
            }
        }

        if (!isSilent && policy.Groups.Any(group => !fromDirectory.Holds(group.GroupId)))
        {
            throw new TryLaterException(retryAfter);
        }
    }

    /// <summary>Who is in a group, by the directory: also in one that holds no role yet.</summary>
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
            // A directory that is silent keeps nobody from granting: whoever is known is counted.
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
            // The list is a hint: while the directory does not answer it has those who were known. If it only may not be asked more
            // now, it goes on with the next minute.
            isSilent = await IsSilent(policy.TenantId);
            pause = (time.GetTimestamp(), (e as TryLaterException)?.RetryAfter ?? retryAfter);
            LogNotRead(logger, Id, e.Message);
        }
        finally
        {
            // All at once: to put many in their places costs as much as to put one.
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
            // Nobody can say: it is as if it did not answer, which is in the log.
            return true;
        }
    }

    /// <param name="concerned">Gets whoever is another one now, or listed no more.</param>
    private async Task ReadChanges(AccessPolicy policy, HashSet<Guid> concerned)
    {
        var granted = policy.Groups.Select(group => group.GroupId).ToHashSet();
        foreach (var gone in fromDirectory.Except(granted).ToList())
        {
            concerned.UnionWith(fromDirectory.Forget(gone));
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

    /// <summary>Everybody in a group, of more than a list has those who are too many already; or nobody: half of a group is none.</summary>
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

    [LoggerMessage(LogLevel.Warning, "The list of people of workspace {WorkspaceId} was not brought in line with the directory, and has those who were known: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string workspaceId, string reason);
}
