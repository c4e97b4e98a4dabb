using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace EngageCenter.Directories;

/// <summary>Asks a tenant's directory. Reentrant, so that several requests can run at the same time.</summary>
[GrainType("directory"), Reentrant]
internal sealed partial class DirectoryGrain(IDirectory directory, DirectoryMetrics metrics, TimeProvider time, ILogger<DirectoryGrain> logger)
    : Grain, IDirectoryGrain, IDisposable
{
    /// <summary>A request that takes longer counts as failed.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer about a group is kept before the directory is asked again.</summary>
    public static readonly TimeSpan FactsFor = TimeSpan.FromMinutes(1);

    /// <summary>The most groups whose people are counted for one answer.</summary>
    public const int MaxCounted = 64;

    /// <summary>The most groups that are remembered: as many as can hold roles in a tenant.</summary>
    private const int MaxFacts = 10_000;

    // How many of the parallel requests may be for lists; the others are for sign-ins.
    private const int FactsAtOnce = 4;

    /// <summary>How many requests of a minute may be for lists.</summary>
    public const int FactsPerMinute = 300;

    private readonly Dictionary<Guid, (GroupFacts Facts, long Since)> facts = [];
    private readonly SemaphoreSlim finding = new(1);
    private readonly long started = time.GetTimestamp();
    private DirectoryBudget budget = DirectoryBudget.Full;
    private (long Minute, int Spent) factsSpent;
    private DirectoryHealth health = DirectoryHealth.Unknown;

    private TimeSpan Now => time.GetElapsedTime(started);

    private Guid TenantId { get; set; }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        TenantId = Guid.ParseExact(this.GetPrimaryKeyString(), "D");
        return Task.CompletedTask;
    }

    public void Dispose() => finding.Dispose();

    public async Task<DirectoryGroups> GroupsOf(Guid userId)
    {
        var asked = time.GetUtcNow();
        try
        {
            var groups = await Ask(limit => directory.GroupsOf(TenantId, userId, limit));
            if (groups.Length > DirectoryGroups.MaxGroups)
            {
                throw new DirectoryUnavailableException($"The directory names {groups.Length} groups of one person; {DirectoryGroups.MaxGroups} are allowed.");
            }

            return new([.. groups.Distinct().Order()], asked, TimeSpan.Zero);
        }
        catch (DirectoryUnavailableException unavailable)
        {
            return new(default, asked, unavailable.RetryAfter ?? DirectoryBudget.ShortestPause);
        }
    }

    public async Task<DirectoryAccount> Account(Guid userId)
    {
        var asked = time.GetUtcNow();
        try
        {
            return new(await Ask(limit => directory.IsEnabled(TenantId, userId, limit)), asked);
        }
        catch (Exception e) when (e is DirectoryUnavailableException or DirectoryForbiddenException)
        {
            return new(null, asked);
        }
    }

    public Task<string?> FollowAccounts() => AskOrForbidden(limit => directory.FollowAccounts(TenantId, limit));

    public Task<AccountChanges?> ChangedAccounts(string address)
    {
        Bounds.Require(address is { Length: > 0 and <= GroupChanges.MaxAddress }, "The address is too long, or there is none.");
        return AskOrForbidden(limit => directory.ChangedAccounts(TenantId, address, limit));
    }

    public Task<DirectoryGroup?> Group(Guid groupId) => AskOrLater(limit => directory.Group(TenantId, groupId, limit));

    public Task<Page<DirectoryGroup>> Groups(string? prefix, PageRequest page)
    {
        Bounds.Page(page);
        Bounds.Query(prefix);
        return AskOrLater(limit => directory.Groups(TenantId, prefix, page.Size, page.After, limit));
    }

    public async Task<DirectoryMembers> Members(Guid groupId, string? address)
    {
        Bounds.Require(address is null or { Length: > 0 and <= GroupChanges.MaxAddress }, "The address is too long.");
        return await OrLater(AskForList(limit => directory.Members(TenantId, groupId, address, limit)));
    }

    public async Task<DirectoryPerson?> Person(Guid userId) =>
        await OrLater(AskForList(limit => directory.Person(TenantId, userId, limit))) is { } member
            ? new(member, await OrLater(AskForList(limit => directory.GroupsOf(TenantId, userId, limit))))
            : null;

    public Task<ImmutableArray<Guid>> NestedGroups(Guid groupId) => AskOrLater(limit => directory.NestedGroups(TenantId, groupId, limit));

    public Task<string> Follow(ImmutableArray<Guid> groups)
    {
        Bounds.Items(groups, 1, GroupChanges.MaxGroups);
        return AskOrLater(limit => directory.Follow(TenantId, groups, limit));
    }

    public Task<GroupChanges> Changes(string address)
    {
        Bounds.Require(address is { Length: > 0 and <= GroupChanges.MaxAddress }, "The address is too long, or there is none.");
        return AskOrLater(limit => directory.Changes(TenantId, address, limit));
    }

    public async Task<ImmutableArray<GroupFacts>> Facts(ImmutableArray<Guid> groups, bool counted)
    {
        Bounds.Items(groups, 0, GroupGrant.MaxPerWorkspace);

        // Loads for one list at a time, within the time limit of a request. What is not known by then is reported as unknown.
        using var limit = new CancellationTokenSource(RequestTimeout, time);
        try
        {
            await finding.WaitAsync(limit.Token);
            try
            {
                if (facts.Count + groups.Length > MaxFacts)
                {
                    facts.Clear();
                }

                await Find([.. groups.Where(group => !IsKnown(group))], limit.Token);
                await Count([.. groups.Where(group => counted && IsKnown(group) && facts[group].Facts is { Status: GroupStatus.Active, People: null }).Take(MaxCounted)], limit.Token);
            }
            finally
            {
                finding.Release();
            }
        }
        catch (Exception e) when (e is DirectoryUnavailableException or OperationCanceledException)
        {
            // The first failure is in the log already.
        }

        return [.. groups.Select(group => IsKnown(group) ? facts[group].Facts : new(group, GroupStatus.Unknown))];
    }

    public Task Forget(ImmutableArray<Guid> groups)
    {
        foreach (var group in groups)
        {
            facts.Remove(group);
        }

        return Task.CompletedTask;
    }

    public async Task<DirectoryState> State()
    {
        if (health.IsStale(Now))
        {
            try
            {
                // The smallest possible request. Its result is recorded in 'health'.
                await Ask(limit => directory.Groups(TenantId, null, 1, null, limit));
            }
            catch (DirectoryUnavailableException)
            {
                // The failure is in 'health', which is returned below.
            }
        }

        return health.State(Now, time.GetUtcNow());
    }

    private bool IsKnown(Guid group) => facts.TryGetValue(group, out var known) && time.GetElapsedTime(known.Since) < FactsFor;

    /// <exception cref="DirectoryUnavailableException">The directory does not answer, or may not be asked now.</exception>
    private async Task Find(Guid[] groups, CancellationToken cancellationToken)
    {
        foreach (var lots in groups.Chunk(GroupFacts.MaxLot).Chunk(FactsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.WhenAll(lots.Select(async lot =>
            {
                var asked = time.GetTimestamp();
                var found = (await AskForList(limit => directory.Existing(TenantId, [.. lot], limit))).ToDictionary(group => group.GroupId);
                foreach (var group in lot)
                {
                    facts[group] = found.TryGetValue(group, out var named)
                        ? (new(group, GroupStatus.Active, named.DisplayName), asked)
                        : (new(group, GroupStatus.NotFound), asked);
                }
            }));
        }
    }

    /// <exception cref="DirectoryUnavailableException">The directory does not answer, or may not be asked now.</exception>
    private async Task Count(Guid[] groups, CancellationToken cancellationToken)
    {
        foreach (var some in groups.Chunk(FactsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.WhenAll(some.Select(async group =>
            {
                var people = await AskForList(limit => directory.CountPeople(TenantId, group, limit));
                if (facts.TryGetValue(group, out var known))
                {
                    facts[group] = people is null ? (new(group, GroupStatus.NotFound), known.Since) : (known.Facts with { People = people }, known.Since);
                }
            }));
        }
    }

    /// <exception cref="DirectoryUnavailableException">The directory does not answer, or may not be asked now, or not for lists.</exception>
    private async Task<T> AskForList<T>(Func<CancellationToken, Task<T>> request)
    {
        var minute = Now.Ticks / TimeSpan.TicksPerMinute;
        factsSpent = (minute, factsSpent.Minute == minute ? factsSpent.Spent + 1 : 1);
        return factsSpent.Spent <= FactsPerMinute ? await Ask(request) : throw new DirectoryUnavailableException("The directory is not asked for lists now.");
    }

    /// <exception cref="TryLaterException">The directory does not answer, or may not be asked now.</exception>
    private async Task<T?> AskOrForbidden<T>(Func<CancellationToken, Task<T>> request)
        where T : class
    {
        try
        {
            return await AskOrLater(request);
        }
        catch (DirectoryForbiddenException)
        {
            return null;
        }
    }

    /// <exception cref="TryLaterException">The directory does not answer, or may not be asked now.</exception>
    private Task<T> AskOrLater<T>(Func<CancellationToken, Task<T>> request) => OrLater(Ask(request));

    /// <exception cref="TryLaterException">The directory does not answer, or may not be asked now.</exception>
    private static async Task<T> OrLater<T>(Task<T> asked)
    {
        try
        {
            return await asked;
        }
        catch (DirectoryUnavailableException unavailable)
        {
            throw new TryLaterException(unavailable.RetryAfter ?? DirectoryBudget.ShortestPause);
        }
    }

    /// <exception cref="DirectoryUnavailableException">The directory does not answer, or may not be asked now.</exception>
    private async Task<T> Ask<T>(Func<CancellationToken, Task<T>> request)
    {
        budget = budget.Begin(Now, out var wait);
        if (wait is not null)
        {
            metrics.HeldBack();
            throw new DirectoryUnavailableException("The directory is not asked now.", wait);
        }

        var begun = time.GetTimestamp();
        using var limit = new CancellationTokenSource(RequestTimeout, time);
        try
        {
            var answer = await request(limit.Token);
            budget = budget.Succeeded();
            health = DirectoryHealth.Answered(Now);
            metrics.Requested(time.GetElapsedTime(begun), "answered");
            return answer;
        }
        catch (Exception e) when (e is InvalidCursorException or DirectoryForbiddenException)
        {
            // These are answers too: the page does not exist, or the application lacks the permission.
            budget = budget.Succeeded();
            throw;
        }
        catch (Exception e)
        {
            var retryAfter = (e as DirectoryUnavailableException)?.RetryAfter;
            budget = budget.Failed(Now, retryAfter);
            health = health.Refused(Now, e is DirectoryUnavailableException ? e.Message : "The directory did not answer, or did not let the application in.");
            metrics.Requested(time.GetElapsedTime(begun), retryAfter is null ? "failed" : "throttled");
            LogUnavailable(logger, TenantId, e.Message);

            // Anything else is not an answer, so nobody gains or loses anything by it.
            throw new DirectoryUnavailableException(e.Message, budget.Until - Now, e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The directory of tenant {TenantId} did not answer: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, Guid tenantId, string reason);
}
