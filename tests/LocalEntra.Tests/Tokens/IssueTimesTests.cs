using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.LocalEntra.Tests.Tokens;

public sealed class IssueTimesTests
{
    private static readonly Guid group = Guid.NewGuid();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 600, TimeSpan.Zero));
    private readonly Tenant tenant = new(Guid.NewGuid(), "Contoso");
    private readonly User ann = NewUser();
    private readonly IssueTimes times;

    public IssueTimesTests() => times = new(time);

    [Fact]
    public async Task Tokens_of_the_same_groups_are_issued_at_once()
    {
        var now = time.GetUtcNow();

        Assert.Equal([now, now], [(await Next(ann)).At, (await Next(ann)).At]);
    }

    [Fact]
    public async Task Token_with_other_groups_waits_for_the_next_second()
    {
        await Next(ann);
        tenant.Memberships.Add(group, ann.Id);

        var next = Next(ann);
        time.Advance(TimeSpan.FromMilliseconds(399));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        var (groups, at) = await next;
        Assert.Equal((group, new DateTimeOffset(2026, 3, 1, 12, 0, 1, TimeSpan.Zero)), (Assert.Single(groups), at));
    }

    [Fact]
    public async Task Change_during_the_wait_is_in_the_token()
    {
        await Next(ann);
        tenant.Memberships.Add(group, ann.Id);
        var next = Next(ann);
        tenant.Memberships.Remove(group, ann.Id);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty((await next).Groups);
    }

    [Fact]
    public async Task Token_waits_only_for_its_own_person_and_second()
    {
        await Next(ann);
        tenant.Memberships.Add(group, ann.Id);
        Assert.True(Next(NewUser()).IsCompletedSuccessfully);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Next(ann).IsCompletedSuccessfully);

        tenant.Memberships.Remove(group, ann.Id);
        time.AdjustTime(time.GetUtcNow() - TimeSpan.FromHours(1));
        Assert.True(Next(ann).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Cancelled_request_stops_waiting()
    {
        await Next(ann);
        tenant.Memberships.Add(group, ann.Id);
        using var gone = new CancellationTokenSource();
        var next = times.NextAsync(tenant, ann, gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private Task<(IReadOnlyList<Guid> Groups, DateTimeOffset At)> Next(User user) => times.NextAsync(tenant, user, CancellationToken.None);

    private static User NewUser() => new(Guid.NewGuid(), "Ann", "ann@contoso.example", null, UserType.Member, null);
}
