using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>The tenant that the access token of a request is of.</summary>
internal sealed record GraphTenant(Tenant Tenant);

/// <summary>What every call has at hand.</summary>
internal sealed record GraphCall(HttpRequest Request, EntraDirectory Directory, BaseAddress Address, GraphFaults Faults, TimeProvider Time)
{
    /// <summary>The tenant of the access token; without a token, all of them.</summary>
    public IEnumerable<Tenant> Tenants => Request.HttpContext.Features.Get<GraphTenant>() is { } one ? [one.Tenant] : Directory.Tenants;

    // How the endpoints get it.
    public static ValueTask<GraphCall> BindAsync(HttpContext context) => new(Of(context));

    public static GraphCall Of(HttpContext context)
    {
        var services = context.RequestServices;
        return new(
            context.Request,
            services.GetRequiredService<EntraDirectory>(),
            services.GetRequiredService<BaseAddress>(),
            services.GetRequiredService<GraphFaults>(),
            services.GetRequiredService<TimeProvider>());
    }

    public string Link(string path) => $"{Address.For(Request)}/graph/v1.0/{path}";

    public IResult Refuse(GraphError error) => error.ToResult(Request, Time.GetUtcNow());

    /// <returns>The tenant that is meant: that of the token, the only one there is, or the only one that holds one of the groups; else null.</returns>
    public Tenant? TheTenant(IReadOnlyList<Guid> groups)
    {
        Tenant[] tenants = [.. Tenants];
        if (tenants.Length > 1)
        {
            tenants = [.. tenants.Where(tenant => groups.Any(group => tenant.TryGetGroup(group, out _)))];
        }

        return tenants.Length == 1 ? tenants[0] : null;
    }

    /// <returns>The tenant that holds the object, or null and an error.</returns>
    public Tenant? Find(string text, Func<Tenant, Guid, bool> isKind, out Guid id, out GraphError? error, Guid? beside = null)
    {
        if (!Guid.TryParseExact(text, "D", out id))
        {
            error = GraphError.InvalidId(text);
            return null;
        }

        var sought = id;
        Tenant[] holders = [.. Tenants.Where(tenant => isKind(tenant, sought))];
        if (holders.Length > 1 && beside is { } other)
        {
            holders = [.. holders.Where(tenant => tenant.Holds(other))];
        }

        error = holders.Length switch
        {
            0 => GraphError.NotFound(text),
            1 => null,
            _ => GraphError.Ambiguous(id),
        };
        return error is null ? holders[0] : null;
    }
}
