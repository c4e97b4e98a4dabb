using System.Collections.Immutable;
using EngageCenter.Directories;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>A person in the directory, as a list of people keeps them.</summary>
/// <param name="Groups">The numbers of the groups in which the directory named the person, sorted.</param>
/// <param name="Account">The directory's answer about the account.</param>
internal sealed record ListedPerson(UserProfile Profile, ImmutableArray<int> Groups, UserAccount Account);

/// <summary>
/// The people of a workspace's groups as the directory last named them, including people who never signed in. They are only in
/// memory: the next activation asks the directory again. Not thread-safe.
/// </summary>
/// <param name="numbers">The numbers of the groups of the list.</param>
/// <param name="max">The most people; at this limit nobody else is added.</param>
internal sealed class DirectoryPeople(GroupNumbers numbers, int max = WorkspaceUser.MaxPerWorkspace)
{
    private readonly Dictionary<Guid, ListedPerson> people = [];

    // The groups that were read completely, and those of them from which somebody was not added because of the limit.
    private readonly HashSet<Guid> groups = [];
    private readonly HashSet<Guid> incomplete = [];

    public int Count => people.Count;

    /// <summary>Whether somebody is not listed because of the limit.</summary>
    public bool IsFull => incomplete.Count > 0;

    /// <summary>The groups from which somebody is not listed. Read again, they list everybody for whom there is room by then.</summary>
    public IReadOnlySet<Guid> Incomplete => incomplete;

    public IReadOnlyDictionary<Guid, ListedPerson> All => people;

    public IEnumerable<Guid> GroupsOf(Guid person) => people.TryGetValue(person, out var listed) ? listed.Groups.Select(number => numbers[number]) : [];

    public bool Holds(Guid group) => groups.Contains(group);

    /// <summary>Returns the groups that were read and no longer hold a role. They list nobody.</summary>
    public IEnumerable<Guid> Except(IReadOnlySet<Guid> granted) => groups.Where(group => !granted.Contains(group));

    /// <summary>Takes over all people of a group.</summary>
    /// <param name="read">When the read began.</param>
    /// <returns>The people who changed or are no longer listed.</returns>
    public HashSet<Guid> Replace(Guid group, IReadOnlyCollection<DirectoryMember> members, DateTimeOffset read)
    {
        var (number, concerned) = (numbers.Of(group), new HashSet<Guid>());
        groups.Add(group);
        incomplete.Remove(group);
        var named = new HashSet<Guid>(members.Count);
        foreach (var member in members)
        {
            named.Add(member.UserId);
            var has = people.GetValueOrDefault(member.UserId)?.Groups ?? [];
            if (!Set(member, has.Contains(number) ? has : has.Add(number).Sort(), read, concerned))
            {
                incomplete.Add(group);
            }
        }

        foreach (var (person, listed) in people.Where(listed => listed.Value.Groups.Contains(number) && !named.Contains(listed.Key)).ToList())
        {
            Leave(person, listed.Groups.Remove(number), concerned);
        }

        return concerned;
    }

    /// <summary>Removes a group, so that it lists nobody any more.</summary>
    public HashSet<Guid> Forget(Guid group)
    {
        var concerned = Replace(group, [], default);
        groups.Remove(group);
        return concerned;
    }

    /// <summary>Takes over one person.</summary>
    /// <param name="member">Null if there is no such person.</param>
    /// <param name="isIn">All groups that the person is in.</param>
    public HashSet<Guid> Replace(Guid person, DirectoryMember? member, IEnumerable<Guid> isIn, DateTimeOffset read)
    {
        HashSet<Guid> concerned = [];
        HashSet<Guid> listing = member is null ? [] : [.. isIn.Where(groups.Contains)];
        if (listing.Count == 0)
        {
            Leave(person, [], concerned);
        }
        else if (!Set(member!, [.. listing.Select(numbers.Of).Order()], read, concerned))
        {
            incomplete.UnionWith(listing);
        }

        return concerned;
    }

    /// <returns>False if there is no room for the person.</returns>
    private bool Set(DirectoryMember member, ImmutableArray<int> now, DateTimeOffset read, HashSet<Guid> concerned)
    {
        var before = people.GetValueOrDefault(member.UserId);
        if (before is null && people.Count >= max)
        {
            return false;
        }

        var account = new UserAccount { IsBlocked = member.IsEnabled == false, At = read };
        if (before is null || before.Profile != member.Profile || before.Account.IsBlocked != account.IsBlocked || !before.Groups.SequenceEqual(now))
        {
            people[member.UserId] = new(member.Profile, now, account);
            concerned.Add(member.UserId);
        }

        return true;
    }

    private void Leave(Guid person, ImmutableArray<int> left, HashSet<Guid> concerned)
    {
        if (!people.TryGetValue(person, out var listed))
        {
            return;
        }

        concerned.Add(person);
        if (left.IsEmpty)
        {
            people.Remove(person);
        }
        else
        {
            people[person] = listed with { Groups = left };
        }
    }
}
