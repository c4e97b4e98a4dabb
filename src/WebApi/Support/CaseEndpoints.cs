using EngageCenter.Access;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Support;

internal static class CaseEndpoints
{
    private const string AppRole = AppRoles.SupportCases;

    private const string Example = """
        {
          "value": [
            {
              "caseId": "CASE-1", "revision": 3, "lastUpdatedAt": "2026-07-02T12:00:00Z", "createdAt": "2026-07-01T08:00:00Z",
              "title": "Virtual machine does not start", "status": "Closed", "severity": "A", "product": "Azure", "cloud": "Public",
              "slaMet": true, "firstResponseAt": "2026-07-01T08:20:00Z", "closedAt": "2026-07-02T12:00:00Z"
            }
          ]
        }
        """;

    public static void MapSupportCases(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/workspaces/{id}/support-cases").WithTags("Support");
        group.MapPost("", Post).RequireApplicationInWorkspace(AppRole).StreamsBody()
            .Describe("PostSupportCases", "Imports updates of support cases",
                "Takes up to 1,000 updates in a JSON body of at most 8 MiB, or any number as `application/x-ndjson`, one on each line. An update can have at most 64 KiB. The state of a case is its update with the greatest (lastUpdatedAt, revision), so every order, batching and replay ends in the same state. An invalid update is rejected and does not stop the others. If storage fails midway, the response is 503 with the counts so far. If a stream breaks off or exceeds a limit, the response has the counts and `line`, the last line that was read.")
            .Example(Example)
            .TakesLinesOf<CaseJson>()
            .Answers<PostCasesResponse>(200)
            .Refuses(Problems.TooManyCases);
        group.MapGet("", List).RequirePermission(Permissions.ViewSupportInsights).Scans("status", "severity", "product", "search")
            .Describe("ListSupportCases", "The support cases", "Newest createdAt first. With `Accept: text/csv`, returns the complete list as CSV, without pages; a cell that a spreadsheet would read as a formula starts with an apostrophe.")
            .Answers<ListResponse<CaseJson>>(200)
            .AnswersCsv()
            .Refuses(Problems.NotAcceptable);
    }

    private static async Task<IResult> Post(string id, PostCasesRequest body, HttpContext http, IGrainFactory grains)
    {
        var ingestion = new CaseIngestion(grains.GetGrain<ISupportGrain>(id), http.Application());
        if (body.IsLines)
        {
            return await PostLines(http, ingestion);
        }

        foreach (var update in body.Value)
        {
            if (await ingestion.Add(update) is { } refused)
            {
                return refused;
            }
        }

        return await ingestion.Complete();
    }

    private static async Task<IResult> PostLines(HttpContext http, CaseIngestion ingestion)
    {
        // A stream may have any length: memory is bounded by one line and one batch.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        var last = 0L;
        try
        {
            await foreach (var line in NdjsonLines.Read(http.Request.BodyReader, cancellation: http.RequestAborted))
            {
                last = line.Number;
                if (await ingestion.Add(CaseUpdate.Of(line)) is { } refused)
                {
                    return refused;
                }

                if (ingestion.IsEmpty)
                {
                    http.Features.Get<LimitedBody>()?.Forget();
                }
            }
        }
        catch (BadHttpRequestException broken)
        {
            return await ingestion.BreakOff(broken, last);
        }

        return await ingestion.Complete();
    }

    private static Task<IResult> List(WorkspaceVisit visit, CaseListQuery query, HttpContext http)
    {
        var (support, asked) = (visit.Grain<ISupportGrain>(), query.ToQuery());
        return visit.List(
            http, query, (decision, page, count) => support.Cases(decision, asked with { Page = page, Count = count }, http.RequestAborted), CaseJson.Of);
    }
}
