using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

internal static class TechnologyRoutes
{
    /// <summary>Answers 404 for a technology that is not in the table. Only who is let in gets so far.</summary>
    public static TBuilder OfTechnology<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes
        .WithMetadata(Problems.TechnologyNotFound)
        .AddEndpointFilter((call, next) => TechnologyTable.Find((string)call.HttpContext.GetRouteValue("technology")!) is null
            ? ValueTask.FromResult<object?>(Problems.TechnologyNotFound.Answer())
            : next(call));
}
