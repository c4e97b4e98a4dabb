using EngageCenter.Client;
using EngageCenter.Client.Models;

namespace EngageCenter.Portal.Api;

/// <summary>The workspaces of the person whose request this is: asked for once, and used by the frame and by the page in it.</summary>
internal sealed class Mine(EngageCenterClient api)
{
    private Task<Part<List<UserWorkspaceResponse>>>? asked;

    public Task<Part<List<UserWorkspaceResponse>>> All() => asked ??= Part.Of(Read());

    private async Task<List<UserWorkspaceResponse>?> Read() => (await api.V1.Me.Workspaces.GetAsync())?.Value;
}
