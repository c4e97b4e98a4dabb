namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Ends bodies, or answers, that are too slow. Kestrel's own limits are about a whole body, and begin anew with each part of
/// an answer; here only the last seconds count, and all bodies or answers of a caller count together.
/// </summary>
internal abstract class Pace : IDisposable
{
    private readonly Lock gate = new();
    private readonly HashSet<Body> bodies = [];
    private readonly TimeProvider time;
    private readonly int minRate;
    private readonly TimeSpan period;
    private readonly ITimer timer;

    protected Pace(TimeProvider time, int minRate, TimeSpan period)
    {
        (this.time, this.minRate, this.period) = (time, minRate, period);
        timer = time.CreateTimer(_ => EndSlowOnes(), null, period, period);
    }

    /// <summary>How many are followed.</summary>
    public int Followed
    {
        get
        {
            lock (gate)
            {
                return bodies.Count;
            }
        }
    }

    /// <summary>Follows a body until it is disposed.</summary>
    /// <param name="received">Bytes that have passed before.</param>
    /// <param name="end">Ends the body; must not block.</param>
    public Body Follow(Claimant who, long received, Action end)
    {
        var body = new Body(this, who, received, end);
        lock (gate)
        {
            bodies.Add(body);
        }

        return body;
    }

    public void Dispose() => timer.Dispose();

    private void EndSlowOnes()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            foreach (var ofCaller in bodies.Where(b => b.WaitedUntil(now) >= period).GroupBy(b => b.Who.Caller))
            {
                var slowestFirst = ofCaller.OrderBy(b => b.Received / b.WaitedUntil(now).TotalSeconds).ToList();
                var received = slowestFirst.Sum(b => b.Received);
                var waited = slowestFirst.Sum(b => b.WaitedUntil(now).TotalSeconds);
                foreach (var body in slowestFirst)
                {
                    if (received < minRate * waited)
                    {
                        received -= body.Received;
                        waited -= body.WaitedUntil(now).TotalSeconds;
                        bodies.Remove(body);
                        body.End();
                    }

                    body.Begin(now);
                }
            }
        }
    }

    internal sealed class Body(Pace pace, Claimant who, long received, Action end) : IDisposable
    {
        private TimeSpan waited;
        private long? waitsSince;

        public Claimant Who => who;

        public long Received { get; private set; } = received;

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

        public void Receives(int bytes)
        {
            lock (pace.gate)
            {
                Received += bytes;
            }
        }

        public TimeSpan WaitedUntil(long now) =>
            waitsSince is { } since ? waited + pace.time.GetElapsedTime(since, now) : waited;

        public void End() => end();

        public void Begin(long now)
        {
            (waited, Received) = (TimeSpan.Zero, 0);
            waitsSince = waitsSince is null ? null : now;
        }

        public void Dispose()
        {
            lock (pace.gate)
            {
                pace.bodies.Remove(this);
            }
        }
    }
}
