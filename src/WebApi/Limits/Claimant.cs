using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Limits;

/// <summary>Who uses what a node shares out.</summary>
/// <param name="Caller">A person or an application; without a token, the address that the request came from.</param>
/// <param name="Tenant">The caller's tenant. All callers without a token count as one tenant.</param>
internal sealed record Claimant(string Caller, Guid Tenant)
{
    public static Claimant Of(HttpContext http) => http.Features.Get<Caller>() is { } caller
        ? new(caller.Key, caller.Actor.TenantId)
        : new(http.Connection.RemoteIpAddress?.ToString() ?? "", Guid.Empty);
}
