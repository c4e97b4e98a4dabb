using EngageCenter.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Authorization;

namespace EngageCenter.WebApi.Access;

/// <summary>Says in which workspace a caller needs what a route requires.</summary>
internal enum AccessScope
{
    /// <summary>In none: the route belongs to no workspace.</summary>
    Service,

    /// <summary>In the workspace that the route names as <c>{id}</c>.</summary>
    Workspace,

    /// <summary>In at least one workspace.</summary>
    AnyWorkspace,
}

/// <summary>
/// Says whom a route lets in. Each route declares exactly one requirement. <see cref="AccessHandler"/> enforces it before
/// the rest of the request is read, and the OpenAPI document is generated from it. Nothing else decides access to a route.
/// </summary>
/// <param name="AppRole">The app role that an application needs; null for a route for persons.</param>
/// <param name="Permission">The permission that a person needs in the scope; none if membership is enough.</param>
/// <param name="TakesPersons">Whether a route for applications lets persons in as well.</param>
internal sealed record AccessRequirement(string? AppRole, AccessScope Scope, Permissions Permission, bool TakesPersons = false)
    : IAuthorizationRequirement, IAuthorizationRequirementData
{
    IEnumerable<IAuthorizationRequirement> IAuthorizationRequirementData.GetRequirements() => [this];

    /// <summary>
    /// Returns the refusal for a caller of the wrong kind, or without the required scope or app role; null otherwise.
    /// </summary>
    public IResult? Refusal(Caller caller) => (caller, AppRole) switch
    {
        (PersonCaller { HasScope: true }, _) when IsPersons => null,
        (PersonCaller, _) when IsPersons => Problems.MissingScope.Answer($"The access token does not carry the delegated scope {CallerClaims.Scope}.", ("scope", CallerClaims.Scope)),
        (ApplicationCaller, null) => Problems.WrongCaller.Answer("This endpoint is for persons, and the token belongs to an application."),
        (ApplicationCaller application, { } role) => application.AppRoles.Contains(role, StringComparer.Ordinal)
            ? null
            : Problems.MissingPermission.Answer($"The application lacks the app role {role}.", ("appRole", role)),
        _ => Problems.WrongCaller.Answer("This endpoint is for applications, and the token belongs to a person."),
    };

    /// <summary>Whether the route lets persons in.</summary>
    private bool IsPersons => AppRole is null || TakesPersons;

    /// <summary>Says in the OpenAPI document who may call the route.</summary>
    public string Description => (AppRole, Scope, Permission) switch
    {
        ({ } role, _, _) when TakesPersons => $"For applications with the app role `{role}`, and for persons with a delegated token: about themselves, and about others in workspaces where they have the permission `{Permissions.ViewUserRoles}`.",
        ({ } role, _, _) => $"For applications with the app role `{role}`.",
        (_, AccessScope.Service, _) => "For persons, with a delegated token.",
        (_, AccessScope.Workspace, Permissions.None) => "For every member of the workspace, with a delegated token.",
        (_, AccessScope.Workspace, _) => $"For members of the workspace with the permission `{Permission}`, with a delegated token.",
        _ => $"For persons who have the permission `{Permission}` in at least one workspace, with a delegated token.",
    };

    /// <summary>Returns every refusal that the requirement can cause.</summary>
    public IEnumerable<Problem> Refusals
    {
        get
        {
            yield return Problems.Unauthenticated;
            yield return Problems.WrongCaller;
            if (IsPersons)
            {
                yield return Problems.MissingScope;
            }

            if (AppRole is not null || Permission != Permissions.None)
            {
                yield return Problems.MissingPermission;
            }

            if (Scope == AccessScope.Workspace)
            {
                yield return Problems.WorkspaceNotFound;
            }

            if (AppRole is null && Scope != AccessScope.Service)
            {
                yield return Problems.AccessUnconfirmed;
            }
        }
    }
}

/// <summary>Declares whom routes let in. A route that is open to everybody declares <c>AllowAnonymous</c> instead.</summary>
internal static class AccessRoutes
{
    /// <summary>Lets any person in. For data of the caller, and for data that is the same for everybody.</summary>
    public static TBuilder RequirePerson<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.Service, Permissions.None));

    /// <summary>Lets any member of the route's workspace in.</summary>
    public static TBuilder RequireMember<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.Workspace, Permissions.None));

    /// <summary>Lets members in who have the permission in the route's workspace.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder routes, Permissions permission)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.Workspace, permission));

    /// <summary>Lets persons in who have the permission in at least one workspace.</summary>
    public static TBuilder RequirePermissionAnywhere<TBuilder>(this TBuilder routes, Permissions permission)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.AnyWorkspace, permission));

    public static TBuilder RequireApplication<TBuilder>(this TBuilder routes, string appRole)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(appRole, AccessScope.Service, Permissions.None));

    /// <summary>Lets an application in if the route's workspace exists.</summary>
    public static TBuilder RequireApplicationInWorkspace<TBuilder>(this TBuilder routes, string appRole)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(appRole, AccessScope.Workspace, Permissions.None));

    /// <summary>
    /// Lets in who may ask about access: an application with the app role about everybody, a person as far as the endpoint
    /// allows.
    /// </summary>
    public static TBuilder RequireEvaluator<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(AppRoles.Evaluate, AccessScope.Service, Permissions.None, TakesPersons: true));

    /// <summary>
    /// Returns the calling application with the app role that the route declares. Grains check that the role is theirs.
    /// </summary>
    public static Actor Application(this HttpContext http) =>
        http.Features.Get<Caller>()!.Actor with { AppRole = http.GetEndpoint()!.Metadata.GetRequiredMetadata<AccessRequirement>().AppRole };

    /// <summary>
    /// Refuses to start if the requirement of a route is missing, declared twice, or does not fit the route's path and
    /// handler. Call it after the last route is mapped: the fallback policy denies a route that is mapped later without a
    /// requirement. It also replaces the data sources by one that holds the checked endpoints. Otherwise routing,
    /// authorization and this check would each build all endpoints again.
    /// </summary>
    /// <exception cref="InvalidOperationException">A route is wrong; the message says which and why.</exception>
    public static void CheckDeclarations(this IEndpointRouteBuilder routes)
    {
        var endpoints = routes.DataSources.SelectMany(source => source.Endpoints).ToArray();
        foreach (var endpoint in endpoints.OfType<RouteEndpoint>())
        {
            if (Fault(endpoint) is { } fault)
            {
                throw new InvalidOperationException($"The route {endpoint.DisplayName} {fault}.");
            }
        }

        routes.DataSources.Clear();
        routes.DataSources.Add(new DefaultEndpointDataSource(endpoints));
    }

    private static TBuilder Require<TBuilder>(this TBuilder routes, AccessRequirement requirement)
        where TBuilder : IEndpointConventionBuilder => routes.RequireAuthorization().WithMetadata(requirement);

    private static string? Fault(RouteEndpoint endpoint)
    {
        var declared = endpoint.Metadata.GetOrderedMetadata<AccessRequirement>();
        var isPublic = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        var parameters = endpoint.Metadata.GetMetadata<System.Reflection.MethodInfo>()?.GetParameters().Select(p => p.ParameterType).ToArray() ?? [];
        var namesWorkspace = endpoint.RoutePattern.RawText?.Contains("/workspaces/{id}", StringComparison.Ordinal) == true;
        var (isPersons, isInWorkspace) = declared is [var one] ? (one.AppRole is null, one.Scope == AccessScope.Workspace) : default;
        return declared.Count == 0 && !isPublic ? "does not declare whom it lets in"
            : declared.Count > (isPublic ? 0 : 1) ? "declares more than once whom it lets in"
            : isInWorkspace != namesWorkspace ? "must declare access to a workspace if, and only if, its path contains /workspaces/{id}"
            : parameters.Contains(typeof(WorkspaceVisit)) && !(isPersons && isInWorkspace) ? "takes a WorkspaceVisit, which only a route for members of a workspace has"
            : parameters.Contains(typeof(PersonCaller)) && !isPersons ? "takes a PersonCaller, but does not declare that it lets only persons in"
            : null;
    }
}
