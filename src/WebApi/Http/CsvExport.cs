using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using EngageCenter.Paging;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// All items of a list as CSV (RFC 4180), page by page, so that the export holds one page however long it is. The columns
/// are the fields of the item's JSON. What fails after the first page ends the connection, so that no one takes a part for
/// the whole.
/// </summary>
/// <param name="withMark">Whether a UTF-8 byte order mark comes first.</param>
/// <param name="following">The page after a place; null where the caller may read no further.</param>
internal sealed class CsvExport<TItem, TWire>(
    string fileName, bool withMark, Page<TItem> first, Func<string, Task<Page<TItem>?>> following, Func<TItem, TWire> wire) : IResult
{
    private static readonly string[] columns = [.. WireJson.Options.GetTypeInfo(typeof(TWire)).Properties.Select(p => p.Name)];

    private static readonly CsvConfiguration format = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\r\n",
        // A cell that a spreadsheet would take for a formula gets an apostrophe before it: = + - @, tab and return.
        InjectionOptions = InjectionOptions.Escape,
    };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8; header=present";
        response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}.csv\"";
        for (var (page, isFirst) = (first, true); ; isFirst = false)
        {
            await response.WriteAsync(isFirst && withMark ? $"\uFEFF{Write(page.Items, isFirst)}" : Write(page.Items, isFirst), httpContext.RequestAborted);
            if (page.Next is not { } next)
            {
                return;
            }

            if (await following(next) is not { } read)
            {
                httpContext.Abort();
                return;
            }

            page = read;
        }
    }

    private string Write(IEnumerable<TItem> items, bool withHeader)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, format))
        {
            if (withHeader)
            {
                WriteRow(csv, column => column);
            }

            foreach (var item in items)
            {
                var row = JsonSerializer.SerializeToElement(wire(item), WireJson.Options);
                WriteRow(csv, column => row.TryGetProperty(column, out var value) ? Cell(value) : null);
            }
        }

        return text.ToString();
    }

    private static void WriteRow(CsvWriter csv, Func<string, string?> cell)
    {
        foreach (var column in columns)
        {
            csv.WriteField(cell(column));
        }

        csv.NextRecord();
    }

    private static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => string.Join("; ", value.EnumerateArray()),
        _ => value.GetRawText(),
    };
}
