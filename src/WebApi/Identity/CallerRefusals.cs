using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace EngageCenter.WebApi.Identity;

/// <summary>Says why a caller is not taken: the framework's own answers have no body.</summary>
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
                await Problems.ServiceUnavailable.Answer("The issuer's signing keys cannot be read now.").ExecuteAsync(context);
                return;
            }

            // Sets WWW-Authenticate, as RFC 6750 has it.
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

/// <summary>Set where the issuer's keys could not be read, so that no token could be told from a forged one.</summary>
internal sealed record IssuerSilence;
