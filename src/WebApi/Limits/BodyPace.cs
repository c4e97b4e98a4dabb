namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Ends bodies that come too slowly. Kestrel's own limit is the average over a whole body, so a client that sends much at
/// first may nearly stop afterwards; here only the last seconds count, and all bodies of a caller count together.
/// </summary>
internal sealed class BodyPace : IDisposable
{
    /// <summary>Bytes a second that the bodies of one caller have to bring, for each of them. Time in which the node does not ask for bytes does not count.</summary>
    public const int MinRate = 1024;

    /// <summary>A body counts once it has been waited for so long, and then again.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly HashSet<Body> bodies = [];
    private readonly TimeProvider time;
    private readonly ITimer timer;

    public BodyPace(TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(_ => EndSlowOnes(), null, Period, Period);
    }

    /// <summary>Follows a body until it is disposed.</summary>
    /// <param name="received">Bytes that have come before.</param>
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
            foreach (var ofCaller in bodies.Where(b => b.WaitedUntil(now) >= Period).GroupBy(b => b.Who.Caller))
            {
                var slowestFirst = ofCaller.OrderBy(b => b.Received / b.WaitedUntil(now).TotalSeconds).ToList();
                var received = slowestFirst.Sum(b => b.Received);
                var waited = slowestFirst.Sum(b => b.WaitedUntil(now).TotalSeconds);
                foreach (var body in slowestFirst)
                {
                    if (received < MinRate * waited)
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

    internal sealed class Body(BodyPace pace, Claimant who, long received, Action end) : IDisposable
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
