using System.Collections.Concurrent;
using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Which tenants' people are asked for at all. Anybody with a work account has a valid token, and most of them have nothing to
/// do with this service.
/// </summary>
/// <param name="listed">
/// <c>AzureAd:AllowedTenants</c>. Empty: the tenants that some agreement names, as its organization's or as that of a contact
/// or a billing reader.
/// </param>
internal sealed class AllowedTenants(ImmutableHashSet<Guid> listed, KnownIdsCache known, AccessMetrics metrics, TimeProvider time)
{
    // Of the 256 sets so many are read at once when a node begins.
    private const int MaxParallel = 32;

    public const string Setting = $"{Authentication.Section}:AllowedTenants";

    /// <summary>How long a request waits for the set of tenants. Without it the person's grain is asked, as for anybody.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long no request waits for a set after it was not available.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    // By set, of which there are 256: until when.
    private readonly ConcurrentDictionary<string, DateTimeOffset> resting = new(StringComparer.Ordinal);

    // The last known sets by key, null for one that was never available. Only limits use them; they decide no access.
    private readonly ConcurrentDictionary<string, KnownIds?> latest = new(StringComparer.Ordinal);

    private readonly Lock gate = new();
    private Task? firstRead;

    // Sets that are being asked for because somebody had to be counted.
    private readonly ConcurrentDictionary<string, bool> asking = new(StringComparer.Ordinal);

    /// <exception cref="SettingException">The setting is no list of tenant ids.</exception>
    public static ImmutableHashSet<Guid> Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Setting);
        return !string.IsNullOrEmpty(section.Value)
            ? throw new SettingException($"{Setting} is '{section.Value}'; it must be a list: {Setting}:0, {Setting}:1, …")
            : [.. section.GetChildren().Select(tenant => Guid.TryParseExact(tenant.Value, "D", out var id)
                ? id
                : throw new SettingException($"{tenant.Path} is '{tenant.Value}'; it must be a tenant id such as c0000000-0000-4000-8000-000000000000."))];
    }

    /// <summary>
    /// Done when each set has been asked for once, so that nobody is taken for a stranger only because the node is new. It takes
    /// half a minute at most: a set that does not answer within <see cref="Patience"/> is left.
    /// </summary>
    public Task FirstRead()
    {
        lock (gate)
        {
            return firstRead ??= listed.IsEmpty
                ? Parallel.ForEachAsync(KnownIds.TenantSets.ToArray(), new ParallelOptions { MaxDegreeOfParallelism = MaxParallel }, async (key, _) => await Read(key))
                : Task.CompletedTask;
        }
    }

    /// <summary>False where nobody of the tenant can be a member of anything. If a set is not available, everybody may come.</summary>
    public ValueTask<bool> MayCome(Guid tenantId)
    {
        if (!listed.IsEmpty)
        {
            return new(Counted(listed.Contains(tenantId)));
        }

        var key = KnownIds.TenantsWith(tenantId);
        return known.InMemory(key) is { } tenants ? new(Counted(tenants.MayHold(tenantId))) : Ask(key, tenantId);
    }

    /// <summary>
    /// Whether limits count a person of the tenant among the strangers. It decides nothing else, and it never waits: if the
    /// current set is not in memory, the last known one counts, and one request for all callers reads the current one. Until
    /// the first set is read everybody counts as a stranger. If it is not available, nobody does.
    /// </summary>
    public bool CountsAsStrange(Guid tenantId)
    {
        if (!listed.IsEmpty)
        {
            return !listed.Contains(tenantId);
        }

        var key = KnownIds.TenantsWith(tenantId);
        if (known.InMemory(key) is { } tenants)
        {
            return !tenants.MayHold(tenantId);
        }

        if (!IsResting(key) && asking.TryAdd(key, true))
        {
            _ = AskForAll(key);
        }

        return !latest.TryGetValue(key, out var before) || before?.MayHold(tenantId) == false;
    }

    private bool IsResting(string key) => resting.TryGetValue(key, out var until) && time.GetUtcNow() < until;

    private async Task AskForAll(string key)
    {
        try
        {
            await Read(key);
        }
        finally
        {
            asking.TryRemove(key, out _);
        }
    }

    private async ValueTask<bool> Ask(string key, Guid tenantId) =>
        await Read(key) is not { } tenants || Counted(tenants.MayHold(tenantId));

    // Null if it is not available.
    private async Task<KnownIds?> Read(string key)
    {
        if (IsResting(key))
        {
            return null;
        }

        KnownIds? tenants = null;
        try
        {
            tenants = await known.Current(key).AsTask().WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // It goes on being asked for, for those who come later.
        }

        if (tenants is null)
        {
            resting[key] = time.GetUtcNow() + Rest;
            latest.TryAdd(key, null);
            return null;
        }

        latest[key] = tenants;
        return tenants;
    }

    private bool Counted(bool mayCome)
    {
        if (!mayCome)
        {
            metrics.Stranger();
        }

        return mayCome;
    }
}
