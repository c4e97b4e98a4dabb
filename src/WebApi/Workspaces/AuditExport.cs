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
        while (true)
        {
            foreach (var recorded in page.Items.Where(e => e.Sequence <= newest))
            {
                await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(AuditEventResponse.Of(recorded), WireJson.Options), httpContext.RequestAborted);
                await response.Body.WriteAsync("\n"u8.ToArray(), httpContext.RequestAborted);
                last = recorded.Sequence;
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
}
