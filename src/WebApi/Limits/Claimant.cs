using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Limits;

/// <summary>Who uses what a node shares out.</summary>
/// <param name="Caller">A person or an application; without a token, the address that the request came from.</param>
/// <param name="Tenant">The caller's tenant. All callers without a token count as one tenant.</param>
/// <param name="IsStranger">Whether the caller has nothing to do with this service, as far as the node knows. All strangers have one small part together.</param>
internal sealed record Claimant(string Caller, Guid Tenant, bool IsStranger = false);

/// <summary>Tells who is a stranger, without ever waiting for it.</summary>
internal sealed class Claimants(AllowedTenants tenants, WebApiOptions options, IHostEnvironment environment)
{
    public Claimant Of(HttpContext http) => http.Features.Get<Caller>() switch
    {
        PersonCaller person => new(person.Key, person.Person.TenantId, tenants.CountsAsStrange(person.Person.TenantId)),
        ApplicationCaller application => new(
            application.Key, application.TenantId, !Authentication.TrustsApplicationsOf(application.TenantId, options, environment)),
        _ => new(http.Connection.RemoteIpAddress?.ToString() ?? "", Guid.Empty, IsStranger: true),
    };
}
