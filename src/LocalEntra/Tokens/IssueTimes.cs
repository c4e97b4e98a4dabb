using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>
/// Decides the issue times of people's tokens. An issue time is in whole seconds, so it cannot order two tokens of the same
/// second. That does not matter when people sign in by hand, but a test changes a person's groups and asks for the next
/// token at once. Therefore a token with other groups than the person's last token waits for the next second.
/// </summary>
internal sealed class IssueTimes(TimeProvider time)
{
    // At most one entry for each person in the directory.
    private readonly Dictionary<(Guid Tenant, Guid User), (long Second, IReadOnlyList<Guid> Groups)> last = [];
    private readonly Lock gate = new();

    /// <summary>Returns the person's groups and the issue time of a token with them; at once, or within a second.</summary>
    public async Task<(IReadOnlyList<Guid> Groups, DateTimeOffset At)> NextAsync(Tenant tenant, User user, CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan wait;
            // Under one lock, so that of two concurrent requests the later issue time has the later groups.
            lock (gate)
            {
                var groups = tenant.Memberships.TransitiveGroups(user.Id);
                var now = time.GetUtcNow();
                var second = now.ToUnixTimeSeconds();
                if (!last.TryGetValue((tenant.Id, user.Id), out var before) || before.Second != second || groups.SequenceEqual(before.Groups))
                {
                    last[(tenant.Id, user.Id)] = (second, groups);
                    return (groups, now);
                }

                wait = DateTimeOffset.FromUnixTimeSeconds(second + 1) - now;
            }

            // Waits for the clock, because no other signal announces the next second.
            await Task.Delay(wait, time, cancellation);
        }
    }
}
