using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests;

/// <summary>Directories of tenants in memory. A tenant has one after a test adds it; it answers as the test says.</summary>
internal sealed class DirectoryStandIn : IDirectory
{
    private readonly ConcurrentDictionary<Guid, TenantDirectory> tenants = [];

    public TenantDirectory Of(Guid tenantId) => tenants.GetOrAdd(tenantId, _ => new());

    /// <summary>Null by default: each test begins rounds itself. With a value, newcomers are reported, and a round begins whenever somebody is decided about.</summary>
    public TimeSpan? Poll { get; set; }

    public bool IsConfiguredFor(Guid tenantId) => tenants.ContainsKey(tenantId);

    public async Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        var tenant = tenants[tenantId];
        tenant.Asked.Enqueue(userId);
        await tenant.Answered(cancellationToken);
        if (tenant.IsSilentAboutPeople)
        {
            throw new DirectoryUnavailableException("The test says so.", TimeSpan.FromMilliseconds(1));
        }

        return tenant.Groups.GetValueOrDefault(userId, []);
    }

    public async Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        tenants[tenantId].AskedAccounts.Enqueue(userId);
        return tenants[tenantId].AllowsAccounts()
            && (tenants[tenantId].IsSilentAboutPeople ? throw new DirectoryUnavailableException("The test says so.", TimeSpan.FromMilliseconds(1)) : !tenants[tenantId].Blocked.ContainsKey(userId));
    }

    public async Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return tenants[tenantId].AllowsAccounts() ? tenants[tenantId].Address([TenantDirectory.Accounts]) : "";
    }

    public async Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        tenants[tenantId].AllowsAccounts();
        var told = tenants[tenantId].Since(address, isOfAccounts: true);
        return new([.. told.Changes.SelectMany(change => change.People)], told.NextPage, told.NextRound, told.IsExpired);
    }

    public async Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return tenants[tenantId].Named.GetValueOrDefault(groupId);
    }

    public async Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        var all = tenants[tenantId].Named.Values.Where(group => group.DisplayName.StartsWith(prefix ?? "", StringComparison.OrdinalIgnoreCase)).OrderBy(group => group.DisplayName, StringComparer.Ordinal).ToList();
        var page = all.Where(group => after is null || string.CompareOrdinal(group.DisplayName, after) > 0).Take(size).ToList();
        return new([.. page], page.Count == size ? page[^1].DisplayName : null, all.Count);
    }

    public async Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return [.. groups.Where(tenants[tenantId].Named.ContainsKey).Select(group => tenants[tenantId].Named[group])];
    }

    public async Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        tenants[tenantId].Counted.Enqueue(groupId);
        return tenants[tenantId].Named.ContainsKey(groupId) ? tenants[tenantId].Groups.Values.Count(groups => groups.Contains(groupId)) : null;
    }

    public async Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        var tenant = tenants[tenantId];
        tenant.Read.Enqueue(groupId);
        var all = tenant.Groups.Where(person => person.Value.Contains(groupId)).Select(person => person.Key).Order().ToList();
        var from = address is null ? 0 : int.Parse(address, CultureInfo.InvariantCulture);
        var page = all.Skip(from).Take(tenant.PageSize).ToList();
        return new([.. page.Select(tenant.Member)], from + page.Count < all.Count ? $"{from + page.Count}" : null);
    }

    public async Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return tenants[tenantId].Groups.ContainsKey(userId) ? tenants[tenantId].Member(userId) : null;
    }

    public async Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return tenants[tenantId].Nested.GetValueOrDefault(groupId, []);
    }

    public async Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return tenants[tenantId].Address(groups);
    }

    public async Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answered(cancellationToken);
        return tenants[tenantId].Since(address);
    }
}

internal sealed class TenantDirectory
{
    /// <summary>Changes of accounts are kept like those of a group with this id.</summary>
    public static readonly Guid Accounts = Guid.Parse("a0000000-0000-4000-8000-000000000000");

    private readonly List<GroupChange> told = [];
    private int oldest;
    private int requests;

    /// <summary>The groups of each person.</summary>
    public ConcurrentDictionary<Guid, ImmutableArray<Guid>> Groups { get; } = [];

    /// <summary>The groups by id.</summary>
    public ConcurrentDictionary<Guid, DirectoryGroup> Named { get; } = [];

    /// <summary>The groups in a group.</summary>
    public ConcurrentDictionary<Guid, ImmutableArray<Guid>> Nested { get; } = [];

    /// <summary>How often changes were asked for.</summary>
    public int Rounds { get; private set; }

    /// <summary>The people whose groups were asked for.</summary>
    public ConcurrentQueue<Guid> Asked { get; } = [];

    /// <summary>The groups whose people were counted.</summary>
    public ConcurrentQueue<Guid> Counted { get; } = [];

    /// <summary>Awaited before each answer. If it throws, that is the answer.</summary>
    public Func<CancellationToken, Task> Answering { get; set; } = _ => Task.CompletedTask;

    /// <summary>How many requests there were.</summary>
    public int Requests => requests;

    public Task Answered(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref requests);
        return Answering(cancellationToken);
    }

    /// <summary>Reports a change to those who follow the group.</summary>
    public void Tell(GroupChange change)
    {
        lock (told)
        {
            told.Add(change);
        }
    }

    /// <summary>Makes all addresses given out until now expire.</summary>
    public void Expire()
    {
        lock (told)
        {
            oldest = told.Count + 1;
            told.Add(new(Guid.Empty, false, [], false));
        }
    }

    public string Address(ImmutableArray<Guid> groups)
    {
        lock (told)
        {
            return $"{told.Count}|{string.Join(',', groups)}";
        }
    }

    /// <summary>The profiles of people; by default a profile has the person's id as its name.</summary>
    public ConcurrentDictionary<Guid, UserProfile> Profiles { get; } = [];

    /// <summary>The groups whose people were read, once for each page.</summary>
    public ConcurrentQueue<Guid> Read { get; } = [];

    /// <summary>The size of a page of people.</summary>
    public int PageSize { get; set; } = DirectoryMembers.MaxPage;

    public DirectoryMember Member(Guid person) =>
        new(person, Profiles.GetValueOrDefault(person, new($"Person {person}", $"{person}@contoso.example", UserType.Member)), ForbidsAccounts ? null : !Blocked.ContainsKey(person));

    /// <summary>People whose account is blocked or deleted.</summary>
    public ConcurrentDictionary<Guid, bool> Blocked { get; } = [];

    /// <summary>The people whose account was asked about.</summary>
    public ConcurrentQueue<Guid> AskedAccounts { get; } = [];

    /// <summary>Whether the application lacks the consent to read accounts.</summary>
    public bool ForbidsAccounts { get; set; }

    public bool AllowsAccounts() => ForbidsAccounts ? throw new DirectoryForbiddenException("The test says so.") : true;

    /// <summary>Blocks an account or enables it again, and reports that to those who follow accounts.</summary>
    public void Block(Guid person, bool isBlocked = true)
    {
        _ = isBlocked ? Blocked.TryAdd(person, true) : Blocked.TryRemove(person, out _);
        Tell(new(Accounts, false, [person], false));
    }

    public GroupChanges Since(string address, bool isOfAccounts = false)
    {
        var parts = address.Split('|');
        var (from, groups) = (int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1].Split(',').Select(Guid.Parse).ToImmutableArray());
        lock (told)
        {
            Rounds += isOfAccounts ? 0 : 1;
            return from < oldest
                ? new([], null, null, IsExpired: true)
                : new([.. told.Skip(from).Where(change => groups.Contains(change.GroupId))], null, Address(groups));
        }
    }

    /// <summary>Whether the directory reports changes but does not answer which groups a person is in.</summary>
    public bool IsSilentAboutPeople { get; set; }

    public void Refuse(TimeSpan? retryAfter = null) => Answering = _ => throw new DirectoryUnavailableException("The test says so.", retryAfter);

    public void Answer() => Answering = _ => Task.CompletedTask;
}
