using System.Reflection;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Errors;
using Microsoft.AspNetCore.Http.Metadata;

namespace EngageCenter.WebApi.Assessments;

/// <summary>
/// The technology that a route names. An unknown technology is 404, even if other parts of the request are malformed too:
/// endpoints take this parameter first, so it is bound first.
/// </summary>
internal sealed record RouteTechnology(string Id) : IBindableFromHttpContext<RouteTechnology>, IEndpointParameterMetadataProvider
{
    public static ValueTask<RouteTechnology?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        TechnologyTable.Find((string)context.GetRouteValue("technology")!) is { } known ? new(new RouteTechnology(known.Id)) : throw new RefusedException(Problems.TechnologyNotFound);

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(Problems.TechnologyNotFound);
}
