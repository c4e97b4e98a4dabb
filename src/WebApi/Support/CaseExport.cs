using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Support;

/// <summary>
/// All cases of a query as CSV (RFC 4180), page by page, so that the export holds one page however long it is. The caller's
/// right is decided anew for every page. What fails after the first page ends the connection, so that no one takes a part
/// for the whole.
/// </summary>
internal sealed class CaseExport(WorkspaceVisit visit, ISupportGrain support, CaseQuery query, Page<SupportCase> first) : IResult
{
    // A policy that changes with every page is not one that a reader waits for.
    private const int Attempts = 5;

    private static readonly CsvConfiguration format = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\r\n",
        // A cell that a spreadsheet would take for a formula gets an apostrophe before it: = + - @, tab and return.
        InjectionOptions = InjectionOptions.Escape,
    };

    private static readonly string[] header =
    [
        "caseId", "revision", "lastUpdatedAt", "createdAt", "title", "status", "severity", "product", "cloud", "location",
        "slaMet", "firstResponseAt", "resolvedAt", "closedAt", "primaryContact",
    ];

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8; header=present";
        response.Headers.ContentDisposition = $"attachment; filename=\"support-cases-{visit.WorkspaceId}.csv\"";
        response.Headers.Vary = "Accept";
        for (var (page, isFirst) = (first, true); ; isFirst = false)
        {
            await response.WriteAsync(Write(page.Items, isFirst), httpContext.RequestAborted);
            if (page.Next is not { } next)
            {
                return;
            }

            if (await Read(next) is not { } following)
            {
                httpContext.Abort();
                return;
            }

            page = following;
        }
    }

    // The right is decided anew for each page; null where it is gone, or cannot be had.
    private async Task<Page<SupportCase>?> Read(string next)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            await visit.Decide();
            if (visit.Refusal is not null)
            {
                return null;
            }

            if (await support.Cases(visit.Decision, query with { Page = new(PageRequest.MaxSize, next) }) is { } page)
            {
                return page;
            }
        }

        return null;
    }

    public static string Write(IEnumerable<SupportCase> cases, bool withHeader)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, format))
        {
            if (withHeader)
            {
                WriteRow(csv, header);
            }

            foreach (var support in cases)
            {
                WriteRow(csv,
                    support.CaseId,
                    support.Revision.ToString(CultureInfo.InvariantCulture),
                    Rfc3339.Format(support.LastUpdatedAt),
                    Rfc3339.Format(support.CreatedAt),
                    support.Title,
                    support.Status.ToString(),
                    WireNames.Severity.Of(support.Severity),
                    support.Product,
                    support.Cloud,
                    support.Location,
                    support.SlaMet switch { true => "true", false => "false", null => null },
                    Instant(support.FirstResponseAt),
                    Instant(support.ResolvedAt),
                    Instant(support.ClosedAt),
                    support.PrimaryContact);
            }
        }

        return text.ToString();
    }

    private static string? Instant(DateTimeOffset? instant) => instant is { } value ? Rfc3339.Format(value) : null;

    private static void WriteRow(CsvWriter csv, params ReadOnlySpan<string?> cells)
    {
        foreach (var cell in cells)
        {
            csv.WriteField(cell);
        }

        csv.NextRecord();
    }
}
