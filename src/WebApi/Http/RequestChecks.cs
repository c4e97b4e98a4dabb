using System.Reflection;
using FluentValidation;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// What is checked of every request between authorization and its endpoint: whether the body can be read, before anything
/// is bound; and then all rules together, of path, query, headers and body.
/// </summary>
internal static class RequestChecks
{
    public static void AddRequestChecks(this IServiceCollection services)
    {
        AssemblyScanner.FindValidatorsInAssembly(typeof(RequestChecks).Assembly, includeInternalTypes: true)
            .ForEach(found => services.AddSingleton(found.InterfaceType, found.ValidatorType));

        // What cannot be bound is answered by Faults, in every environment.
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    /// <summary>Refuses what is wrong before binding, see <see cref="BeforeBinding"/>. Belongs behind authorization.</summary>
    public static void UseBeforeBinding(this IApplicationBuilder app) => app.Use((http, next) =>
        http.GetEndpoint()?.Metadata.GetOrderedMetadata<BeforeBinding>().Select(check => check.Refusal(http)).FirstOrDefault(r => r is not null) is { } refusal
            ? refusal.ExecuteAsync(http)
            : next(http));

    /// <summary>A group whose endpoints are checked.</summary>
    public static RouteGroupBuilder MapChecked(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AddEndpointFilterFactory(CheckRules);
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            endpoint.Metadata.Add(Problems.InvalidRequest);
            if (endpoint.Metadata.OfType<IAcceptsMetadata>().Any())
            {
                TakeJson(endpoint.Metadata);
            }
        });
        return group;
    }

    // By the metadata that the framework infers, its routing would refuse a body of another type before authorization.
    private static void TakeJson(IList<object> metadata)
    {
        foreach (var accepts in metadata.OfType<IAcceptsMetadata>().ToArray())
        {
            metadata.Remove(accepts);
        }

        var limit = metadata.OfType<IRequestSizeLimitMetadata>().LastOrDefault()?.MaxRequestBodySize ?? JsonBody.MaxBytes;
        metadata.Add(new RequestSizeLimitAttribute(limit));
        metadata.Add(new BeforeBinding(http => Refusal(http, limit)));
        metadata.Add(Problems.ContentTooLarge);
        metadata.Add(Problems.UnsupportedMediaType);
    }

    private static IResult? Refusal(HttpContext http, long limit) =>
        !CanHaveBody(http) ? null
            : !JsonBody.IsJson(http.Request) ? Problems.UnsupportedMediaType.Answer("The body must be of type application/json, in UTF-8.")
            : http.Request.ContentLength > limit ? Problems.ContentTooLarge.Answer($"The body may have at most {limit / 1024} KiB.", ("maxBytes", limit))
            : null;

    private static bool CanHaveBody(HttpContext http) => http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    private static EndpointFilterDelegate CheckRules(EndpointFilterFactoryContext endpoint, EndpointFilterDelegate next)
    {
        var parameters = endpoint.MethodInfo.GetParameters();
        var validators = parameters.Select(p => ValidatorOf(p, endpoint.ApplicationServices)).ToArray();
        var known = parameters.Where(p => Queries.IsQuery(p.ParameterType)).SelectMany(p => Queries.NamesOf(p.ParameterType)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return call =>
        {
            var errors = new RequestErrors();
            foreach (var name in call.HttpContext.Request.Query.Keys.Where(name => !known.Contains(name)))
            {
                errors.Add(name, "Is not a parameter of this endpoint.");
            }

            PathParameters.Check(call.HttpContext.Request.RouteValues, errors);
            foreach (var (argument, validator) in call.Arguments.Zip(validators))
            {
                (argument as IfMatchHeader)?.Check(errors);
                if (argument is null && validator is not null && CanHaveBody(call.HttpContext))
                {
                    errors.Add(RequestErrors.Body, Rules.ObjectMessage);
                }
                else if (argument is not null && validator is not null)
                {
                    validator.Validate(new ValidationContext<object>(argument)).Errors.ForEach(fault => errors.Add(fault.PropertyName, fault.ErrorMessage));
                }
            }

            return errors.Any ? ValueTask.FromResult<object?>(Problems.Invalid(errors)) : next(call);
        };
    }

    private static IValidator? ValidatorOf(ParameterInfo parameter, IServiceProvider services) =>
        (IValidator?)services.GetService(typeof(IValidator<>).MakeGenericType(parameter.ParameterType));
}

/// <summary>Metadata of a route: what is refused once the caller is let in, and before anything of the request is bound.</summary>
internal sealed record BeforeBinding(Func<HttpContext, IResult?> Refusal);
