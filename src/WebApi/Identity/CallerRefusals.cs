using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Answers refused callers with a problem that gives the reason. The framework's own responses have no body.
/// </summary>
internal sealed class CallerRefusals : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        if (authorizeResult.Challenged)
        {
            if (context.Features.Get<IssuerSilence>() is not null)
            {
                await Problems.ServiceUnavailable.Answer("The signing keys of the token issuer cannot be read at the moment. Try again.").ExecuteAsync(context);
                return;
            }

            // Sets WWW-Authenticate as RFC 6750 requires.
            await context.ChallengeAsync(JwtBearerDefaults.AuthenticationScheme);
            await Problems.Unauthenticated.Answer().ExecuteAsync(context);
            return;
        }

        var refusal = authorizeResult.AuthorizationFailure?.FailureReasons.OfType<AccessRefusal>().FirstOrDefault()?.Answer;
        if (refusal is ProblemResult { Problem: var problem } && problem == Problems.MissingScope)
        {
            context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{CallerClaims.Scope}\"";
        }

        await (refusal ?? Problems.WrongCaller.Answer()).ExecuteAsync(context);
    }
}

/// <summary>Set if the issuer's keys could not be read, so that a valid token cannot be told from a forged one.</summary>
internal sealed record IssuerSilence;
