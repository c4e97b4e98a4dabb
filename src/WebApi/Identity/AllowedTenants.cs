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
    public const string Setting = $"{Authentication.Section}:AllowedTenants";

    /// <summary>How long a request waits for the set of tenants. Without it the person's grain is asked, as for anybody.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>After a set could not be had, how long nobody waits for it.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    // By set, of which there are 256: until when.
    private readonly ConcurrentDictionary<string, DateTimeOffset> resting = new(StringComparer.Ordinal);

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

    /// <summary>False where nobody of the tenant can be a member of anything. Never false because a set cannot be had.</summary>
    public ValueTask<bool> MayCome(Guid tenantId)
    {
        if (!listed.IsEmpty)
        {
            return new(Counted(listed.Contains(tenantId)));
        }

        var key = KnownIds.TenantsWith(tenantId);
        return known.InMemory(key) is { } tenants ? new(Counted(tenants.MayHold(tenantId))) : Ask(key, tenantId);
    }

    private async ValueTask<bool> Ask(string key, Guid tenantId)
    {
        if (resting.TryGetValue(key, out var until) && time.GetUtcNow() < until)
        {
            return true;
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
            return true;
        }

        return Counted(tenants.MayHold(tenantId));
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
