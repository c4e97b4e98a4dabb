using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// Writes all items of a list as CSV (RFC 4180), page by page and row by row. The export holds one page and one row as text,
/// however long the list is and however slowly the client reads. The columns are the fields of the item's JSON. An error
/// after the first page ends the connection, so that the client does not take a part for the whole list.
/// </summary>
/// <param name="withMark">Whether to start with a UTF-8 byte order mark.</param>
/// <param name="following">Returns the page after a place; null if the caller may not read on.</param>
internal sealed class CsvExport<TItem, TWire>(
    string fileName, bool withMark, Page<TItem> first, Func<string, Task<Page<TItem>?>> following, Func<TItem, TWire> wire) : IResult
{
    private static readonly string[] columns = [.. WireJson.Options.GetTypeInfo(typeof(TWire)).Properties.Select(p => p.Name)];

    private static readonly CsvConfiguration format = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\r\n",
        // Puts an apostrophe before a cell that a spreadsheet would read as a formula, which starts with = + - @, tab or
        // return.
        InjectionOptions = InjectionOptions.Escape,
    };

    // The number of characters that are written before the client must have read them.
    private const int MaxUnsent = 4 * 1024;

    // Released as soon as it is written.
    private Page<TItem>? unwritten = first;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8; header=present";
        response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}.csv\"";
        var text = new StringBuilder();
        await using var writer = new StringWriter(text, CultureInfo.InvariantCulture);
        await using var csv = new CsvWriter(writer, format, leaveOpen: true);
        text.Append(withMark ? "\uFEFF" : "");
        WriteRow(csv, column => column);
        while (unwritten is not null)
        {
            if (await WritePage(csv, text, response, httpContext.RequestAborted) is not { } next)
            {
                return;
            }

            if (await following(next) is not { } page)
            {
                httpContext.Abort();
                return;
            }

            unwritten = page;
        }
    }

    /// <returns>Where the next page starts; null after the last page.</returns>
    private async Task<string?> WritePage(CsvWriter csv, StringBuilder text, HttpResponse response, CancellationToken aborted)
    {
        var (items, next) = (unwritten!.Items, unwritten.Next);
        for (var i = 0; i < items.Length; i++)
        {
            var row = JsonSerializer.SerializeToElement(wire(items[i]), WireJson.Options);
            WriteRow(csv, column => row.TryGetProperty(column, out var value) ? Cell(value) : null);
            if (text.Length >= MaxUnsent)
            {
                await Send(text, response, aborted);
            }
        }

        await Send(text, response, aborted);
        unwritten = null;
        return next;
    }

    private static async Task Send(StringBuilder text, HttpResponse response, CancellationToken aborted)
    {
        // One encoder for all pieces, because a surrogate pair may be split between two of them.
        var encoder = Encoding.UTF8.GetEncoder();
        foreach (var chunk in text.GetChunks())
        {
            for (var rest = chunk; !rest.IsEmpty;)
            {
                var piece = rest[..Math.Min(rest.Length, MaxUnsent)];
                rest = rest[piece.Length..];
                encoder.Convert(piece.Span, response.BodyWriter, flush: false, out _, out _);
                await response.BodyWriter.FlushAsync(aborted);
            }
        }

        encoder.Convert([], response.BodyWriter, flush: true, out _, out _);
        text.Clear();
    }

    private static void WriteRow(CsvWriter csv, Func<string, string?> cell)
    {
        foreach (var column in columns)
        {
            csv.WriteField(cell(column));
        }

        csv.NextRecord();
        csv.Flush();
    }

    private static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => string.Join("; ", value.EnumerateArray()),
        _ => value.GetRawText(),
    };
}
