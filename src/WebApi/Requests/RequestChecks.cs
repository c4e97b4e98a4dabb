using System.Reflection;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using FluentValidation;

namespace EngageCenter.WebApi.Requests;

/// <summary>Checks a bound request before the endpoint runs: the rules of path, query, headers and body together.</summary>
internal static class RequestChecks
{
    public static void AddRequestChecks(this IServiceCollection services)
    {
        AssemblyScanner.FindValidatorsInAssembly(typeof(RequestChecks).Assembly, includeInternalTypes: true)
            .ForEach(found => services.AddSingleton(found.InterfaceType, found.ValidatorType));

        // Faults answers requests that cannot be bound, in every environment.
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    /// <summary>Maps a group whose endpoints are checked.</summary>
    public static RouteGroupBuilder MapChecked(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("").AddEndpointFilterFactory(CheckRules).AddEndpointFilterFactory(PageLimit.Filter).WithMetadata(Problems.InvalidRequest);

    private static EndpointFilterDelegate CheckRules(EndpointFilterFactoryContext endpoint, EndpointFilterDelegate next)
    {
        var parameters = endpoint.MethodInfo.GetParameters();
        var validators = parameters.Select(p => ValidatorOf(p, endpoint.ApplicationServices)).ToArray();
        var known = parameters.Where(p => Queries.IsQuery(p.ParameterType)).SelectMany(p => Queries.NamesOf(p.ParameterType)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return call =>
        {
            var errors = new RequestErrors();
            if (call.HttpContext.Request.QueryString.HasValue)
            {
                foreach (var name in call.HttpContext.Request.Query.Keys.Where(name => !known.Contains(name)))
                {
                    errors.Add(name, "Is not a parameter of this endpoint.");
                }
            }

            PathParameters.Check(call.HttpContext.Request.RouteValues, errors);
            for (var i = 0; i < validators.Length; i++)
            {
                var (argument, validator) = (call.Arguments[i], validators[i]);
                (argument as IfMatchHeader)?.Check(errors);
                if (argument is not null && validator is not null)
                {
                    errors.Add(validator.Validate(new ValidationContext<object>(argument)));
                }
            }

            return errors.Any ? ValueTask.FromResult<object?>(Problems.Invalid(errors)) : next(call);
        };
    }

    private static IValidator? ValidatorOf(ParameterInfo parameter, IServiceProvider services) =>
        (IValidator?)services.GetService(typeof(IValidator<>).MakeGenericType(parameter.ParameterType));
}
