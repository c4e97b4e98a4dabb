using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Activities;

internal static class ActivityEndpoints
{
    private const string AppRole = AppRoles.CustomerActivity;

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
                "The package must be one of the workspace's packages; an activity whose package was removed from the agreement keeps it. Repeating the request changes nothing. When several clients write at once, the last accepted write wins.")
            .Example(Example)
            .Answers<ActivityJson>(200)
            .Answers<ActivityJson>(201)
            .Refuses(Problems.UnknownPackage, Problems.TooManyActivities);
        workspace.MapGet("/activities/{activityId}", Get).RequirePermission(Permissions.ViewCustomerActivity)
            .Describe("GetActivity", "An activity")
            .Versioned()
            .Answers<ActivityJson>(200)
            .Refuses(Problems.ActivityNotFound);
        workspace.MapGet("/activities", List).RequirePermission(Permissions.ViewCustomerActivity).Scans("kind", "status", "packageId", "from", "to")
            .Describe("ListActivities", "The customer activity",
                "Ordered by activityId. The date of an activity is deliveredAt, or plannedAt if it has none; an activity without both is listed only if neither 'from' nor 'to' is given. With `Accept: text/csv`, returns the complete list as CSV, without pages; a cell that a spreadsheet would read as a formula starts with an apostrophe.")
            .Answers<ListResponse<ActivityJson>>(200)
            .AnswersCsv()
            .Refuses(Problems.NotAcceptable);
        workspace.MapGet("/proof-of-execution", Proof).RequirePermission(Permissions.ViewCustomerActivity)
            .Describe("GetProofOfExecution", "The hours bought and delivered, by package",
                "One line for each package of the agreement, then one for each removed package that still has activities that count. The figures always agree with the activities.")
            .Answers<ProofResponse>(200);
    }

    private static async Task<IResult> Put(
        string id, string activityId, PutActivityRequest body, IfMatchHeader ifMatch, HttpContext http, IGrainFactory grains)
    {
        var grain = grains.GetGrain<IActivityGrain>(id);
        var condition = await ifMatch.Choose(() => grain.Version(activityId, http.Application()));
        var outcome = await grain.Put(new(body.ToActivity(activityId), condition), http.Application());
        return outcome.Status switch
        {
            PutActivityStatus.Created => Answer(http, outcome.Activity!, $"/v1/workspaces/{id}/activities/{activityId}"),
            PutActivityStatus.Updated => Answer(http, outcome.Activity!, null),
            PutActivityStatus.WorkspaceNotFound => Problems.WorkspaceNotFound.Answer(),
            PutActivityStatus.VersionMismatch => ifMatch.Refusal(),
            PutActivityStatus.UnknownPackage => Problems.UnknownPackage.Answer(null, ("packageId", body.PackageId)),
            PutActivityStatus.TooManyActivities => Problems.TooManyActivities.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static Task<IResult> Get(WorkspaceVisit visit, string activityId, HttpContext http) => visit.Act(async decision =>
        await visit.Grain<IActivityGrain>().Activity(decision, activityId) switch
        {
            null => null,
            { Items: [var view] } => Preconditions.Answer(http, view.Version, ActivityJson.Of(view.Activity)),
            _ => Problems.ActivityNotFound.Answer(),
        });

    private static Task<IResult> List(WorkspaceVisit visit, ActivityListQuery query, HttpContext http)
    {
        var (activities, asked) = (visit.Grain<IActivityGrain>(), query.ToQuery());
        return visit.List(
            http, query, (decision, page, count) => activities.Activities(decision, asked with { Page = page, Count = count }, http.RequestAborted), ActivityJson.Of);
    }

    private static Task<IResult> Proof(WorkspaceVisit visit) => visit.Act(async decision =>
        await visit.Grain<IActivityGrain>().ProofOfExecution(decision) is { } proof ? TypedResults.Ok(ProofResponse.Of(proof)) : null);

    private static IResult Answer(HttpContext http, ActivityView view, string? createdAt) =>
        Preconditions.AnswerPut(http, view.Version, ActivityJson.Of(view.Activity), createdAt);
}
