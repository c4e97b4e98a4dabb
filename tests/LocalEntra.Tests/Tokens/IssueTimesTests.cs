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
    public async Task A_token_of_other_groups_waits_for_the_next_second()
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
    public async Task What_changes_while_a_token_waits_is_in_it()
    {
        await Next(ann);
        tenant.Memberships.Add(group, ann.Id);
        var next = Next(ann);
        tenant.Memberships.Remove(group, ann.Id);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty((await next).Groups);
    }

    [Fact]
    public async Task Nobody_waits_for_another_s_groups_or_once_the_second_is_over_or_for_a_clock_that_was_set_back()
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
    public async Task Who_no_longer_wants_it_does_not_wait()
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
