namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Ends transfers that are too slow: bodies of requests or of responses. Kestrel's own limits are averages over a whole
/// body, or over one write of a response. Here only the last seconds count, and all transfers of a caller count together.
/// </summary>
internal abstract class Pace : IDisposable
{
    private readonly Lock gate = new();
    private readonly HashSet<Transfer> transfers = [];
    private readonly TimeProvider time;
    private readonly int minRate;
    private readonly TimeSpan period;
    private readonly ITimer timer;

    protected Pace(TimeProvider time, int minRate, TimeSpan period)
    {
        (this.time, this.minRate, this.period) = (time, minRate, period);
        timer = time.CreateTimer(_ => EndSlowOnes(), null, period, period);
    }

    /// <summary>The number of transfers that are followed.</summary>
    public int Followed
    {
        get
        {
            lock (gate)
            {
                return transfers.Count;
            }
        }
    }

    /// <summary>The bytes of all transfers that are followed.</summary>
    public long Passed
    {
        get
        {
            lock (gate)
            {
                return transfers.Sum(t => t.Passed);
            }
        }
    }

    /// <summary>Follows a transfer until it is disposed.</summary>
    /// <param name="passed">The bytes transferred before this call.</param>
    /// <param name="end">Ends the transfer; must not block.</param>
    public Transfer Follow(Claimant who, long passed, Action end)
    {
        var transfer = new Transfer(this, who, passed, end);
        lock (gate)
        {
            transfers.Add(transfer);
        }

        return transfer;
    }

    public void Dispose() => timer.Dispose();

    private void EndSlowOnes()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            foreach (var ofCaller in transfers.Where(t => t.WaitedUntil(now) >= period).GroupBy(t => t.Who.Caller))
            {
                var slowestFirst = ofCaller.OrderBy(t => t.Passed / t.WaitedUntil(now).TotalSeconds).ToList();
                var passed = slowestFirst.Sum(t => t.Passed);
                var waited = slowestFirst.Sum(t => t.WaitedUntil(now).TotalSeconds);
                foreach (var transfer in slowestFirst)
                {
                    if (passed < minRate * waited)
                    {
                        passed -= transfer.Passed;
                        waited -= transfer.WaitedUntil(now).TotalSeconds;
                        transfers.Remove(transfer);
                        transfer.End();
                    }

                    transfer.Begin(now);
                }
            }
        }
    }

    internal sealed class Transfer(Pace pace, Claimant who, long passed, Action end) : IDisposable
    {
        private TimeSpan waited;
        private long? waitsSince;

        public Claimant Who => who;

        public long Passed { get; private set; } = passed;

        public void Waits()
        {
            lock (pace.gate)
            {
                waitsSince = pace.time.GetTimestamp();
            }
        }

        public void WaitsNoMore()
        {
            lock (pace.gate)
            {
                waited = WaitedUntil(pace.time.GetTimestamp());
                waitsSince = null;
            }
        }

        public void Passes(int bytes)
        {
            lock (pace.gate)
            {
                Passed += bytes;
            }
        }

        public TimeSpan WaitedUntil(long now) =>
            waitsSince is { } since ? waited + pace.time.GetElapsedTime(since, now) : waited;

        public void End() => end();

        public void Begin(long now)
        {
            (waited, Passed) = (TimeSpan.Zero, 0);
            waitsSince = waitsSince is null ? null : now;
        }

        public void Dispose()
        {
            lock (pace.gate)
            {
                pace.transfers.Remove(this);
            }
        }
    }
}
