using EngageCenter.LocalEntra.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>
/// A request without an access token is served, since only this machine can call. One with a token is served for the token's tenant alone,
/// and refused if the token is not good, so that a program whose token acquisition is wrong finds out here.
/// </summary>
internal sealed class GraphAuthorization(SigningKey key, BaseAddress address, TimeProvider time) : IEndpointFilter
{
    /// <summary>The permissions that every application here has, as if an administrator had consented to them.</summary>
    public static readonly string[] Permissions = ["GroupMember.Read.All", "User.Read.All"];

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var call = GraphCall.Of(context.HttpContext);
        const string scheme = "Bearer ";
        if (call.Request.Headers.Authorization.ToString() is not { Length: > 0 } authorization)
        {
            return await next(context);
        }

        var result = authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? await handler.ValidateTokenAsync(authorization[scheme.Length..].Trim(), Validation())
            : null;
        if (result is not { IsValid: true, SecurityToken: JsonWebToken token }
            || !token.TryGetPayloadValue<string>("tid", out var tenantId)
            || !call.Directory.TryGetTenant(tenantId, out var tenant))
        {
            context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
            return call.Refuse(GraphError.InvalidToken());
        }

        // A person's token has no permission here that reads the directory.
        if (!token.TryGetPayloadValue<string[]>("roles", out var roles) || !Permissions.All(roles.Contains))
        {
            return call.Refuse(GraphError.Denied());
        }

        context.HttpContext.Features.Set(new GraphTenant(tenant));
        return await next(context);
    }

    private TokenValidationParameters Validation() => new()
    {
        ValidAudience = ApiScopes.Graph.Audience,
        IssuerSigningKey = key.Credentials.Key,
        ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        IssuerValidator = (issuer, token, _) => token is JsonWebToken jwt && jwt.TryGetPayloadValue<string>("tid", out var tenant) && issuer == address.Issuer(tenant)
            ? issuer
            : throw new SecurityTokenInvalidIssuerException("The issuer is not this one."),
        LifetimeValidator = (_, until, _, _) => until is { } end && time.GetUtcNow().UtcDateTime < end,
    };
}
