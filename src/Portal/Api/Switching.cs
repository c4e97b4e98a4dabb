using EngageCenter.Client;
using Microsoft.AspNetCore.Mvc;

namespace EngageCenter.Portal.Api;

/// <summary>Opens a workspace. From then on its person lands in it.</summary>
internal static class Switching
{
    public static void MapSwitch(this WebApplication app) => app.MapPost("/switch", async ([FromForm] string workspace, EngageCenterClient api) =>
    {
        // If the person is no longer a member, the workspace's page says so.
        _ = await Part.Try(() => api.V1.Me.CurrentWorkspace.PutAsync(new() { WorkspaceId = workspace }));
        return Results.LocalRedirect($"/w/{Uri.EscapeDataString(workspace)}");
    }).RequireAuthorization();
}
