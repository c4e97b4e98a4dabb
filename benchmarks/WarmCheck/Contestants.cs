using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.WarmCheck;

/// <summary>
/// The kinds of calls that are compared. Each method calls for one person after the other, one call at a time, until it is
/// stopped, and returns the number of calls.
/// </summary>
internal sealed class Contestants(IGrainFactory grains, Contoso contoso)
{
    private readonly ImmutableArray<IUserGrain> users = [.. contoso.People.Select(p => grains.GetGrain<IUserGrain>(p.Person.ToString()))];
    private readonly ImmutableArray<INothingGrain> nothings = [.. contoso.People.Select(p => grains.GetGrain<INothingGrain>(p.Person.ToString()))];

    public async Task<long> Check(int start, CancellationToken stop)
    {
        var calls = 0L;
        for (var i = start; !stop.IsCancellationRequested; i++, calls++)
        {
            var who = i % users.Length;
            var decision = await users[who].Decide(contoso.People[who], contoso.WorkspaceId);
            if (decision.Standing != Standing.Member)
            {
                throw new InvalidOperationException($"A member was {decision.Standing}: this is no check of a member.");
            }
        }

        return calls;
    }

    public async Task<long> NothingAlike(int start, CancellationToken stop)
    {
        var calls = 0L;
        for (var i = start; !stop.IsCancellationRequested; i++, calls++)
        {
            var who = i % nothings.Length;
            var decision = await nothings[who].Decide(contoso.People[who], contoso.WorkspaceId);
            if (decision.Standing == Standing.Member)
            {
                throw new InvalidOperationException("A grain that does nothing has decided.");
            }
        }

        return calls;
    }

    public async Task<long> Nothing(int start, CancellationToken stop)
    {
        var calls = 0L;
        for (var i = start; !stop.IsCancellationRequested; i++, calls++)
        {
            await nothings[i % nothings.Length].Nothing();
        }

        return calls;
    }
}
