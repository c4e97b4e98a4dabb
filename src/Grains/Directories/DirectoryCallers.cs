using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Directories;

/// <summary>
/// Limits how much one person may ask of directories through this silo. A tenant's directory has one budget
/// (<see cref="DirectoryBudget"/>), which sign-ins need as well, so a person who searches for groups must not use it up.
/// </summary>
internal sealed class DirectoryCallers(TimeProvider time)
{
    /// <summary>Few of the tenant's <see cref="DirectoryBudget.MaxPerPeriod"/> in ten seconds, and many for somebody who types.</summary>
    public const int MaxPerMinute = 300;

    /// <summary>A twelfth of the tenant's <see cref="DirectoryBudget.MaxAtOnce"/>.</summary>
    public const int MaxAtOnce = 4;

    private readonly Lock gate = new();
    private readonly long started = time.GetTimestamp();

    // Persons with open requests, or with requests in the current minute.
    private readonly Dictionary<PersonId, (int Spent, int UnderWay)> callers = [];
    private long minute;

    /// <summary>Begins a request. It ends when the returned object is disposed.</summary>
    /// <exception cref="TryLaterException">The person has reached the limit.</exception>
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
                    // A dictionary allows removing and setting entries during its enumeration.
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
                throw new TryLaterException(
                    $"The caller has asked the directory {MaxPerMinute} times in this minute, which is the maximum.",
                    TimeSpan.FromTicks((minute + 1) * TimeSpan.TicksPerMinute) - passed);
            }

            if (has.UnderWay >= MaxAtOnce)
            {
                throw new TryLaterException($"The caller already has {MaxAtOnce} requests to the directory, which is the maximum.", DirectoryBudget.ShortestPause);
            }

            callers[person] = (has.Spent + 1, has.UnderWay + 1);
            return new Request(this, person);
        }
    }

    /// <summary>How many persons are remembered.</summary>
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
