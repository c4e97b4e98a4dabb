using EngageCenter.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Directories;

/// <summary>Asks the directory again about the people whom changes concern, in rounds.</summary>
internal sealed partial class DirectoryFollower
{
    /// <summary>
    /// The most people about whom one round asks, for groups and for accounts each. The next round asks about the others. It follows
    /// at once while people with an activation are among them.
    /// </summary>
    public const int MaxPerRound = 1_200;

    /// <summary>
    /// How many people are asked about at the same time, and the least time that this takes. So a round leaves a seventh of
    /// <see cref="DirectoryBudget.MaxPerPeriod"/> for sign-ins and for new changes.
    /// </summary>
    private const int AskedAtOnce = 30;

    private static readonly TimeSpan pace = TimeSpan.FromMilliseconds(100);

    // How many grains are prepared at the same time. This sends no request to the directory.
    private const int PreparedAtOnce = 16;

    // People with an activation, as last listed, and whether the rounds under way left some of them for the next one.
    private HashSet<Guid> here = [];
    private bool isSomebodyHereLeft;

    /// <summary>The most people who came for the first time and wait for a question. It takes at most 5 MB.</summary>
    public const int MaxNewcomers = 100_000;

    // About a newcomer the directory is asked for the groups and the account.
    private const int QuestionsAboutNewcomer = 2;

    private readonly HashSet<Guid> newcomers = [];

    // While the silo stops, a round begins no more calls: each would fail, with some lines in Orleans' log.
    private bool IsStopping => services.GetService<ISiloStatusOracle>() is { CurrentStatus: not SiloStatus.Active };

    // How many people the rounds under way have asked about. Newcomers get what is left.
    private int askedInRound;

    /// <param name="concerned">The people who still have to be asked about.</param>
    /// <returns>Whether all of them were.</returns>
    private async Task<bool> Observe(HashSet<Guid> concerned, Func<IObservedPerson, Task<bool>> observe)
    {
        var all = concerned.Count;
        var (some, areMoreHere) = await WhoeverIsHereFirst(concerned);
        var (ready, others, expired) = some.Count > AskedAtOnce ? await Prepare(some) : (some, [], TimeSpan.Zero);
        if (await ObserveEach(concerned, ready, AskedAtOnce, observe) && others.Count > 0 && (ready.Count == 0 || !areMoreHere))
        {
            // Waits until the decisions that earlier activations of these people lent have expired. One wait is for all of them.
            var wait = expired - Now;
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time);

            await ObserveEach(concerned, others, AskedAtOnce, observe);
        }

        isSomebodyHereLeft |= areMoreHere && concerned.Count < all;
        askedInRound = Math.Min(MaxPerRound, askedInRound + some.Count);
        if (all > 0)
        {
            LogFollowed(logger, TenantId, all - concerned.Count, concerned.Count);
        }

        return concerned.Count == 0;
    }

    /// <param name="concerned">Loses the people who were asked about.</param>
    /// <param name="atOnce">How many are asked about at the same time, at most once in each <see cref="pace"/>.</param>
    /// <returns>False if the directory is silent, or the silo stops.</returns>
    private async Task<bool> ObserveEach(HashSet<Guid> concerned, List<Guid> people, int atOnce, Func<IObservedPerson, Task<bool>> observe)
    {
        foreach (var some in people.Chunk(atOnce))
        {
            if (IsStopping)
            {
                return false;
            }

            // The directory limits requests by time, so only the clock says when the next people may be asked about.
            var paced = people.Count > atOnce ? Task.Delay(pace, time) : Task.CompletedTask;
            var observed = await ObservedAll(some, observe);
            concerned.ExceptWith(some.Where((_, n) => observed[n]));

            // If one person's row cannot be read or written, the others are still done. If the directory is silent, the round ends.
            if (!observed.Any(isObserved => isObserved))
            {
                return false;
            }

            await paced;
        }

        return true;
    }

    /// <returns>The people who can be asked about at once, and those for whom lent decisions have to expire first, and when these have.</returns>
    private async Task<(List<Guid> Ready, List<Guid> Others, TimeSpan Expired)> Prepare(List<Guid> people)
    {
        List<Guid> ready = [], others = [];
        var failures = new List<string>();
        var expired = TimeSpan.Zero;
        foreach (var some in people.Chunk(PreparedAtOnce))
        {
            if (IsStopping)
            {
                break;
            }

            var waits = await Task.WhenAll(some.Select(Wait));
            ready.AddRange(some.Where((_, n) => waits[n] <= TimeSpan.Zero));
            others.AddRange(some.Where((_, n) => waits[n] > TimeSpan.Zero));
            var last = Now + waits.Max();
            expired = last > expired ? last : expired;
        }

        Log(failures);
        return (ready, others, expired);

        async Task<TimeSpan> Wait(Guid person)
        {
            try
            {
                return await GrainFactory.GetGrain<IObservedPerson>($"{TenantId:D}/{person:D}").Prepare();
            }
            catch (Exception e)
            {
                // A silo of an earlier release does not have this method. It waits when the person is asked about.
                failures.Add(e.Message);
                return DecisionLease.Longest;
            }
        }
    }

    /// <summary>
    /// Asks about people who came for the first time, after everybody whom a change concerns. Whoever could not be asked about is
    /// reported again by their own grain. No round waits for lent decisions of newcomers; a later round asks about them.
    /// </summary>
    private async Task ObserveNewcomers()
    {
        var (ready, _, _) = await Prepare([.. newcomers.Take(MaxPerRound - askedInRound)]);
        newcomers.ExceptWith(ready);
        await ObserveEach(newcomers, ready, AskedAtOnce / QuestionsAboutNewcomer, newcomer => newcomer.ObserveFirst(withAccount: forbidden is null));
    }

    private async Task<bool[]> ObservedAll(Guid[] people, Func<IObservedPerson, Task<bool>> observe)
    {
        var failures = new List<string>();
        var observed = await Task.WhenAll(people.Select(Observed));
        Log(failures);
        return observed;

        async Task<bool> Observed(Guid person)
        {
            try
            {
                return await observe(GrainFactory.GetGrain<IObservedPerson>($"{TenantId:D}/{person:D}"));
            }
            catch (Exception e)
            {
                failures.Add(e.Message);
                return false;
            }
        }
    }

    // One line for all: if storage or a silo fails, it fails for many people at once.
    private void Log(List<string> failures)
    {
        if (failures.Count > 0)
        {
            LogNotObserved(logger, TenantId, failures.Count, failures[0]);
        }
    }

    /// <summary>
    /// Returns whom one round asks about. If it cannot ask about everybody, people with an activation come first, because checks may
    /// use their old groups now.
    /// </summary>
    private async Task<(List<Guid> Some, bool AreMoreHere)> WhoeverIsHereFirst(HashSet<Guid> concerned)
    {
        if (concerned.Count <= MaxPerRound)
        {
            return ([.. concerned], false);
        }

        if (!here.Overlaps(concerned))
        {
            var prefix = $"{TenantId:D}/";
            here = (await GrainFactory.GetGrain<IManagementGrain>(0).GetActiveGrains(user))
                .Select(id => id.Key.ToString()!).Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => Guid.Parse(key.AsSpan(prefix.Length))).ToHashSet();
        }

        return ([.. concerned.OrderByDescending(here.Contains).Take(MaxPerRound)], concerned.Count(here.Contains) > MaxPerRound);
    }

    [LoggerMessage(LogLevel.Information, "Tenant {TenantId}: the directory was asked again about {People} people after changes, {Left} are left")]
    private static partial void LogFollowed(ILogger logger, Guid tenantId, int people, int left);

    [LoggerMessage(LogLevel.Warning, "Tenant {TenantId}: the groups or accounts of {People} people could not be read; the next round tries again: {Reason}")]
    private static partial void LogNotObserved(ILogger logger, Guid tenantId, int people, string reason);
}
