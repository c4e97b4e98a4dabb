using EngageCenter.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Users;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Authorization;

namespace EngageCenter.WebApi.Access;

/// <summary>
/// Enforces what a route declares, before its parameters are bound. For a route of a workspace it asks the caller's grain
/// once; the endpoint receives that decision as its <see cref="WorkspaceVisit"/>.
/// </summary>
internal sealed class AccessHandler(IGrainFactory grains, UserGrains users) : AuthorizationHandler<AccessRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (context.Resource is not HttpContext http || http.Features.Get<Caller>() is not { } caller)
        {
            return;
        }

        if ((requirement.Refusal(caller) ?? await Refusal(http, caller, requirement)) is { } refusal)
        {
            context.Fail(new AccessRefusal(this, refusal));
        }
        else
        {
            context.Succeed(requirement);
        }
    }

    private async ValueTask<IResult?> Refusal(HttpContext http, Caller caller, AccessRequirement requirement)
    {
        switch (requirement.Scope)
        {
            case AccessScope.Service:
                return null;
            case AccessScope.AnyWorkspace:
                return await RefusalAnywhere((PersonCaller)caller, requirement.Permission);
            case AccessScope.Workspace when caller is PersonCaller person:
                var visit = await WorkspaceVisit.Enter(grains, users, person, WorkspaceId(http), requirement.Permission, explained: http.GetEndpoint()?.Metadata.GetMetadata<Explained>() is not null);
                http.Features.Set(visit);
                return visit.Refusal;
            default:
                return await Exists(http) ? null : Problems.WorkspaceNotFound.Answer();
        }
    }

    private async Task<IResult?> RefusalAnywhere(PersonCaller caller, Permissions required) =>
        await users.Of(caller.Person).DecideAnywhere(caller.SignIn, required) switch
        {
            Standing.Member => null,
            Standing.Outsider => WorkspaceVisit.Lacks(required),
            _ => WorkspaceVisit.Unconfirmed(caller) ?? Problems.AccessUnconfirmed.Answer(),
        };

    private async Task<bool> Exists(HttpContext http) =>
        WorkspaceHeader.IsId(WorkspaceId(http)) && await grains.GetGrain<IWorkspaceGrain>(WorkspaceId(http)).Header(http.Application()) is not null;

    private static string WorkspaceId(HttpContext http) => (string)http.GetRouteValue("id")!;
}

internal static class AccessServices
{
    public static void AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, CallerRefusals>();
        // A route that declares nothing lets nobody in. A request that matches no route keeps its 404 or 405.
        services.AddAuthorizationBuilder().SetFallbackPolicy(
            new AuthorizationPolicyBuilder().RequireAssertion(context => (context.Resource as HttpContext)?.GetEndpoint() is not RouteEndpoint).Build());
    }
}

/// <summary>The reason why a caller is refused, as the response that the caller receives.</summary>
internal sealed class AccessRefusal(IAuthorizationHandler handler, IResult answer) : AuthorizationFailureReason(handler, "")
{
    public IResult Answer => answer;
}
