using System.Collections.Immutable;
using System.Numerics;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace EngageCenter.Workspaces;

/// <summary>
/// The people of a workspace. Keyed by the workspace's id. Reentrant, so that sign-ins that come during a write share the next
/// one.
/// </summary>
[GrainType("workspace-users"), Reentrant]
internal sealed partial class WorkspaceUsersGrain(
    IGrainStorage rows, PolicyCache policies, IDirectory directory, DirectoryFollowers followers, Scans scans, AccessMetrics metrics, TimeProvider time, RefusedRows refused, ILogger<WorkspaceUsersGrain> logger)
    : Grain, IWorkspaceUsersGrain, ISeenUsers, IPeoplesAccounts, IPeopleOfGroups
{
    /// <summary>The most sign-ins in one write, which limits a row to 2 MB.</summary>
    private const int MaxBatch = 64;

    /// <summary>The most sign-ins that wait for their write. More are refused, and told again with a later decision.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>After this many new groups the activation ends. Each takes about 60 bytes.</summary>
    private const int MaxNewGroups = 200_000;

    // If the policy changes during every scan, the caller should try again later.
    private static readonly TimeSpan retryAfter = TimeSpan.FromSeconds(1);

    private SegmentedLog<SeenEntry> log = null!;
    private BatchedLog<SeenEntry> batches = null!;
    private SegmentedLog<AccountEntry> accountLog = null!;
    private BatchedLog<AccountEntry> accounts = null!;
    private bool isFull;

    // The numbers of everybody's groups, including groups that nobody is in any more, see Stored.
    private readonly GroupNumbers numbers = new();
    private int numbersAtStart;

    // The list by the policy of the last call; null until somebody asks for the list.
    private (long Epoch, WorkspacePeople People)? current;

    private string Id => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        log = new(rows, GrainContext.GrainId, "people", DeactivateOnIdle, refused, logger);
        batches = new(log, MaxBatch, MaxWaiting, Stored, DeactivateOnIdle);
        accountLog = new(rows, GrainContext.GrainId, "accounts", DeactivateOnIdle, refused, logger);
        accounts = new(accountLog, MaxBatch, MaxWaiting, Stored, DeactivateOnIdle);
        await Task.WhenAll(log.Load(entry => entry.Numbered(numbers)), accountLog.Load());
        (numbersAtStart, fromDirectory) = (numbers.Count, new(numbers));
    }

    public async Task<Page<WorkspaceUser>?> List(AccessDecision decision, WorkspaceUserQuery query, CancellationToken cancellation)
    {
        if (await Accept(decision) is not { } policy)
        {
            return null;
        }

        await ReadDirectory(policy.Policy);

        // Every page is a scan that skips people who no longer hold a role.
        var found = await scans.Run(() => People(policy).Scan(query, time.GetUtcNow(), cancellation: cancellation), cancellation);
        return await Accept(decision) is null ? null : found;
    }

    public async Task<PermissionHolders?> Holders(AccessDecision decision, Permissions permission, PageRequest page, CancellationToken cancellation)
    {
        if (await Accept(decision) is not { } policy)
        {
            return null;
        }

        var holders = await Holders(policy, permission, page, cancellation);
        return await Accept(decision) is null ? null : holders;
    }

    public async Task<PermissionHolders?> HoldersFor(Actor caller, Permissions permission, PageRequest page, CancellationToken cancellation)
    {
        caller.RequireApplication(AppRoles.Evaluate);
        for (var attempt = 0; attempt < PolicyCache.Attempts; attempt++)
        {
            if (await policies.Current(Id) is not { } policy)
            {
                // Somebody made up this id, so its activation does not stay in memory.
                DeactivateOnIdle();
                return null;
            }

            var holders = await Holders(policy, permission, page, cancellation);
            if ((await policies.Current(Id))?.Epoch == policy.Epoch)
            {
                return holders;
            }
        }

        throw new TryLaterException(retryAfter);
    }

    public async Task<Page<WorkspaceUser>?> Get(AccessDecision decision, PersonId person)
    {
        if (await Accept(decision) is not { } policy)
        {
            return null;
        }

        await ReadDirectory(policy.Policy);
        return await Accept(decision) is not { } now ? null
            : People(now).Find(person, time.GetUtcNow()) is { } found ? new([found], null, 1)
            : new([], null, 0);
    }

    public async Task<bool?> LeavesOut(AccessDecision decision) =>
        await Accept(decision) is null ? null : log.Count >= WorkspaceUser.MaxPerWorkspace || fromDirectory.IsFull;

    public async Task<GroupPreview?> Preview(AccessDecision decision, Guid groupId, Roles roles, CancellationToken cancellation)
    {
        Bounds.Require((roles & ~RoleTable.Assignable) == 0, "A contract role comes from the agreement alone.");
        if (await policies.Accept(decision, Id, Permissions.ManageEntraGroups) is not { } policy)
        {
            return null;
        }

        await ReadDirectory(policy.Policy);
        var members = await MembersOf(policy.Policy, groupId);
        var now = time.GetUtcNow();
        var preview = await scans.Run<GroupPreview>(() =>
        {
            var people = People(policy).Concerned(groupId, members, cancellation);
            return () => GroupPreviews.Of(policy, people(), groupId, roles, now);
        }, cancellation);
        return await policies.Accept(decision, Id, Permissions.ManageEntraGroups) is null ? null : preview;
    }

    public Task<ImmutableArray<Guid>> In(Guid tenantId, Guid groupId) => scans.Run<ImmutableArray<Guid>>(() =>
    {
        var people = PeopleIn(groupId, CancellationToken.None);
        return () => [.. people().Select(entry => PersonId.Parse(entry.Key)).Where(person => person.TenantId == tenantId).Select(person => person.UserId)];
    }, CancellationToken.None);

    public Task<ImmutableArray<Guid>> Of(Guid tenantId) => scans.Run<ImmutableArray<Guid>>(() =>
    {
        SeenEntry[] everybody = [.. log.Entries];
        return () => [.. everybody.Select(entry => PersonId.Parse(entry.Key)).Where(person => person.TenantId == tenantId).Select(person => person.UserId)];
    }, CancellationToken.None);

    public Task Account(PersonId person, bool isBlocked, DateTimeOffset at)
    {
        var entry = new AccountEntry(person.ToString(), isBlocked, at);
        var known = accounts.Accepted(entry.Key);
        if (known is null && !isBlocked)
        {
            return Task.CompletedTask;
        }

        if (known is not null || accountLog.Count + accounts.Pending < WorkspaceUser.MaxPerWorkspace)
        {
            return accounts.Store(entry);
        }

        TakesNoMore();
        return Task.CompletedTask;
    }

    public Task Seen(SeenUser user)
    {
        var entry = SeenEntry.Of(user);
        if (log.Count + batches.Pending < WorkspaceUser.MaxPerWorkspace || batches.Accepted(entry.Key) is not null)
        {
            return batches.Store(entry.Numbered(numbers));
        }

        TakesNoMore();
        return Task.CompletedTask;
    }

    private void TakesNoMore()
    {
        metrics.Unlisted();
        if (!isFull)
        {
            isFull = true;
            LogFull(logger, Id, WorkspaceUser.MaxPerWorkspace);
        }
    }

    private async Task<PermissionHolders> Holders(LeasedPolicy policy, Permissions permission, PageRequest page, CancellationToken cancellation)
    {
        Bounds.Require(BitOperations.IsPow2((int)permission), "One permission is asked for.");
        await ReadDirectory(policy.Policy);
        var found = await scans.Run(() => People(policy).Scan(new(null, Roles.None, null, null, page), time.GetUtcNow(), permission, cancellation), cancellation);
        return new(found.Select(user => user.Person), policy.Epoch);
    }

    private ValueTask<LeasedPolicy?> Accept(AccessDecision decision) => policies.Accept(decision, Id, Permissions.ViewUserRoles);

    private WorkspacePeople People(LeasedPolicy policy)
    {
        if (current is not { } known)
        {
            known = (policy.Epoch, new(policy.Policy, log.Entries, accountLog.Entries, fromDirectory.All, numbers, time.GetUtcNow()));
        }
        else if (known.Epoch < policy.Epoch)
        {
            known.People.Apply(policy.Policy);
            known.Epoch = policy.Epoch;
        }

        // The list of an older policy is not used any more, see List.
        current = known;
        return known.People;
    }

    /// <summary>Returns a function for the people in a group. Any thread may call it later.</summary>
    private Func<IEnumerable<SeenEntry>> PeopleIn(Guid groupId, CancellationToken cancellation)
    {
        if (numbers.Find(groupId) is not { } number)
        {
            return () => [];
        }

        SeenEntry[] everybody = [.. log.Entries];
        return () => everybody.Where((entry, place) =>
        {
            if (place % Pages.BetweenLooks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            return entry.IsIn(number);
        });
    }

    private void Stored(IReadOnlyList<AccountEntry> entries)
    {
        foreach (var entry in entries)
        {
            current?.People.Account(entry);
        }
    }

    private void Stored(IReadOnlyList<SeenEntry> entries)
    {
        foreach (var entry in entries)
        {
            current?.People.Seen(entry);
        }

        // The next activation numbers only groups that somebody is in.
        if (numbers.Count - numbersAtStart > MaxNewGroups)
        {
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The list of people of workspace {WorkspaceId} has {Max} people, which is the limit; further people are not listed")]
    private static partial void LogFull(ILogger logger, string workspaceId, int max);
}
