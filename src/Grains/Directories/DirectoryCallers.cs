using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Directories;

/// <summary>
/// What one person may have asked of directories through this silo. A tenant's directory has one budget
/// (<see cref="DirectoryBudget"/>), which sign-ins need as well: whoever looks for groups is not to use it up.
/// </summary>
internal sealed class DirectoryCallers(TimeProvider time)
{
    /// <summary>A tenth of what there is for the tenant.</summary>
    public const int MaxPerMinute = DirectoryBudget.MaxPerMinute / 10;

    /// <summary>A quarter of what there is for the tenant.</summary>
    public const int MaxAtOnce = DirectoryBudget.MaxAtOnce / 4;

    private readonly Lock gate = new();
    private readonly long started = time.GetTimestamp();

    // Those who have something under way, or have asked within the minute.
    private readonly Dictionary<PersonId, (int Spent, int UnderWay)> callers = [];
    private long minute;

    /// <summary>Begins a request, which ends when what it returns is disposed.</summary>
    /// <exception cref="TryLaterException">The person has as many as they may have.</exception>
    public IDisposable Begin(PersonId person)
    {
        lock (gate)
        {
            var passed = time.GetElapsedTime(started);
            if (passed.Ticks / TimeSpan.TicksPerMinute is var now && now != minute)
            {
                minute = now;
                foreach (var (caller, (_, underWay)) in callers)
                {
                    // Removing what is enumerated is allowed, and so is setting it.
                    if (underWay == 0)
                    {
                        callers.Remove(caller);
                    }
                    else
                    {
                        callers[caller] = (0, underWay);
                    }
                }
            }

            var has = callers.GetValueOrDefault(person);
            if (has.Spent >= MaxPerMinute)
            {
                throw new TryLaterException(TimeSpan.FromTicks((minute + 1) * TimeSpan.TicksPerMinute) - passed);
            }

            if (has.UnderWay >= MaxAtOnce)
            {
                throw new TryLaterException(DirectoryBudget.ShortestPause);
            }

            callers[person] = (has.Spent + 1, has.UnderWay + 1);
            return new Request(this, person);
        }
    }

    /// <summary>How many persons are known.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return callers.Count;
            }
        }
    }

    private sealed class Request(DirectoryCallers callers, PersonId person) : IDisposable
    {
        private bool isOver;

        public void Dispose()
        {
            lock (callers.gate)
            {
                if (!isOver)
                {
                    isOver = true;
                    var (spent, underWay) = callers.callers[person];
                    callers.callers[person] = (spent, underWay - 1);
                }
            }
        }
    }
}
