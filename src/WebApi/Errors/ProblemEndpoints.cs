using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Errors;

/// <summary>A problem's <c>type</c> is an address, and this is what is there.</summary>
internal static class ProblemEndpoints
{
    public static void MapProblems(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/problems/{slug}", Get).WithTags("Problems").AllowAnonymous().RequireRateLimiting(RateLimits.Anonymous)
            .Describe("GetProblem", "What a problem means", "The meaning of a problem's type, for everybody.")
            .Answers<ProblemResponse>(200)
            .Refuses(Problems.NotFound, Problems.TooManyRequests);

    private static IResult Get(string slug) => Problems.All.FirstOrDefault(p => p.Slug == slug) is { } problem
        ? TypedResults.Ok(new ProblemResponse(problem.Type, problem.Title, problem.Status, problem.Detail))
        : Problems.NotFound.Answer();

    internal sealed record ProblemResponse(string Type, string Title, int Status, string Detail);
}
