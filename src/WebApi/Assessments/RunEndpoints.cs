using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Assessments;

internal static class RunEndpoints
{
    private const string AppRole = "Assessments.ReadWrite.All";
    private const int MaxResultsBytes = 8 * 1024 * 1024;

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
        runs.MapPost("", Post).RequirePerson()
            .Describe("StartRun", "Starts a run on demand", "Whether the technology is configured or not; its schedule stays as it is. AccessAssessments.")
            .Answers<RunJson>(202)
            .InWorkspace(Permissions.AccessAssessments)
            .Refuses(Problems.TechnologyNotFound, Problems.RunInProgress);
        runs.MapGet("", List).RequirePerson()
            .Describe("ListRuns", "The runs of a technology", "Newest first; the newest 100 are kept. AccessAssessments.")
            .Paged()
            .Answers<ListResponse<RunJson>>(200)
            .InWorkspace(Permissions.AccessAssessments)
            .Refuses(Problems.InvalidRequest, Problems.TechnologyNotFound);
        runs.MapGet("/{runId}", Get).RequirePerson()
            .Describe("GetRun", "A run", "AccessAssessments.")
            .Versioned()
            .Answers<RunJson>(200)
            .InWorkspace(Permissions.AccessAssessments)
            .Refuses(Problems.TechnologyNotFound, Problems.RunNotFound);
        runs.MapPut("/{runId}/results", PutResults).RequireApplication(AppRole).StreamsBody()
            .Describe("PutResults", "Ends a run with its results",
                "At most 2,000 recommendations, each of at most 256 KiB, in a body of at most 8 MiB. The same results again change nothing. The recommendations of a completed run take the place of those of the run before; those of a failed run are not kept. The entity tag is the run's.")
            .Takes<PutResultsRequest>(Example)
            .Conditional()
            .Answers<RunJson>(200)
            .Refuses(Problems.WorkspaceNotFound, Problems.TechnologyNotFound, Problems.RunNotFound, Problems.RunEnded);
        routes.MapGet("/v1/workspaces/{id}/assessment-runs", ListUnderWay).WithTags("Assessments").RequireApplication(AppRole)
            .Describe("ListRunsUnderWay", "The runs that wait for their results", "Of all technologies, at most one of each: what the service that runs assessments has to do.")
            .Answers<ListResponse<RunUnderWayJson>>(200)
            .Refuses(Problems.WorkspaceNotFound);
    }

    private static async Task<IResult> Post(string id, string technology, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var (visit, refusal) = await access.Enter(http, id, technology, Permissions.AccessAssessments);
        return refusal ?? await visit.Act(async decision =>
        {
            var outcome = await grains.GetGrain<IAssessmentsGrain>(id).Start(decision, technology);
            return outcome.Status switch
            {
                StartRunStatus.Started => TypedResults.Accepted($"{http.Request.Path.ToUriComponent()}/{outcome.Run!.RunId}", RunJson.Of(outcome.Run)),
                StartRunStatus.InProgress => Problems.RunInProgress.Answer(null, ("runId", outcome.Run!.RunId)),
                StartRunStatus.DecideAgain => null,
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<IResult> List(string id, string technology, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var (visit, refusal) = await access.Enter(http, id, technology, Permissions.AccessAssessments);
        if (refusal is not null)
        {
            return refusal;
        }

        var errors = new RequestErrors();
        var page = new QueryFields(http.Request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await grains.GetGrain<IAssessmentsGrain>(id).Runs(decision, technology, page) is { } runs
                ? Lists.Answer(http.Request, runs, RunJson.Of)
                : null);
    }

    private static async Task<IResult> Get(string id, string technology, string runId, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var (visit, refusal) = await access.Enter(http, id, technology, Permissions.AccessAssessments);
        return refusal ?? await visit.Act(async decision =>
            await grains.GetGrain<IAssessmentsGrain>(id).Run(decision, technology, runId) switch
            {
                null => null,
                { Items: [var run] } => Preconditions.Answer(http, run.Version, RunJson.Of(run)),
                _ => Problems.RunNotFound.Answer(),
            });
    }

    private static async Task<IResult> PutResults(string id, string technology, string runId, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        if (!await access.Exists(id))
        {
            return Problems.WorkspaceNotFound.Answer();
        }

        if (TechnologyTable.Find(technology) is null)
        {
            return Problems.TechnologyNotFound.Answer();
        }

        var errors = new RequestErrors();
        var header = Preconditions.Read(http.Request, errors);
        var reader = new ResultsReader(technology, runId, errors);
        var (body, refusal) = await JsonItems.Read(http.Request, errors, MaxResultsBytes, ResultsReader.Format, reader.Add);
        if (body is null)
        {
            return refusal!;
        }

        if (reader.Complete(body) is not { } results)
        {
            return Problems.Invalid(errors);
        }

        var grain = grains.GetGrain<IAssessmentsGrain>(id);
        var condition = header is null ? (Paging.IfMatch?)null : await header.Choose(() => grain.RunVersion(technology, runId));
        var outcome = await grain.Report(results with { Condition = condition });
        return outcome.Status switch
        {
            ReportRunStatus.Accepted => Preconditions.AnswerPut(http, outcome.Run!.Version, RunJson.Of(outcome.Run), createdAt: null),
            ReportRunStatus.RunNotFound => Problems.RunNotFound.Answer(),
            ReportRunStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
            ReportRunStatus.RunEnded => Problems.RunEnded.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> ListUnderWay(string id, WorkspaceAccess access, IGrainFactory grains) => await access.Exists(id)
        ? TypedResults.Ok(Lists.Whole<RunUnderWayJson>([.. (await grains.GetGrain<IAssessmentsGrain>(id).RunsUnderWay()).Select(RunUnderWayJson.Of)]))
        : Problems.WorkspaceNotFound.Answer();
}
