using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using EngageCenter.Paging;

namespace EngageCenter.WebApi.Http;

/// <summary>How items look as CSV.</summary>
/// <param name="Name">What the file is called, without its ending.</param>
/// <param name="Columns">The columns in their order; a cell of null is empty.</param>
internal sealed record CsvTable<TItem>(string Name, params IReadOnlyList<(string Header, Func<TItem, string?> Cell)> Columns);

/// <summary>
/// All items of a list as CSV (RFC 4180), page by page, so that the export holds one page however long it is. What fails
/// after the first page ends the connection, so that no one takes a part for the whole.
/// </summary>
/// <param name="withMark">Whether a UTF-8 byte order mark comes first.</param>
/// <param name="following">The page after a place; null where the caller may read no further.</param>
internal sealed class CsvExport<TItem>(
    CsvTable<TItem> table, string fileName, bool withMark, Page<TItem> first, Func<string, Task<Page<TItem>?>> following) : IResult
{
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
        using (var csv = new CsvWriter(text, Csv.Format))
        {
            if (withHeader)
            {
                WriteRow(csv, column => column.Header);
            }

            foreach (var item in items)
            {
                WriteRow(csv, column => column.Cell(item));
            }
        }

        return text.ToString();
    }

    private void WriteRow(CsvWriter csv, Func<(string Header, Func<TItem, string?> Cell), string?> cell)
    {
        foreach (var column in table.Columns)
        {
            csv.WriteField(cell(column));
        }

        csv.NextRecord();
    }
}

internal static class Csv
{
    public static CsvConfiguration Format { get; } = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\r\n",
        // A cell that a spreadsheet would take for a formula gets an apostrophe before it: = + - @, tab and return.
        InjectionOptions = InjectionOptions.Escape,
    };

    public static string? Cell(DateTimeOffset? instant) => instant is { } value ? Rfc3339.Format(value) : null;

    public static string? Cell(bool? flag) => flag switch { true => "true", false => "false", null => null };

    public static string? Cell(decimal? amount) => amount?.ToString(CultureInfo.InvariantCulture);
}
