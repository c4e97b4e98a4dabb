using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>
/// When people's tokens are issued, in whole seconds, as tokens have it. Of two tokens of one second nobody could tell which
/// is newer. Nobody waits for that where people sign in by hand; a test does that puts somebody into a group and asks for
/// their next token at once. So a token whose groups are others than those of its person's last one is of a later second.
/// </summary>
internal sealed class IssueTimes(TimeProvider time)
{
    /// <summary>How far ahead of the clock a token may say it is, well within what validators allow for clocks that differ.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(1);

    // As many as there are people in the directory.
    private readonly Dictionary<(Guid Tenant, Guid User), (long Second, IReadOnlyList<Guid> Groups)> last = [];
    private readonly Lock gate = new();

    /// <summary>The person's groups, and the second of a token that tells of them.</summary>
    public (IReadOnlyList<Guid> Groups, DateTimeOffset At) Next(Tenant tenant, User user)
    {
        // Together, so that of two requests at once the later second has the later groups.
        lock (gate)
        {
            var groups = tenant.Memberships.TransitiveGroups(user.Id);
            var now = time.GetUtcNow();
            var second = now.ToUnixTimeSeconds();
            if (last.TryGetValue((tenant.Id, user.Id), out var before) && before.Second >= second)
            {
                second = groups.SequenceEqual(before.Groups) ? before.Second : before.Second + 1;
                second = Math.Min(second, (now + MaxAhead).ToUnixTimeSeconds());
            }

            last[(tenant.Id, user.Id)] = (second, groups);
            return (groups, DateTimeOffset.FromUnixTimeSeconds(second));
        }
    }
}
