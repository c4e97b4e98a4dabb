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
/// The people of a workspace. Keyed by the workspace's id. Reentrant, so that sign-ins that come while a write is
/// under way share the next one.
/// </summary>
[GrainType("workspace-users"), Reentrant]
internal sealed partial class WorkspaceUsersGrain(
    IGrainStorage rows, PolicyCache policies, IDirectory directory, DirectoryFollowers followers, Scans scans, AccessMetrics metrics, TimeProvider time, ILogger<WorkspaceUsersGrain> logger)
    : Grain, IWorkspaceUsersGrain, ISeenUsers, IPeoplesAccounts, IPeopleOfGroups
{
    /// <summary>Sign-ins in one write, which bounds a row to 2 MB.</summary>
    private const int MaxBatch = 64;

    /// <summary>Sign-ins that wait for their write; more are refused, and told again with a later decision.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>Groups that are met for the first time in one activation, which ends then. They take some 60 bytes each.</summary>
    private const int MaxNewGroups = 200_000;

    // A policy that changes with every scan is not one to wait for.
    private static readonly TimeSpan retryAfter = TimeSpan.FromSeconds(1);

    private SegmentedLog<SeenEntry> log = null!;
    private BatchedLog<SeenEntry> batches = null!;
    private SegmentedLog<AccountEntry> accountLog = null!;
    private BatchedLog<AccountEntry> accounts = null!;
    private bool isFull;

    // Of everybody's groups, those that nobody is in any more as well: see Stored.
    private readonly GroupNumbers numbers = new();
    private int numbersAtStart;

    // By the policy that was last asked for; null until somebody asks for the list.
    private (long Epoch, WorkspacePeople People)? current;

    private string Id => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        log = new(rows, GrainContext.GrainId, "people", DeactivateOnIdle, logger);
        batches = new(log, MaxBatch, MaxWaiting, Stored, DeactivateOnIdle);
        accountLog = new(rows, GrainContext.GrainId, "accounts", DeactivateOnIdle, logger);
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

        // Every page is a scan: whoever holds no role any more is passed over.
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
                // An id that somebody made up: nothing of it stays in memory.
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

        // An older policy's list is not answered any more: see List.
        current = known;
        return known.People;
    }

    /// <summary>Those in a group, to be gone through later by any thread.</summary>
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

        // The next activation numbers those alone that somebody is in.
        if (numbers.Count - numbersAtStart > MaxNewGroups)
        {
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The list of people of workspace {WorkspaceId} has {Max} people and takes no more")]
    private static partial void LogFull(ILogger logger, string workspaceId, int max);
}
