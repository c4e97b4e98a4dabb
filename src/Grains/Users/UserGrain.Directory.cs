using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Users;

/// <summary>The groups of a person whose token leaves them out, as the directory of their tenant has them.</summary>
internal sealed partial class UserGrain
{
    /// <summary>How long the last known groups still decide while the directory does not answer: as long as a token would.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromHours(1);

    private const string ObservationName = "observation";

    // Whether there is a directory, and its answer as stored, if it was read; for a person without a row, as remembered.
    private bool hasDirectory;
    private GrainState<UserObservation>? observationRow;
    private UserObservation observation = new();

    /// <summary>How far the issuer of tokens may be behind the directory. Groups of a token that is issued later are believed without asking.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMinutes(5);

    /// <summary>When the directory is asked again about a person whom a list of people could not be told of.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(1);

    // Set while a list of people may lack the person.
    private IGrainTimer? askLater;

    /// <summary>Access tokens of Microsoft Entra ID live for at most this time, if a policy sets the longest lifetime.</summary>
    public static readonly TimeSpan LongestToken = TimeSpan.FromDays(1);

    // Whether the directory was asked about this person since they first came, and what tells the follower until then.
    private bool isObserved;
    private IGrainTimer? newcomer;

    // Whether the newest token has groups that the directory did not have shortly before, and has not been asked about since.
    private bool isUnsettled;

    // The question under way, and until when there is none.
    private Task? asking;
    private Task? settling;
    private (long Since, TimeSpan For)? pause;

    /// <summary>The person by the newest of their tokens and the directory's answers. A new instance with each change.</summary>
    private SeenUser? Seen { get; set; }

    private ImmutableArray<Guid> Groups => Seen?.Groups ?? [];

    private void Know(UserState state, UserObservation observed)
    {
        var isSame = ReferenceEquals(state.Seen, durable.Seen) && ReferenceEquals(observed, observation);
        (durable, observation) = (state, observed);
        isUnsettled = state.Seen is { } token && BringsBack(token.LastSignInAt, token.Groups);
        if (isSame && Seen is not null)
        {
            return;
        }

        var newest = observed.Newest(state.Seen);

        // What says the same only later leaves decisions as they are, and lists have nothing to be told.
        if (Seen is null || newest is null || newest with { Groups = Seen.Groups } != Seen || !newest.Groups.AsSpan().SequenceEqual(Seen.Groups.AsSpan()))
        {
            Seen = newest;
        }
    }

    /// <summary>Whether what is known decides, and the sign-in changes nothing.</summary>
    private bool Covers(SignIn signIn) => (hasDirectory || !signIn.LeavesGroupsOut) && observation.Covers(signIn, durable) && !Unblocks(signIn) && !isUnsettled && !BringsBack(signIn);

    /// <summary>Asks the directory for the person's groups, once for each sign-in that leaves them out.</summary>
    /// <returns>Whether the groups are known: the directory answered now, or not long ago.</returns>
    private async ValueTask<bool> Observe(SignIn signIn)
    {
        if (!hasDirectory)
        {
            return false;
        }

        // The second attempt is needed if the current request was for an older sign-in.
        for (var attempt = 0; attempt < 2 && !Covers(signIn); attempt++)
        {
            await (asking ??= Ask(signIn));
        }

        return Covers(signIn) || time.GetUtcNow() - observation.AsOf(durable.Seen) <= LongestSilence;
    }

    /// <summary>
    /// Whether a token has groups that the directory did not have shortly before it was issued: either the person was put in
    /// since, or what issues tokens does not know yet that they were taken out.
    /// </summary>
    private bool BringsBack(SignIn signIn) => !signIn.LeavesGroupsOut && BringsBack(signIn.IssuedAt, signIn.Groups);

    private bool BringsBack(DateTimeOffset issuedAt, ImmutableArray<Guid> groups) =>
        hasDirectory && observation.Seen is { } seen && issuedAt > observation.At && issuedAt - observation.At <= Settling
        && hasRow && groups.Except(seen.Groups).Any();

    // The directory says which of the two it is. While it is silent the token counts, and the next check asks again, whichever
    // token of the person it comes with.
    private async ValueTask<bool> Settle(SignIn signIn)
    {
        await (settling ??= Ask());
        return await TakeOver(signIn);

        async Task Ask()
        {
            await Task.Yield();
            try
            {
                await ObserveAgain();
            }
            finally
            {
                settling = null;
            }
        }
    }

    // When a group is deleted or moved, the follower finds the people of the group in the lists. It does not find a person whom a
    // list could not be told of, so the directory is asked about that person without the follower.
    private void AskLater()
    {
        if (hasDirectory)
        {
            askLater ??= this.RegisterGrainTimer(Ask, new GrainTimerCreationOptions(AskAgainAfter, AskAgainAfter) { Interleave = true });
        }

        async Task Ask(CancellationToken cancellationToken)
        {
            // A list that fails from here on needs another question.
            askLater!.Dispose();
            askLater = null;
            try
            {
                if (await ObserveAgain())
                {
                    return;
                }
            }
            catch (Exception e)
            {
                // Nobody waits for this question, so what failed is logged here. Storage may not have taken the answer.
                LogNotAsked(logger, Person.TenantId, e);
            }

            AskLater();
        }
    }

    /// <summary>
    /// Tells the follower of a person who has a row and did not come, or came less than <see cref="LongestToken"/> ago, until the
    /// directory was asked about them: what changed before there was a row was not reported about them.
    /// </summary>
    private void Came()
    {
        if (!isObserved && hasDirectory && directory.Poll is not null)
        {
            newcomer ??= this.RegisterGrainTimer(Tell, new GrainTimerCreationOptions(TimeSpan.Zero, AskAgainAfter) { Interleave = true });
        }

        Task Tell(CancellationToken cancellationToken)
        {
            followers.Wake(Person.TenantId);

            // Not awaited, because it is told again.
            GrainFactory.GetGrain<IDirectoryFollower>($"{Person.TenantId:D}").Came(Person.UserId).Ignore();
            return Task.CompletedTask;
        }
    }

    public async Task<bool> ObserveFirst(bool withAccount)
    {
        // The groups of somebody who has not signed in are asked for when they do.
        var hasCome = Seen is not null;
        if ((withAccount && !await ObserveAccount()) || !await ObserveAgain())
        {
            return false;
        }

        isObserved = hasCome;
        newcomer?.Dispose();
        newcomer = null;
        return true;
    }

    public Task<bool> ObserveAgain() => AskAnew(isKnown: Seen is not null, () => asking, () =>
    {
        var again = AskAgain();
        asking = again;
        return again;
    });

    /// <summary>Asks the directory after a change, which a request that is already running may have missed.</summary>
    /// <param name="isKnown">Whether there is anything to ask about.</param>
    /// <param name="underWay">Returns the current request, if any.</param>
    /// <param name="ask">Starts a new request and makes it the current one.</param>
    private async Task<bool> AskAnew(bool isKnown, Func<Task?> underWay, Func<Task<bool>> ask)
    {
        if (!hasRow)
        {
            // What is remembered about a stranger ends with the activation. It decides only that they are a stranger. If another
            // activation has stored a row since this one began, the answer belongs there: the next activation is asked again.
            DeactivateOnIdle();
            return !(await rows.ReadRow<UserState>(this, "user")).RecordExists;
        }

        if (!hasDirectory || !isKnown)
        {
            return true;
        }

        while (underWay() is { } other)
        {
            await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return await ask();
    }

    private async Task<bool> AskAgain()
    {
        await Task.Yield();
        try
        {
            // A token that comes while the directory is asked may be newer than the answer.
            var known = Seen!;
            var answer = await AskDirectory();
            if (answer.Groups.IsDefault)
            {
                return false;
            }

            // Also if it says what is known: a token that was issued before, and comes later, must not win over it.
            await Take(UserObservation.Of(known, answer.Groups, answer.ObservedAt));
        }
        finally
        {
            asking = null;
        }

        // The lists with this person show the current groups. A newer sign-in tells them too.
        foreach (var workspaceId in durable.ListedIn)
        {
            await Tell(workspaceId, isMember: false);
        }

        return true;
    }

    private async Task Ask(SignIn signIn)
    {
        // A later caller must find 'asking' set, so that only one request runs at a time.
        await Task.Yield();
        try
        {
            if (pause is { } paused && time.GetElapsedTime(paused.Since) < paused.For)
            {
                return;
            }

            // The directory is not asked about a person whose tenant no agreement names.
            if (await knownIds.Current(KnownIds.TenantsWith(Person.TenantId)) is not { } tenants || !tenants.MayHold(Person.TenantId))
            {
                return;
            }

            var answer = await AskDirectory();
            pause = answer.Groups.IsDefault ? (time.GetTimestamp(), answer.RetryAfter) : null;
            if (!answer.Groups.IsDefault)
            {
                await Take(UserObservation.Of(signIn, answer.Groups, answer.ObservedAt, Seen));
            }
        }
        finally
        {
            asking = null;
        }
    }

    // If the directory's grain cannot be called, the directory counts as silent.
    private async Task<DirectoryGroups> AskDirectory()
    {
        try
        {
            return await GrainFactory.GetGrain<IDirectoryGrain>($"{Person.TenantId:D}").GroupsOf(Person.UserId);
        }
        catch (Exception e)
        {
            LogNotAsked(logger, Person.TenantId, e);
            return new(default, default, DirectoryBudget.ShortestPause);
        }
    }

    // If the person has a row, the answer is stored before it decides anything.
    private async Task Take(UserObservation observed)
    {
        if (!hasRow)
        {
            Know(durable, observed);
            return;
        }

        await firstWrite;
        await Arrive(observed.Newest(durable.Seen)!.Groups, async () =>
        {
            await Store(observed);
            Know(durable, observed);
        });
    }

    private async Task KeepObservation()
    {
        if (observation.Seen is not null && !ReferenceEquals(observationRow?.State, observation))
        {
            await Store(observation);
        }
    }

    private async Task Store(UserObservation observed)
    {
        // It was not read for a person without a row. An activation that ended between its first two writes has left one.
        observationRow ??= await ReadObservation();
        observationRow.State = observed;
        await rows.WriteRow(this, ObservationName, observationRow);

        async Task<GrainState<UserObservation>> ReadObservation()
        {
            try
            {
                return await rows.ReadRow<UserObservation>(this, ObservationName);
            }
            catch (StorageUnavailableException)
            {
                DeactivateOnIdle();
                throw;
            }
        }
    }

    /// <summary>Returns the person for a workspace's list of people. If there are very many groups, those that may hold a role come first.</summary>
    /// <param name="observed">The observation by which the person was known like this.</param>
    private async ValueTask<SeenUser> Listed(SeenUser seen, UserObservation observed)
    {
        var listed = observed.ForLists(seen);
        if (seen.Groups.Length <= SeenEntry.MaxGroups)
        {
            return listed;
        }

        var known = await GroupsInQuestion() ?? throw new StorageUnavailableException("Which groups hold roles cannot be confirmed now.");
        return listed with { Groups = [.. (known with { Groups = seen.Groups }).MayHold.Concat(seen.Groups).Distinct().Take(SeenEntry.MaxGroups).Order()] };
    }

    [LoggerMessage(LogLevel.Warning, "The directory of tenant {TenantId} could not be asked")]
    private static partial void LogNotAsked(ILogger logger, Guid tenantId, Exception exception);
}
