using System.Text.Json;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>
/// A workspace's audit trail as JSON lines, oldest first, up to the event that is the newest when it begins. It holds one page
/// however long the trail is. What fails after the first page ends the connection, so that no one takes a part for the whole.
/// </summary>
/// <param name="following">The events behind one; null where the caller may read no further.</param>
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
