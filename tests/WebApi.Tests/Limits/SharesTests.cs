using EngageCenter.WebApi.Limits;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Limits;

public sealed class SharesTests : IDisposable
{
    private static readonly Claimant ann = new("ann", new(1, 0, 0, new byte[8]));
    private static readonly Claimant annsColleague = new("colleague", ann.Tenant);
    private static readonly Claimant bob = new("bob", new(2, 0, 0, new byte[8]));

    private readonly FakeTimeProvider time = new();
    private readonly Shares shares = new(total: 4, perCaller: 2, perTenant: 3, ofStrangers: 1);

    public void Dispose() => shares.Dispose();

    [Fact]
    public void Caller_and_tenant_can_each_have_their_part()
    {
        Assert.True(shares.TryTake(ann, 2).IsTaken);
        Refused(Scope.Caller, ann);
        Assert.True(shares.TryTake(annsColleague).IsTaken);
        Refused(Scope.Tenant, annsColleague);
        Assert.True(shares.TryTake(bob).IsTaken);
        Refused(Scope.Node, bob);
        Assert.Equal(4, shares.Taken);
    }

    [Fact]
    public void Returned_share_can_be_taken_by_anybody()
    {
        using (shares.TryTake(ann, 2))
        using (shares.TryTake(bob, 2))
        {
            Refused(Scope.Node, annsColleague);
        }

        Assert.Equal(0, shares.Taken);
        Assert.True(shares.TryTake(ann, 2).IsTaken);
        Assert.True(shares.TryTake(annsColleague).IsTaken);
    }

    [Fact]
    public void Refused_request_leaves_nothing_taken()
    {
        using (shares.TryTake(ann, 2))
        using (shares.TryTake(bob, 2))
        {
            for (var i = 0; i < 10; i++)
            {
                shares.TryTake(annsColleague).Dispose();
            }
        }

        Assert.True(shares.TryTake(annsColleague, 2).IsTaken);
    }

    [Fact]
    public async Task Waiting_request_goes_before_a_new_one()
    {
        using var anns = shares.TryTake(ann, 2);
        var first = shares.TryTake(bob);
        var second = shares.TryTake(bob);
        var waiting = shares.TakeWithinAsync(new("third", new(3, 0, 0, new byte[8])), 2, "things", time, CancellationToken.None).AsTask();

        first.Dispose();
        Refused(Scope.Node, bob);
        Assert.Equal((false, 1), (waiting.IsCompleted, shares.Waiting));
        second.Dispose();
        Assert.True((await waiting).IsTaken);
        Assert.Equal((4, 0), (shares.Taken, shares.Waiting));
    }

    [Theory]
    [InlineData(true, 429)]
    [InlineData(false, 503)]
    public async Task Request_that_waits_too_long_is_refused_and_leaves_nothing_taken(bool isOwnPart, int status)
    {
        using var first = shares.TryTake(isOwnPart ? ann : bob, 2);
        using var second = shares.TryTake(annsColleague, 1);
        using var third = shares.TryTake(isOwnPart ? bob : new("third", new(3, 0, 0, new byte[8])), 1);
        var waiting = shares.TakeWithinAsync(ann, 1, "things", time, CancellationToken.None).AsTask();

        time.Advance(NodeLimits.Patience - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        var refused = await Assert.ThrowsAsync<OverLimitException>(() => waiting);
        Assert.Equal(status, refused.StatusCode);
        Assert.Equal(4, shares.Taken);
    }

    [Fact]
    public async Task Request_of_a_disconnected_client_stops_waiting()
    {
        using var first = shares.TryTake(ann, 2);
        using var client = new CancellationTokenSource();
        var waiting = shares.TakeWithinAsync(ann, 1, "things", time, client.Token).AsTask();

        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void Strangers_of_any_number_of_tenants_share_one_part()
    {
        var strangers = Enumerable.Range(1, 10).Select(n => new Claimant($"stranger {n}", new(n + 10, 0, 0, new byte[8]), IsStranger: true)).ToList();
        using var first = shares.TryTake(strangers[0]);

        Assert.True(first.IsTaken);
        Assert.All(strangers[1..], stranger => Refused(Scope.Tenant, stranger));
        Assert.All(strangers, stranger => Assert.Equal(1, shares.PartOf(stranger)));
        Assert.True(shares.TryTake(ann, 2).IsTaken);
        Assert.True(shares.TryTake(bob).IsTaken);
    }

    [Fact]
    public void Caller_who_turns_out_not_to_be_a_stranger_has_their_own_part()
    {
        using var asStranger = shares.TryTake(ann with { IsStranger = true });

        Assert.True(asStranger.IsTaken);
        Assert.True(shares.TryTake(ann, 2).IsTaken);
    }

    private void Refused(Scope scope, Claimant who)
    {
        var share = shares.TryTake(who);
        Assert.Equal((false, scope), (share.IsTaken, share.UsedUp));
    }
}
