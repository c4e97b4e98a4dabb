using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Activities;

internal static class ActivityEndpoints
{
    private const string AppRole = "CustomerActivity.ReadWrite.All";

    private const string Example = """
        {
          "packageId": "contoso-unified", "kind": "Proactive", "title": "Resilience workshop", "status": "Delivered",
          "hoursPurchased": 16, "hoursDelivered": 12.5, "plannedAt": "2026-07-01T08:00:00Z", "deliveredAt": "2026-07-02T15:00:00Z",
          "evidenceUri": "https://contoso.example/evidence/resilience-workshop"
        }
        """;

    public static void MapActivities(this IEndpointRouteBuilder routes)
    {
        var workspace = routes.MapGroup("/v1/workspaces/{id}").WithTags("Activity");
        workspace.MapPut("/activities/{activityId}", Put).RequireApplicationInWorkspace(AppRole)
            .Describe("PutActivity", "Creates or replaces an activity",
                "The package is one of the workspace's; an activity whose package has left the agreement keeps it. The same again changes nothing. Where several write at once, the last one that is accepted counts.")
            .Takes<PutActivityRequest>(Example)
            .Conditional()
            .Answers<ActivityJson>(200)
            .Answers<ActivityJson>(201)
            .Refuses(Problems.UnknownPackage, Problems.TooManyActivities);
        workspace.MapGet("/activities/{activityId}", Get).RequirePermission(Permissions.ViewCustomerActivity)
            .Describe("GetActivity", "An activity")
            .Versioned()
            .Answers<ActivityJson>(200)
            .Refuses(Problems.InvalidRequest, Problems.ActivityNotFound);
        workspace.MapGet("/activities", List).RequirePermission(Permissions.ViewCustomerActivity)
            .Describe("ListActivities", "The customer activity",
                "By activityId. An activity's date is deliveredAt, else plannedAt; one without either is listed where neither 'from' nor 'to' is asked for. With `Accept: text/csv` all of them as CSV, without pages; a cell that a spreadsheet would take for a formula begins with an apostrophe there.")
            .Query("kind", "Only activities of this kind.", [.. WireNames.For<ActivityKind>().All])
            .Query("status", "Only activities of this status.", [.. WireNames.For<ActivityStatus>().All])
            .Query("packageId", "Only activities of this package.")
            .Query("from", "Dated at or after.")
            .Query("to", "Dated before.")
            .Paged()
            .Answers<ListResponse<ActivityJson>>(200)
            .AnswersCsv()
            .Refuses(Problems.InvalidRequest, Problems.NotAcceptable);
        workspace.MapGet("/proof-of-execution", Proof).RequirePermission(Permissions.ViewCustomerActivity)
            .Describe("GetProofOfExecution", "What was bought, and what of it was delivered",
                "A line for each package of the agreement, and then for each that left it and has activities that count. Always agrees with the activities.")
            .Answers<ProofResponse>(200);
    }

    private static async Task<IResult> Put(string id, string activityId, HttpContext http, IGrainFactory grains)
    {
        var errors = new RequestErrors();
        errors.CheckId("activityId", activityId);
        var header = Preconditions.Read(http.Request, errors);
        var (body, refusal) = await JsonBody.Read(http.Request, errors);
        if (body is null)
        {
            return refusal!;
        }

        if (ActivityReader.Read(activityId, body, errors) is not { } activity)
        {
            return Problems.Invalid(errors);
        }

        var grain = grains.GetGrain<IActivityGrain>(id);
        var condition = header is null ? (Paging.IfMatch?)null : await header.Choose(() => grain.Version(activityId));
        var outcome = await grain.Put(new(activity, condition));
        return outcome.Status switch
        {
            PutActivityStatus.Created => Answer(http, outcome.Activity!, $"/v1/workspaces/{id}/activities/{activityId}"),
            PutActivityStatus.Updated => Answer(http, outcome.Activity!, null),
            PutActivityStatus.WorkspaceNotFound => Problems.WorkspaceNotFound.Answer(),
            PutActivityStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
            PutActivityStatus.UnknownPackage => Problems.UnknownPackage.Answer(null, ("packageId", activity.PackageId)),
            PutActivityStatus.TooManyActivities => Problems.TooManyActivities.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> Get(WorkspaceVisit visit, string activityId, HttpContext http)
    {
        var errors = new RequestErrors();
        errors.CheckId("activityId", activityId);
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Grain<IActivityGrain>().Activity(decision, activityId) switch
            {
                null => null,
                { Items: [var view] } => Preconditions.Answer(http, view.Version, ActivityJson.Of(view.Activity)),
                _ => Problems.ActivityNotFound.Answer(),
            });
    }

    private static async Task<IResult> List(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var query = ActivityReader.ReadQuery(new(http.Request.Query, errors));
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var activities = visit.Grain<IActivityGrain>();
        return await visit.List(
            http, query.Page, (decision, page, count) => activities.Activities(decision, query with { Page = page, Count = count }), ActivityJson.Of, ActivityCsv.Table);
    }

    private static async Task<IResult> Proof(WorkspaceVisit visit)
    {
        return await visit.Act(async decision => await visit.Grain<IActivityGrain>().ProofOfExecution(decision) is { } proof
            ? TypedResults.Ok(ProofResponse.Of(proof))
            : null);
    }

    private static IResult Answer(HttpContext http, ActivityView view, string? createdAt) =>
        Preconditions.AnswerPut(http, view.Version, ActivityJson.Of(view.Activity), createdAt);
}
