using EngageCenter.Client;
using Microsoft.AspNetCore.Mvc;

namespace EngageCenter.Portal.Api;

/// <summary>Opens a workspace, which from then on is the one that its person lands in.</summary>
internal static class Switching
{
    public static void MapSwitch(this WebApplication app) => app.MapPost("/switch", async ([FromForm] string workspace, EngageCenterClient api) =>
    {
        // Where it is not open any more, its page says so.
        _ = await Part.Try(() => api.V1.Me.CurrentWorkspace.PutAsync(new() { WorkspaceId = workspace }));
        return Results.LocalRedirect($"/w/{Uri.EscapeDataString(workspace)}");
    }).RequireAuthorization();
}
