using System.Collections.Concurrent;
using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Knows the tenants whose people may be members. Anybody with a work account has a valid token, and most of these people
/// have nothing to do with this service, so they are answered without asking a grain.
/// </summary>
/// <param name="listed">
/// The setting <c>AzureAd:AllowedTenants</c>. If empty, the tenants that agreements name: of an organization, a contact or a
/// billing reader.
/// </param>
internal sealed class AllowedTenants(ImmutableHashSet<Guid> listed, KnownIdsCache known, AccessMetrics metrics, TimeProvider time)
{
    // How many of the 256 sets a starting node reads in parallel.
    private const int MaxParallel = 32;

    public const string Setting = $"{Authentication.Section}:AllowedTenants";

    /// <summary>
    /// How long a request waits for the set of tenants. After that the person's grain is asked, as for a known tenant.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>After a set was unavailable, no request waits for it for this time.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    // The end of that time for each of the 256 sets.
    private readonly ConcurrentDictionary<string, DateTimeOffset> resting = new(StringComparer.Ordinal);

    // The last known sets by key; null for a set that was never available. Only limits use them; they decide no access.
    private readonly ConcurrentDictionary<string, KnownIds?> latest = new(StringComparer.Ordinal);

    private readonly Lock gate = new();
    private Task? firstRead;

    // The sets that are being read because a request had to be counted.
    private readonly ConcurrentDictionary<string, bool> asking = new(StringComparer.Ordinal);

    /// <exception cref="SettingException">The setting is not a list of tenant ids.</exception>
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
    /// Completes when each set has been read once, so that no member counts as a stranger only because the node is new. It
    /// takes at most half a minute: it does not wait for a set longer than <see cref="Patience"/>.
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

    /// <summary>
    /// Returns false if nobody in the tenant can be a member of a workspace. Returns true if the set is unavailable.
    /// </summary>
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
    /// Returns whether limits count a person of the tenant as a stranger. It decides nothing else, and it never waits: if
    /// the current set is not in memory, the last known one counts, and one read for all callers fetches the current one.
    /// Until the first read of a set has ended, everybody counts as a stranger; if the set was unavailable, nobody does.
    /// </summary>
    public bool CountsAsStranger(Guid tenantId)
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

    // Returns null if the set is unavailable.
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
            // The read goes on, for later requests.
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
