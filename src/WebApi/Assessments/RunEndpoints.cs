using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Assessments;

internal static class RunEndpoints
{
    private const string AppRole = AppRoles.Assessments;

    private const string Example = """
        {
          "status": "Completed",
          "recommendations": [
            {
              "recommendationId": "AD-17", "focusArea": "SecurityAndCompliance", "title": "Remove accounts that nobody uses from privileged groups",
              "businessImpact": 5, "probability": 4, "effort": 2, "affectedObjects": ["CONTOSO\\svc-backup", "CONTOSO\\svc-scan"]
            },
            {
              "recommendationId": "AD-42", "focusArea": "OperationsAndMonitoring", "title": "Monitor replication between sites",
              "businessImpact": 3, "probability": 3, "effort": 1, "affectedObjects": 4
            }
          ]
        }
        """;

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup("/v1/workspaces/{id}/assessments/{technology}/runs").WithTags("Assessments");
        runs.MapPost("", Post).RequirePermission(Permissions.AccessAssessments)
            .Describe("StartRun", "Starts a run on demand", "Works for a technology that is not configured, too. The schedule does not change.")
            .Answers<RunJson>(202)
            .Refuses(Problems.RunInProgress);
        runs.MapGet("", List).RequirePermission(Permissions.AccessAssessments)
            .Describe("ListRuns", "The runs of a technology", "Newest first; the newest 100 are kept.")
            .Answers<ListResponse<RunJson>>(200);
        runs.MapGet("/{runId}", Get).RequirePermission(Permissions.AccessAssessments)
            .Describe("GetRun", "A run")
            .Versioned()
            .Answers<RunJson>(200)
            .Refuses(Problems.RunNotFound);
        runs.MapPut("/{runId}/results", PutResults).RequireApplicationInWorkspace(AppRole).StreamsBody()
            .Describe("PutResults", "Ends a run with its results",
                "At most 2,000 recommendations, in a body of at most 8 MiB. Repeating the same results changes nothing. The recommendations of a completed run replace those of the run before; those of a failed run are not stored. The entity tag is that of the run.")
            .Example(Example)
            .Answers<RunJson>(200)
            .Refuses(Problems.RunNotFound, Problems.RunEnded);
        routes.MapGet("/v1/workspaces/{id}/assessment-runs", ListUnderWay).WithTags("Assessments").RequireApplicationInWorkspace(AppRole)
            .Describe("ListRunsUnderWay", "The runs that wait for their results", "At most one for each technology. This is the work list of the service that runs assessments.")
            .Answers<ListResponse<RunUnderWayJson>>(200);
    }

    private static Task<IResult> Post(WorkspaceVisit visit, RouteTechnology technology, HttpContext http) => visit.Act(async decision =>
    {
        var outcome = await visit.Grain<IAssessmentsGrain>().Start(decision, technology.Id);
        return outcome.Status switch
        {
            StartRunStatus.Started => TypedResults.Accepted($"{http.Request.Path.ToUriComponent()}/{outcome.Run!.RunId}", RunJson.Of(outcome.Run)),
            StartRunStatus.InProgress => Problems.RunInProgress.Answer(null, ("runId", outcome.Run!.RunId)),
            StartRunStatus.DecideAgain => null,
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    private static Task<IResult> List(WorkspaceVisit visit, RouteTechnology technology, PageQuery query, HttpRequest request) => visit.Act(async decision =>
        await visit.Grain<IAssessmentsGrain>().Runs(decision, technology.Id, query.Page()) is { } runs
            ? Lists.Answer(request, runs, RunJson.Of)
            : null);

    private static Task<IResult> Get(WorkspaceVisit visit, RouteTechnology technology, string runId, HttpContext http) => visit.Act(async decision =>
        await visit.Grain<IAssessmentsGrain>().Run(decision, technology.Id, runId) switch
        {
            null => null,
            { Items: [var run] } => Preconditions.Answer(http, run.Version, RunJson.Of(run)),
            _ => Problems.RunNotFound.Answer(),
        });

    private static async Task<IResult> PutResults(
        string id, RouteTechnology technology, string runId, PutResultsRequest body, IfMatchHeader ifMatch, HttpContext http, IGrainFactory grains)
    {
        var grain = grains.GetGrain<IAssessmentsGrain>(id);
        var condition = await ifMatch.Choose(() => grain.RunVersion(technology.Id, runId, http.Application()));
        var outcome = await grain.Report(body.ToReport(technology.Id, runId, condition), http.Application());
        return outcome.Status switch
        {
            ReportRunStatus.Accepted => Preconditions.AnswerPut(http, outcome.Run!.Version, RunJson.Of(outcome.Run), createdAt: null),
            ReportRunStatus.RunNotFound => Problems.RunNotFound.Answer(),
            ReportRunStatus.VersionMismatch => ifMatch.Refusal(),
            ReportRunStatus.RunEnded => Problems.RunEnded.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> ListUnderWay(string id, WholeListQuery _, HttpContext http, IGrainFactory grains) =>
        TypedResults.Ok(Lists.Whole<RunUnderWayJson>([.. (await grains.GetGrain<IAssessmentsGrain>(id).RunsUnderWay(http.Application())).Select(RunUnderWayJson.Of)]));
}
