using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>
/// When people's tokens are issued. A token tells in whole seconds, and of two tokens of one second nobody could say which
/// is newer. Where people sign in by hand that never matters; a test puts somebody into a group and asks for their next
/// token at once. So a token whose groups are others than those of its person's last one waits for the next second.
/// </summary>
internal sealed class IssueTimes(TimeProvider time)
{
    // As many as there are people in the directory.
    private readonly Dictionary<(Guid Tenant, Guid User), (long Second, IReadOnlyList<Guid> Groups)> last = [];
    private readonly Lock gate = new();

    /// <summary>The person's groups, and the instant of a token that tells of them. At once, or within a second.</summary>
    public async Task<(IReadOnlyList<Guid> Groups, DateTimeOffset At)> NextAsync(Tenant tenant, User user, CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan wait;
            // Together, so that of two requests at once the later instant has the later groups.
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

            // Only the clock brings the next second: there is no other signal.
            await Task.Delay(wait, time, cancellation);
        }
    }
}
