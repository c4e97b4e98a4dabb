using System.Security.Cryptography;
using System.Text.Json;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>
/// Writes a workspace's audit trail as JSON lines, oldest first, up to the event that is the newest when the export starts.
/// It holds one page, however long the trail is. An error after the first page ends the connection, so that the client does
/// not take a part for the whole trail.
/// </summary>
/// <remarks>
/// In an export of the whole trail, each line carries the hash of the line before. So whoever keeps the hash of one line sees
/// later whether this event or an earlier one was changed or removed. See docs/use/audit.md.
/// </remarks>
/// <param name="following">Returns the events after a given one; null if the caller may not read on.</param>
internal sealed class AuditExport(string workspaceId, long after, Page<AuditEvent> first, Func<long, Task<Page<AuditEvent>?>> following) : IResult
{
    public const string MediaType = "application/x-ndjson";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaType;
        response.Headers.ContentDisposition = $"attachment; filename=\"audit-events-{workspaceId}.ndjson\"";
        var (page, newest, last) = (first, first.TotalCount, after);
        string? previousHash = null;
        while (true)
        {
            foreach (var recorded in page.Items.Where(e => e.Sequence <= newest))
            {
                var line = Line(recorded, previousHash);
                await response.Body.WriteAsync(line, httpContext.RequestAborted);
                await response.Body.WriteAsync("\n"u8.ToArray(), httpContext.RequestAborted);
                (last, previousHash) = (recorded.Sequence, Convert.ToHexStringLower(SHA256.HashData(line)));
            }

            if (last >= newest)
            {
                return;
            }

            if (await following(last) is not { Items.IsEmpty: false } next)
            {
                httpContext.Abort();
                return;
            }

            page = next;
        }
    }

    // A hash that was kept matches only while the same event gives the same bytes. New members must stay out of old events.
    private byte[] Line(AuditEvent recorded, string? previousHash)
    {
        var line = JsonSerializer.SerializeToNode(AuditEventResponse.Of(recorded), WireJson.Options)!.AsObject();
        if (after == 0)
        {
            line["previousHash"] = previousHash;
        }

        return JsonSerializer.SerializeToUtf8Bytes(line, WireJson.Options);
    }
}
