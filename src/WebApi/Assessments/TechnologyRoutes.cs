using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

internal static class TechnologyRoutes
{
    /// <summary>Answers 404 for a technology that is not in the table. Only who is let in gets so far.</summary>
    public static TBuilder OfTechnology<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes
        .WithMetadata(
            Problems.TechnologyNotFound,
            new BeforeBinding(http => new(TechnologyTable.Find((string)http.GetRouteValue("technology")!) is null ? Problems.TechnologyNotFound.Answer() : null)));
}
