using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class DirectoryCallersTests
{
    private static readonly PersonId ann = new(Guid.NewGuid(), Guid.NewGuid());
    private static readonly PersonId bob = new(ann.TenantId, Guid.NewGuid());

    private readonly FakeTimeProvider time = new();
    private readonly DirectoryCallers callers;

    public DirectoryCallersTests() => callers = new(time);

    [Fact]
    public void Person_has_a_share_of_parallel_requests()
    {
        var requests = Enumerable.Range(0, DirectoryCallers.MaxAtOnce).Select(_ => callers.Begin(ann)).ToList();

        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Throws<TryLaterException>(() => callers.Begin(ann)).RetryAfter);
        callers.Begin(bob).Dispose();

        requests[0].Dispose();
        requests[0].Dispose();
        callers.Begin(ann);
        Assert.Throws<TryLaterException>(() => callers.Begin(ann));
    }

    [Fact]
    public void Person_has_a_share_of_requests_per_minute()
    {
        time.Advance(TimeSpan.FromSeconds(20));
        for (var n = 0; n < DirectoryCallers.MaxPerMinute; n++)
        {
            callers.Begin(ann).Dispose();
        }

        Assert.Equal(TimeSpan.FromSeconds(40), Assert.Throws<TryLaterException>(() => callers.Begin(ann)).RetryAfter);
        callers.Begin(bob).Dispose();
        time.Advance(TimeSpan.FromSeconds(40));
        callers.Begin(ann).Dispose();
    }

    [Fact]
    public void Idle_person_is_forgotten_after_the_minute_but_not_during_a_request()
    {
        for (var n = 0; n < 1_000; n++)
        {
            callers.Begin(new(ann.TenantId, Guid.NewGuid())).Dispose();
        }

        var waiting = callers.Begin(ann);
        time.Advance(TimeSpan.FromMinutes(1));
        callers.Begin(bob).Dispose();

        Assert.Equal(2, callers.Count);
        waiting.Dispose();
    }
}
