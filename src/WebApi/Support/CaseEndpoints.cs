using System.Text.Json;
using EngageCenter.Access;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Support;

internal static class CaseEndpoints
{
    private const string AppRole = "SupportCases.ReadWrite.All";
    private const int MaxJsonBytes = 8 * 1024 * 1024;

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
        var cases = routes.MapGroup("/v1/workspaces/{id}/support-cases").WithTags("Support");
        cases.MapPost("", Post).RequireApplicationInWorkspace(AppRole)
            .Describe("PostSupportCases", "Brings in updates of support cases",
                "Up to 1,000 in a JSON body of at most 8 MiB, or any number as `application/x-ndjson`, one update on each line of at most 64 KiB. A case's newest state is its update with the greatest (lastUpdatedAt, revision), so any order, any batching and any replay end in the same state. An update that is not valid is rejected and never blocks its neighbours. Where storage fails midway the answer is 503 with the counts so far.")
            .Takes<PostCasesRequest>(Example)
            .TakesLinesOf<CaseJson>()
            .Answers<PostCasesResponse>(200)
            .Refuses(Problems.TooManyCases);
        cases.MapGet("", List).RequirePermission(Permissions.ViewSupportInsights)
            .Describe("ListSupportCases", "The support cases", "Newest createdAt first. With `Accept: text/csv` all of them as CSV, without pages; a cell that a spreadsheet would take for a formula begins with an apostrophe there.")
            .Query("status", "Only cases of this status.", [.. WireNames.For<CaseStatus>().All])
            .Query("severity", "Only cases of this severity.", [.. WireNames.Severity.All])
            .Query("product", "Only cases of this product, by its whole name.")
            .Query("search", "Part of the id or title, case-insensitively.")
            .Query("from", "Created at or after.")
            .Query("to", "Created before.")
            .Paged()
            .Answers<ListResponse<CaseJson>>(200)
            .AnswersCsv()
            .Refuses(Problems.InvalidRequest, Problems.NotAcceptable);
    }

    private static async Task<IResult> Post(string id, HttpContext http, IGrainFactory grains)
    {
        var ingestion = new CaseIngestion(grains.GetGrain<ISupportGrain>(id));
        return JsonBody.IsOfType(http.Request, media => media.MediaType.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase))
            ? await PostLines(http, ingestion)
            : await PostJson(http, ingestion);
    }

    private static async Task<IResult> PostJson(HttpContext http, CaseIngestion ingestion)
    {
        var errors = new RequestErrors();
        var (body, refusal) = await JsonBody.Read(http.Request, errors, MaxJsonBytes);
        if (body is null)
        {
            return refusal!;
        }

        JsonElement[] updates = [.. body.RequiredItems("value", SupportCase.MaxBatch)];
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        foreach (var update in updates)
        {
            if (await ingestion.Add(CaseReader.Read(update, ingestion.Next)) is { } refused)
            {
                return refused;
            }
        }

        return await ingestion.Complete();
    }

    private static async Task<IResult> PostLines(HttpContext http, CaseIngestion ingestion)
    {
        // Of any length: what is held is bounded by the line and the batch.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        await foreach (var line in NdjsonLines.Read(http.Request.BodyReader, cancellation: http.RequestAborted))
        {
            if (await ingestion.Add(CaseReader.Read(line, ingestion.Next)) is { } refused)
            {
                return refused;
            }
        }

        return await ingestion.Complete();
    }

    private static async Task<IResult> List(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var query = ReadQuery(new(http.Request.Query, errors));
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var support = visit.Grain<ISupportGrain>();
        return await visit.List(
            http, query.Page, (decision, page, count) => support.Cases(decision, query with { Page = page, Count = count }), CaseJson.Of, CaseCsv.Table);
    }

    private static CaseQuery ReadQuery(QueryFields fields)
    {
        var (from, to) = fields.Window();
        return new(
            fields.Choice("status", WireNames.For<CaseStatus>()),
            fields.Choice("severity", WireNames.Severity),
            fields.Text("product"),
            fields.Text("search"),
            from,
            to,
            fields.Page());
    }
}
