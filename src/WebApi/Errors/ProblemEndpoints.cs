using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Errors;

/// <summary>Serves the address that a problem's <c>type</c> names.</summary>
internal static class ProblemEndpoints
{
    public static void MapProblems(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/problems/{slug}", Get).WithTags("Problems").AllowAnonymous().RequireRateLimiting(RateLimits.Anonymous)
            .Describe("GetProblem", "What a problem means", "Explains a problem's type. Open to everybody.")
            .Answers<ProblemResponse>(200)
            .Refuses(Problems.NotFound, Problems.TooManyRequests);

    private static IResult Get(string slug) => Problems.All.FirstOrDefault(p => p.Slug == slug) is { } problem
        ? TypedResults.Ok(new ProblemResponse(problem.Type, problem.Title, problem.Status, problem.Detail))
        : Problems.NotFound.Answer();

    internal sealed record ProblemResponse(string Type, string Title, int Status, string Detail);
}
