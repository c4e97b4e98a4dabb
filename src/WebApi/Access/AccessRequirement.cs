using EngageCenter.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Authorization;

namespace EngageCenter.WebApi.Access;

/// <summary>Where a caller needs what a route asks for.</summary>
internal enum AccessScope
{
    /// <summary>Nowhere in particular: the route belongs to no workspace.</summary>
    Service,

    /// <summary>In the workspace that the route names as <c>{id}</c>.</summary>
    Workspace,

    /// <summary>In at least one workspace.</summary>
    AnyWorkspace,
}

/// <summary>
/// Whom a route lets in. Each route declares exactly one. It is enforced before anything else of the request is read
/// (<see cref="AccessHandler"/>), described in the OpenAPI document, and said nowhere else.
/// </summary>
/// <param name="AppRole">The app role that an application needs; null for a route of persons.</param>
/// <param name="Permission">What a person needs in the scope; none: to be a member is enough.</param>
/// <param name="TakesPersons">Whether a route of applications takes persons as well.</param>
internal sealed record AccessRequirement(string? AppRole, AccessScope Scope, Permissions Permission, bool TakesPersons = false)
    : IAuthorizationRequirement, IAuthorizationRequirementData
{
    IEnumerable<IAuthorizationRequirement> IAuthorizationRequirementData.GetRequirements() => [this];

    /// <summary>Null if the route takes this kind of caller.</summary>
    public IResult? Refusal(Caller caller) => (caller, AppRole) switch
    {
        (PersonCaller { HasScope: true }, _) when IsPersons => null,
        (PersonCaller, _) when IsPersons => Problems.MissingScope.Answer($"The access token does not carry the delegated scope {CallerClaims.Scope}.", ("scope", CallerClaims.Scope)),
        (ApplicationCaller, null) => Problems.WrongCaller.Answer("This endpoint is a person's, and the token is an application's."),
        (ApplicationCaller application, { } role) => application.AppRoles.Contains(role, StringComparer.Ordinal)
            ? null
            : Problems.MissingPermission.Answer($"The application lacks the app role {role}.", ("appRole", role)),
        _ => Problems.WrongCaller.Answer("This endpoint is an application's, and the token is a person's."),
    };

    /// <summary>Whether it takes persons.</summary>
    private bool IsPersons => AppRole is null || TakesPersons;

    /// <summary>For the OpenAPI document.</summary>
    public string Description => (AppRole, Scope, Permission) switch
    {
        ({ } role, _, _) when TakesPersons => $"For applications with the app role `{role}`; and for persons, by a delegated token, about themselves and about others where they have the permission `{Permissions.ViewUserRoles}`.",
        ({ } role, _, _) => $"For applications with the app role `{role}`.",
        (_, AccessScope.Service, _) => "For persons, by a delegated token.",
        (_, AccessScope.Workspace, Permissions.None) => "For every member of the workspace, by a delegated token.",
        (_, AccessScope.Workspace, _) => $"For members of the workspace with the permission `{Permission}`, by a delegated token.",
        _ => $"For whoever has the permission `{Permission}` in some workspace, by a delegated token.",
    };

    /// <summary>Every refusal that the declaration can lead to.</summary>
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

/// <summary>The declarations. A route that is for everybody declares <c>AllowAnonymous</c>.</summary>
internal static class AccessRoutes
{
    /// <summary>Any person, for what is their own or the same for everybody.</summary>
    public static TBuilder RequirePerson<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.Service, Permissions.None));

    /// <summary>Any member of the route's workspace.</summary>
    public static TBuilder RequireMember<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.Workspace, Permissions.None));

    /// <summary>A member of the route's workspace who has the permission there.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder routes, Permissions permission)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.Workspace, permission));

    /// <summary>A person who has the permission in at least one workspace.</summary>
    public static TBuilder RequirePermissionAnywhere<TBuilder>(this TBuilder routes, Permissions permission)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(null, AccessScope.AnyWorkspace, permission));

    public static TBuilder RequireApplication<TBuilder>(this TBuilder routes, string appRole)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(appRole, AccessScope.Service, Permissions.None));

    /// <summary>An application, and a workspace that exists.</summary>
    public static TBuilder RequireApplicationInWorkspace<TBuilder>(this TBuilder routes, string appRole)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(appRole, AccessScope.Workspace, Permissions.None));

    /// <summary>Whoever may ask who may do what: an application about everybody, a person as far as the endpoint lets them.</summary>
    public static TBuilder RequireEvaluator<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.Require(new(AppRoles.Evaluate, AccessScope.Service, Permissions.None, TakesPersons: true));

    /// <summary>The application that calls, with the app role that the route declares: grains check that it is theirs.</summary>
    public static Actor Application(this HttpContext http) =>
        http.Features.Get<Caller>()!.Actor with { AppRole = http.GetEndpoint()!.Metadata.GetRequiredMetadata<AccessRequirement>().AppRole };

    /// <summary>
    /// Refuses to start with a route whose declaration is missing, given twice, or does not fit its path and handler.
    /// Call it after the last route is mapped; what is mapped later and declares nothing is denied by the fallback policy.
    /// The endpoints that were checked are those that serve: a source makes its endpoints anew for each reader, and routing,
    /// authorization and this check would each pay for it.
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
            : isInWorkspace != namesWorkspace ? "has to declare access to a workspace if, and only if, its path has /workspaces/{id}"
            : parameters.Contains(typeof(WorkspaceVisit)) && !(isPersons && isInWorkspace) ? "takes a visit, which only members of its workspace have"
            : parameters.Contains(typeof(PersonCaller)) && !isPersons ? "takes a person, and does not declare that it lets only persons in"
            : null;
    }
}
