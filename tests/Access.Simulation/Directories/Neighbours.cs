using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Directories.Simulation;

/// <summary>
/// Leases a value and changes it, like an owner that never ends: when the next value is stored, nobody decides by the earlier one.
/// The other simulation covers owners that end and follow each other.
/// </summary>
internal sealed class Lender<THolder>(World world)
    where THolder : class
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly Dictionary<THolder, TimeSpan> leases = [];
    private Task changing = Task.CompletedTask;

    public async Task<T> Lend<T>(THolder holder, Func<T> answer)
    {
        while (!changing.IsCompleted)
        {
            await changing;
        }

        leases[holder] = world.Now + Lease;
        return answer();
    }

    public async Task Change(Func<THolder, Task> recall, Action store)
    {
        while (!changing.IsCompleted)
        {
            await changing;
        }

        var changed = new TaskCompletionSource();
        changing = changed.Task;
        await Task.WhenAll(leases.Where(lease => lease.Value > world.Now).Select(lease => Task.WhenAny(Recalled(lease.Key), world.Pass(lease.Value - world.Now))).ToList());
        leases.Clear();
        store();
        changed.SetResult();

        async Task Recalled(THolder holder)
        {
            try
            {
                await recall(holder);
            }
            catch (TimeoutException)
            {
                // The lease expires.
                await world.Pass(Lease);
            }
        }
    }
}

/// <summary>A policy, and when it was stored and acknowledged.</summary>
internal sealed class Version(long epoch, int groups, int contacts, long stored, TimeSpan storedAt)
{
    public long Epoch => epoch;

    public int Groups => groups;

    public int Contacts => contacts;

    public long Stored => stored;

    public TimeSpan StoredAt => storedAt;

    /// <summary>When the change was acknowledged. No check that begins later may be decided by an older policy.</summary>
    public long? Acknowledged { get; set; }
}

/// <summary>Stands in for a workspace and its list of people, which keeps who came as the shipped list does.</summary>
internal sealed class SimulatedWorkspace(World world, History history, string id) : IPolicyOwner, ISeenUsers, IPeopleOfGroups, IPeoplesAccounts, INamedGroups
{
    private readonly Lender<IPolicyHolder> lender = new(world);
    private readonly Dictionary<string, SeenEntry> people = new(StringComparer.Ordinal);

    public string Id => id;

    /// <summary>All policies that were ever stored.</summary>
    public List<Version> Versions { get; } = [new(1, 0, 0, 0, TimeSpan.Zero) { Acknowledged = 0 }];

    public Version Now => Versions[^1];

    public Task<LeaseAnswer> Lease(IPolicyHolder holder) => lender.Lend(holder, () => new LeaseAnswer(PolicyAnswerKind.Leased, Policy(), Lender<IPolicyHolder>.Lease));

    public Task Grant(int group) => Change(groups => groups | (1 << group), contacts => contacts);

    public Task Revoke(int group) => Change(groups => groups & ~(1 << group), contacts => contacts);

    public Task Name(int contact) => Change(groups => groups, contacts => contacts | (1 << contact));

    public Task Unname(int contact) => Change(groups => groups, contacts => contacts & ~(1 << contact));

    // Of the policy before, whatever it is by then: changes that come together follow each other.
    private async Task Change(Func<int, int> groups, Func<int, int> contacts)
    {
        Version? mine = null;
        await lender.Change(
            holder => holder.Recall(id), () => Versions.Add(mine = new(Now.Epoch + 1, groups(Now.Groups), contacts(Now.Contacts), world.Mark(), world.Now)));
        mine!.Acknowledged = world.Mark();
    }

    public Task Seen(SeenUser user)
    {
        var entry = SeenEntry.Of(user);
        history.Note($"the list of workspace {id[^1]} is told of {user.Profile.DisplayName} [{Letters.Of(user.Groups)}], last token of {(user.LastSignInAt - World.Start).TotalSeconds:F0}");
        if (!people.TryGetValue(entry.Key, out var known) || entry.Supersedes(known))
        {
            people[entry.Key] = entry;
        }

        return Task.CompletedTask;
    }

    public Task<ImmutableArray<Guid>> In(Guid tenantId, Guid groupId) => Task.FromResult<ImmutableArray<Guid>>(
        [.. people.Values.Where(entry => entry.GroupIds.Contains(groupId)).Select(entry => PersonId.Parse(entry.Key).UserId)]);

    public Task<ImmutableArray<Guid>> Of(Guid tenantId) => Task.FromResult<ImmutableArray<Guid>>([.. people.Values.Select(entry => PersonId.Parse(entry.Key).UserId)]);

    public Task Account(PersonId person, bool isBlocked, DateTimeOffset at) => Task.CompletedTask;

    public Task NameGroup(Guid groupId, string displayName) => Task.CompletedTask;

    private LeasedPolicy Policy() => new(
        new(id, "Contoso", "Contoso", "1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2027, 1, 1), World.Start),
        new(
            "1", Graph.Tenant, new(2026, 1, 1),
            [.. Enumerable.Range(0, Graph.Persons).Where(p => (Now.Contacts & (1 << p)) != 0).Select(p => new PolicyContact(new(Graph.Tenant, Graph.PersonId(p)), Roles.LearningUser, "Contact", "contact@contoso.example"))],
            [.. Graph.Ids(Now.Groups).Select(group => new PolicyGroup(group, Roles.SupportUser))]),
        Now.Epoch,
        null);
}

/// <summary>A stand-in for the sets of known ids: the tenant, and its groups that hold roles.</summary>
internal sealed class SimulatedIds(World world, Guid[] ids) : IKnownIdsGrain
{
    private readonly Lender<IKnownIdsHolder> lender = new(world);
    private KnownIds now = new(1, [.. ids], true, [.. ids.Select(_ => 1L)]);

    public ImmutableArray<Guid> Ids => now.Ids;

    public Task<KnownIdsAnswer> Lease(IKnownIdsHolder holder, long knownVersion) =>
        lender.Lend(holder, () => new KnownIdsAnswer(PolicyAnswerKind.Leased, now, Lender<IKnownIdsHolder>.Lease));

    public Task Add(string key, Guid id) => lender.Change(holder => holder.Recall(key), () =>
    {
        ImmutableArray<Guid> sorted = [.. now.Ids.Append(id).Distinct().Order()];
        now = new(now.Version + 1, sorted, true, [.. sorted.Select(_ => 1L)]);
    });

    public Task<bool> Add(Guid id, long version, bool isMore) => throw new NotSupportedException();

    public Task Remove(Guid id, long version) => throw new NotSupportedException();
}

/// <summary>A stand-in for a group's list of the workspaces in which it may hold roles.</summary>
internal sealed class SimulatedGroup : IGroupGrain
{
    private long version;

    public ImmutableSortedSet<string> WorkspaceIds { get; private set; } = [];

    public ValueTask<GroupWorkspaces?> Workspaces(long knownVersion) => new(knownVersion == version ? null : new GroupWorkspaces(version, [.. WorkspaceIds]));

    public void Set(ImmutableSortedSet<string> workspaceIds) => (WorkspaceIds, version) = (workspaceIds, version + 1);

    public Task<bool> Add(string workspaceId, long epoch) => throw new NotSupportedException();

    public Task Remove(string workspaceId, long epoch) => throw new NotSupportedException();

    public Task<GroupAddition> AddWorkspace(string workspaceId, long epoch) => throw new NotSupportedException();

    public Task<long?> EmptyAt(long version) => throw new NotSupportedException();
}
