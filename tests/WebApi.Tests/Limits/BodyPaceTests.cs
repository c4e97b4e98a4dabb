using EngageCenter.WebApi.Limits;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Limits;

public sealed class BodyPaceTests : IDisposable
{
    private static readonly Claimant ann = new("ann", Guid.Empty);
    private static readonly Claimant bob = new("bob", Guid.Empty);
    private static readonly int enough = (int)(BodyPace.MinRate * BodyPace.Period.TotalSeconds);

    private static readonly TimeSpan Almost = BodyPace.Period - TimeSpan.FromSeconds(0.1);

    private readonly FakeTimeProvider time = new();
    private readonly BodyPace pace;
    private readonly List<string> ended = [];

    public BodyPaceTests() => pace = new(time);

    public void Dispose() => pace.Dispose();

    [Fact]
    public void Body_below_the_minimum_rate_is_ended()
    {
        var slow = Follow("slow", ann);
        var fast = Follow("fast", bob);
        Pass(Almost, (slow, enough - 1), (fast, enough));
        Assert.Empty(ended);
        Pass(BodyPace.Period - Almost, (slow, 1), (fast, 0));

        Assert.Equal(["slow"], ended);
    }

    [Fact]
    public void Body_that_was_fast_at_first_is_ended_if_it_stops()
    {
        var body = Follow("body", ann);
        Pass(Almost, (body, 1_000 * enough));
        Pass(BodyPace.Period - Almost, (body, 0));
        Assert.Empty(ended);
        Pass(BodyPace.Period, (body, 0));

        Assert.Equal(["body"], ended);
    }

    [Fact]
    public void Bodies_of_one_caller_count_together_and_the_slowest_end_first()
    {
        var (first, second, third) = (Follow("first", ann), Follow("second", ann), Follow("third", ann));
        Pass(Almost, (first, 10), (second, enough / 2), (third, 2 * enough));
        Pass(BodyPace.Period - Almost, (first, 0), (second, 0), (third, 0));

        Assert.Equal(["first"], ended);
    }

    [Fact]
    public void Time_in_which_the_node_does_not_read_does_not_count()
    {
        var body = Follow("body", ann);
        Pass(TimeSpan.FromSeconds(1), (body, 1));
        for (var i = 0; i < 10; i++)
        {
            time.Advance(BodyPace.Period);
        }

        Assert.Empty(ended);
    }

    [Fact]
    public void Arrived_body_is_not_followed()
    {
        var body = Follow("body", ann);
        body.Waits();
        body.Dispose();
        time.Advance(4 * BodyPace.Period);

        Assert.Empty(ended);
    }

    private Pace.Transfer Follow(string name, Claimant who) => pace.Follow(who, 0, () => ended.Add(name));

    // Lets all bodies wait for the same time, and then receive their bytes.
    private void Pass(TimeSpan passed, params (Pace.Transfer Body, int Bytes)[] bodies)
    {
        foreach (var (body, _) in bodies)
        {
            body.Waits();
        }

        time.Advance(passed);
        foreach (var (body, bytes) in bodies)
        {
            body.WaitsNoMore();
            body.Passes(bytes);
        }
    }
}
