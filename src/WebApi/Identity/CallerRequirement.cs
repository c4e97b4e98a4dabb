using EngageCenter.WebApi.Http;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;

namespace EngageCenter.WebApi.Identity;

/// <summary>Whom an endpoint takes: a person, or an application that has an app role.</summary>
/// <param name="AppRole">Null for a person.</param>
internal sealed record CallerRequirement(string? AppRole) : IAuthorizationRequirement
{
    public static TBuilder RequirePerson<TBuilder>(TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => Require(routes, new(AppRole: null));

    public static TBuilder RequireApplication<TBuilder>(TBuilder routes, string appRole)
        where TBuilder : IEndpointConventionBuilder => Require(routes, new(appRole));

    /// <summary>Null where the caller is taken.</summary>
    public IResult? Refusal(Caller caller) => (caller, AppRole) switch
    {
        (PersonCaller { HasScope: true }, null) => null,
        (PersonCaller, null) => Problems.MissingScope.Answer(null, ("scope", CallerClaims.Scope)),
        (ApplicationCaller, null) => Problems.WrongCaller.Answer("This endpoint is a person's, and the token is an application's."),
        (ApplicationCaller application, { } role) => application.AppRoles.Contains(role, StringComparer.Ordinal)
            ? null
            : Problems.MissingPermission.Answer("The application lacks the app role.", ("appRole", role)),
        _ => Problems.WrongCaller.Answer("This endpoint is an application's, and the token is a person's."),
    };

    private static TBuilder Require<TBuilder>(TBuilder routes, CallerRequirement requirement)
        where TBuilder : IEndpointConventionBuilder
    {
        var policy = new AuthorizationPolicyBuilder(JwtBearerDefaults.AuthenticationScheme)
            .RequireAuthenticatedUser()
            .AddRequirements(requirement)
            .Build();
        routes.RequireAuthorization(policy);
        routes.Add(endpoint => endpoint.Metadata.Add(requirement));
        return routes;
    }
}

internal static class CallerRequirementRoutes
{
    /// <summary>The application that calls, with the app role that the route requires of it: grains check that it is theirs.</summary>
    public static Actor Application(this HttpContext http) =>
        http.Features.Get<Caller>()!.Actor with { AppRole = http.GetEndpoint()!.Metadata.GetRequiredMetadata<CallerRequirement>().AppRole };

    public static TBuilder RequirePerson<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => CallerRequirement.RequirePerson(routes);

    public static TBuilder RequireApplication<TBuilder>(this TBuilder routes, string appRole)
        where TBuilder : IEndpointConventionBuilder => CallerRequirement.RequireApplication(routes, appRole);
}
