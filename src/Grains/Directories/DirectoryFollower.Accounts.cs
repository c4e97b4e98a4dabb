using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Directories;

/// <summary>Follows which accounts are blocked, deleted or enabled again, and asks again about those people who are known here.</summary>
internal sealed partial class DirectoryFollower
{
    /// <summary>If the application may not read accounts, it tries again after this time, because consent may have been given.</summary>
    public static readonly TimeSpan ForbiddenFor = TimeSpan.FromMinutes(30);

    private const string AccountsName = "followed-accounts";

    // The row as stored, and the current position. It is stored after everybody was asked about. 'accounts' are people still to ask about.
    private GrainState<FollowedAccounts> accountsRow = new(new());
    private string? accountsAddress;
    private readonly HashSet<Guid> accounts = [];

    // Whether everybody is concerned and was not looked up yet.
    private bool isEverybodyConcerned;
    private long? forbidden;

    private async Task<bool> PollAccounts()
    {
        if (forbidden is { } since && time.GetElapsedTime(since) < ForbiddenFor)
        {
            return true;
        }

        var begun = time.GetTimestamp();
        var isComplete = false;
        try
        {
            if (!await ReadAccounts())
            {
                if (forbidden is null)
                {
                    LogForbidden(logger, TenantId);
                }

                forbidden = time.GetTimestamp();
                return true;
            }

            forbidden = null;
            if (isEverybodyConcerned)
            {
                accounts.UnionWith(await Everybody());
                isEverybodyConcerned = false;
            }

            isComplete = await Observe(accounts, person => person.ObserveAccount());
        }
        catch (Exception e)
        {
            LogAccountsNotFollowed(logger, TenantId, e.Message);
        }

        metrics.Followed(time.GetElapsedTime(begun), isComplete);
        if (isComplete && accountsAddress != accountsRow.State?.Address)
        {
            accountsRow.State = new() { Address = accountsAddress };
            await rows.WriteRow(this, AccountsName, accountsRow);
        }

        return isComplete;
    }

    /// <returns>False if the application may not read accounts.</returns>
    private async Task<bool> ReadAccounts()
    {
        if (accountsAddress is null)
        {
            // What changed before is not reported, so everybody who came before is asked about.
            accountsAddress = await Directory.FollowAccounts();
            isEverybodyConcerned = accountsAddress is not null;
            return isEverybodyConcerned;
        }

        HashSet<Guid> changed = [];
        var address = accountsAddress;
        for (var page = 0; ; page++)
        {
            if (await Directory.ChangedAccounts(address) is not { } read)
            {
                return false;
            }

            changed.UnionWith(read.People);
            if (read.NextRound is { } round)
            {
                accountsAddress = round;
                accounts.UnionWith(changed);
                if (changed.Count > 0)
                {
                    log.Add(new([], [.. changed]));
                }

                break;
            }

            if (read.IsExpired || page == MaxPages)
            {
                // Starts to follow again before anybody is asked about, so that no change in between is missed.
                LogAccountsExpired(logger, TenantId);
                metrics.Resynced();
                if (await Directory.FollowAccounts() is not { } begin)
                {
                    return false;
                }

                accountsAddress = begin;
                isEverybodyConcerned = true;
                log.Add(new([.. following.Nested.Keys], []));
                break;
            }

            address = read.NextPage!;
        }

        return true;
    }

    /// <summary>Returns everybody of the tenant who has a row: whoever came as a member, and every contact.</summary>
    private async Task<HashSet<Guid>> Everybody()
    {
        if (services.GetService<IStoredGrains>() is not { } stored)
        {
            return await EverybodyInLists();
        }

        HashSet<Guid> found = [];
        await foreach (var key in stored.Keys(user.ToString()!, "user", $"{TenantId:D}/", CancellationToken.None))
        {
            if (PersonId.TryParse(key, out var person))
            {
                found.Add(person.UserId);
            }
        }

        return found;
    }

    // Used if storage cannot list rows. It does not find contacts of workspaces in which no group holds a role.
    private async Task<HashSet<Guid>> EverybodyInLists()
    {
        // Groups may not be followed yet, because the two kinds of rounds are independent.
        if (await knownIds.Current(KnownIds.GroupsOf(TenantId)) is not { IsComplete: true } known)
        {
            throw new StorageUnavailableException("Which groups hold roles cannot be confirmed now.");
        }

        HashSet<string> workspaces = new(StringComparer.Ordinal);
        foreach (var some in known.Ids.Chunk(AtOnce))
        {
            foreach (var of in await Task.WhenAll(some.Select(WorkspacesOf)))
            {
                workspaces.UnionWith(of);
            }
        }

        HashSet<Guid> found = [];
        foreach (var some in workspaces.Chunk(AtOnce))
        {
            foreach (var came in await Task.WhenAll(some.Select(workspace => GrainFactory.GetGrain<IPeopleOfGroups>(workspace).Of(TenantId))))
            {
                found.UnionWith(came);
            }
        }

        return found;
    }

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: the application may not read accounts (User.Read.All), so blocked people keep their rights until their token expires")]
    private static partial void LogForbidden(ILogger logger, Guid tenantId);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: not all changes of accounts were processed; they are read again: {Reason}")]
    private static partial void LogAccountsNotFollowed(ILogger logger, Guid tenantId, string reason);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: the directory no longer reports which accounts changed; it is asked again about everybody who is known here")]
    private static partial void LogAccountsExpired(ILogger logger, Guid tenantId);
}
