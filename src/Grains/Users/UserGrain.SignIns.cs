using System.Collections.Immutable;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Users;

/// <summary>What is kept about a person: their sign-ins, the contracts that name them, and which lists of people were told.</summary>
internal sealed partial class UserGrain
{
    /// <summary>How long an activation for a person without a row lasts, however often they call.</summary>
    public static readonly TimeSpan MemoryOfStrangers = TimeSpan.FromSeconds(50);

    // The sign-in that each workspace's list of people was told of, and the newest one that all lists were told of.
    private readonly Dictionary<string, SeenUser> told = new(StringComparer.Ordinal);
    private SeenUser? toldAll;

    // Groups of the person that every list which has the person was told of.
    private ImmutableArray<Guid> listedGroups = [];

    // What storage is known to hold: calls interleave, and nobody is served what was never stored. Of somebody without a
    // row it is what this activation remembers: see Keep.
    private UserState durable = new();

    // Whether there is a row or one is being written, and its first write.
    private bool hasRow;
    private Task firstWrite = Task.CompletedTask;
    private (long Started, long Finished) writes;
    private Task lastWrite = Task.CompletedTask;

    public Task<bool> Add(string workspaceId, long epoch) => AddAll([workspaceId], epoch);

    public Task Remove(string workspaceId, long epoch) => RemoveAll([workspaceId], epoch);

    public async Task<bool> AddAll(ImmutableArray<string> workspaceIds, long epoch)
    {
        var added = false;
        await Update(s =>
        {
            var next = s.Contracts.With(workspaceIds, epoch);
            added = next is not null;
            return next is null || ReferenceEquals(next, s.Contracts) ? s : s with { Contracts = next };
        });
        return added;
    }

    public Task RemoveAll(ImmutableArray<string> workspaceIds, long epoch) => Update(s =>
    {
        var next = workspaceIds.Aggregate(s.Contracts, (index, id) => index.Without(id, epoch));
        return ReferenceEquals(next, s.Contracts) ? s : s with { Contracts = next };
    });

    /// <summary>Takes over what the sign-in says.</summary>
    /// <returns>Whether the person's groups are known. If not, the contract alone decides.</returns>
    private ValueTask<bool> Accept(SignIn signIn)
    {
        signIn.Check(Person, time.GetUtcNow());
        if (signIn.LeavesGroupsOut)
        {
            return Observe(signIn);
        }

        return isUnsettled || BringsBack(signIn) ? Settle(signIn) : TakeOver(signIn);
    }

    private ValueTask<bool> TakeOver(SignIn signIn)
    {
        if (observation.Covers(signIn, durable) && !Unblocks(signIn))
        {
            return new(true);
        }

        if (hasRow)
        {
            return Stored(Arrive(observation.Newest(storage.State.Accept(signIn).Seen)!.Groups, () => Update(s => s.Accept(signIn))));
        }

        storage.State = durable.Accept(signIn);
        Know(storage.State, observation);
        return new(true);

        static async ValueTask<bool> Stored(Task write)
        {
            await write;
            return true;
        }
    }

    /// <summary>
    /// Stores the sign-in that a member is decided by, if it is not stored yet. The first answer that the person is a member waits
    /// for this. From then on no older token counts, even after a restart. The list of people of the workspace is in the same write.
    /// </summary>
    private Task Keep(string workspaceId)
    {
        if (!hasRow && Seen is not null)
        {
            lastWrite = firstWrite = KeepAll();
        }

        return firstWrite;

        async Task KeepAll()
        {
            hasRow = true;
            await KeepObservation();
            await Write(storage.State.List(workspaceId));
        }
    }

    // Running calls are answered first. The next call finds an activation that knows nothing.
    private Task ForgetStranger(CancellationToken cancellationToken)
    {
        if (!hasRow)
        {
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    // The list of people shows who came, so it hears of each new token once. It is no part of the decision: where it
    // cannot be told now, it is told with the next decision.
    /// <returns>Whether the list has what is known, or has nothing to be told.</returns>
    private async ValueTask<bool> Tell(string workspaceId, bool isMember)
    {
        if (IsTold(workspaceId, isMember))
        {
            return true;
        }

        // Both are of this moment: with a later observation, these groups would count in the list as newer than they are.
        var (seen, observed) = (Seen!, observation);
        await Update(s => s.List(workspaceId));
        try
        {
            await GrainFactory.GetGrain<ISeenUsers>(workspaceId).Seen(await Listed(seen, observed));
            told[workspaceId] = seen;
            return true;
        }
        catch (Exception e)
        {
            LogNotTold(logger, workspaceId, e);
            AskLater();
            return false;
        }
    }

    // When a group is deleted or moved, nobody is named: whoever is concerned is looked for in the lists of the workspaces where
    // the group holds a role. So each list hears of groups that are new, and not only the one that is decided about.
    private async ValueTask TellOfNewGroups()
    {
        if (Seen is not { } seen || seen.Groups == listedGroups)
        {
            return;
        }

        var areTold = true;
        if (seen.Groups.Except(listedGroups).Any())
        {
            foreach (var some in durable.ListedIn.Chunk(Parallel))
            {
                areTold &= (await Task.WhenAll(some.Select(id => Tell(id, isMember: false).AsTask()))).All(isTold => isTold);
            }
        }

        listedGroups = areTold ? seen.Groups : listedGroups;
    }

    private bool IsTold(string workspaceId, bool isMember) =>
        Seen is not { } seen
        || (told.TryGetValue(workspaceId, out var of) && ReferenceEquals(of, seen))
        || !(isMember || durable.ListedIn.Contains(workspaceId));

    private Task Update(Func<UserState, UserState> change)
    {
        var next = change(storage.State);

        if (ReferenceEquals(next, storage.State))
        {
            // There is nothing to write, but the state that this is based on may still be being written.
            return lastWrite;
        }

        var isFirst = !hasRow;
        lastWrite = Write(next);
        if (isFirst)
        {
            firstWrite = lastWrite;
        }

        return lastWrite;
    }

    private async Task Write(UserState next)
    {
        hasRow = true;
        var write = ++writes.Started;
        await storage.Commit(this, next);
        if (write > writes.Finished)
        {
            writes.Finished = write;
            Know(next, observation);
        }

        Came();
    }

    [LoggerMessage(LogLevel.Warning, "The list of people of workspace {WorkspaceId} was not told of a sign-in; it is told again later")]
    private static partial void LogNotTold(ILogger logger, string workspaceId, Exception exception);
}
