using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Limits;

/// <summary>Identifies for whom a request takes a part of the node's limits.</summary>
/// <param name="Caller">A person or an application; for a request without a token, its address.</param>
/// <param name="Tenant">The caller's tenant. All callers without a token count as one tenant.</param>
/// <param name="IsStranger">
/// Whether the caller is, as far as the node knows, not a user of this service. All strangers together share one small part.
/// </param>
internal sealed record Claimant(string Caller, Guid Tenant, bool IsStranger = false);

/// <summary>Finds the claimant of a request, and whether it is a stranger, without ever waiting.</summary>
internal sealed class Claimants(AllowedTenants tenants, WebApiOptions options, IHostEnvironment environment)
{
    public Claimant Of(HttpContext http) => http.Features.Get<Caller>() switch
    {
        PersonCaller person => new(person.Key, person.Person.TenantId, tenants.CountsAsStranger(person.Person.TenantId)),
        ApplicationCaller application => new(
            application.Key, application.TenantId, !Authentication.TrustsApplicationsOf(application.TenantId, options, environment)),
        _ => new(http.Connection.RemoteIpAddress?.ToString() ?? "", Guid.Empty, IsStranger: true),
    };
}
