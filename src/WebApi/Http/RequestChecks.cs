using System.Reflection;
using FluentValidation;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

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
    public static void UseBeforeBinding(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        foreach (var check in http.GetEndpoint()?.Metadata.GetOrderedMetadata<BeforeBinding>() ?? [])
        {
            if (await check.Refusal(http) is { } refusal)
            {
                await refusal.ExecuteAsync(http);
                return;
            }
        }

        await next(http);
    });

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

        metadata.Add(new BeforeBinding(ReadJson));
        metadata.Add(Problems.ContentTooLarge);
        metadata.Add(Problems.UnsupportedMediaType);
    }

    // The whole body is read here: a limit that it meets is answered like everything else, and not in the middle of binding.
    // Its type is then told in the form that the framework reads; it does not know a charset in quotes.
    private static async ValueTask<IResult?> ReadJson(HttpContext http)
    {
        if (!CanHaveBody(http))
        {
            return null;
        }

        if (!JsonBody.IsJson(http.Request))
        {
            return JsonBody.NotJson();
        }

        var (bytes, refusal) = await JsonBody.ReadBytes(http.Request, JsonBody.MaxBytes);
        if (bytes is not null)
        {
            (http.Request.Body, http.Request.ContentType) = (new MemoryStream(bytes), "application/json");
        }

        return refusal;
    }

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
internal sealed record BeforeBinding(Func<HttpContext, ValueTask<IResult?>> Refusal);
