using EngageCenter.Client;
using EngageCenter.Client.V1.Workspaces.Item.Assessments.Item.Recommendations;
using EngageCenter.Portal.Parts;
using Microsoft.Kiota.Abstractions;
using Activities = EngageCenter.Client.V1.Workspaces.Item.Activities;
using Cases = EngageCenter.Client.V1.Workspaces.Item.SupportCases;

namespace EngageCenter.Portal.Api;

/// <summary>
/// Passes on lists as CSV while the API sends them, without holding them in memory. If a list exceeds the limits in size or
/// time, the connection is closed, so that nobody takes a part for the whole.
/// </summary>
internal static class Exports
{
    private const long MostBytes = 256 * 1024 * 1024;
    private static readonly TimeSpan longest = TimeSpan.FromMinutes(5);

    public static void MapExports(this WebApplication app)
    {
        var lists = app.MapGroup("/w/{id}").RequireAuthorization();
        lists.MapGet("/support-cases.csv", (string id, string? search, string? status, string? severity, string? product, string? from, EngageCenterClient api, IRequestAdapter adapter, HttpContext context) =>
            PassOn(context, adapter, "support-cases", api.V1.Workspaces[id].SupportCases.ToGetRequestInformation(r =>
            {
                r.QueryParameters.Search = Links.Text(search);
                r.QueryParameters.Status = Links.Choice<Cases.GetStatusQueryParameterType>(status);
                r.QueryParameters.Severity = Links.Choice<Cases.GetSeverityQueryParameterType>(severity == "1" ? "One" : severity);
                r.QueryParameters.Product = Links.Text(product);
                r.QueryParameters.From = Links.Day(from);
                r.QueryParameters.Bom = true;
            })));
        lists.MapGet("/customer-activity.csv", (string id, string? kind, string? status, string? packageId, string? from, string? to, EngageCenterClient api, IRequestAdapter adapter, HttpContext context) =>
            PassOn(context, adapter, "activities", api.V1.Workspaces[id].Activities.ToGetRequestInformation(r =>
            {
                r.QueryParameters.Kind = Links.Choice<Activities.GetKindQueryParameterType>(kind);
                r.QueryParameters.Status = Links.Choice<Activities.GetStatusQueryParameterType>(status);
                r.QueryParameters.PackageId = Links.Text(packageId);
                r.QueryParameters.From = Links.Day(from);
                r.QueryParameters.To = Links.Day(to);
                r.QueryParameters.Bom = true;
            })));
        lists.MapGet("/assessments/{technology}/recommendations.csv", (string id, string technology, string? focusArea, EngageCenterClient api, IRequestAdapter adapter, HttpContext context) =>
            PassOn(context, adapter, "recommendations", api.V1.Workspaces[id].Assessments[technology].Recommendations.ToGetRequestInformation(r =>
            {
                r.QueryParameters.FocusArea = Links.Choice<GetFocusAreaQueryParameterType>(focusArea);
                r.QueryParameters.Bom = true;
            })));
    }

    private static async Task PassOn(HttpContext context, IRequestAdapter adapter, string name, RequestInformation request)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        bound.CancelAfter(longest);
        request.Headers.Clear();
        request.Headers.Add("Accept", "text/csv");
        var list = await Part.Of(adapter.SendPrimitiveAsync<Stream>(request, cancellationToken: bound.Token));
        if (list.Value is null)
        {
            // The page of the list explains why there is no export.
            var page = context.Request.Path.Value!;
            context.Response.Redirect(page[..page.LastIndexOf(name == "recommendations" ? '/' : '.')] + context.Request.QueryString);
            return;
        }

        await using var rows = list.Value;
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
        var (buffer, passed) = (new byte[64 * 1024], 0L);
        try
        {
            for (int read; (read = await rows.ReadAsync(buffer, bound.Token)) > 0;)
            {
                if ((passed += read) > MostBytes)
                {
                    context.Abort();
                    return;
                }

                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), bound.Token);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            context.Abort();
        }
    }
}
