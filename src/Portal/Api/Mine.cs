using EngageCenter.Client;
using EngageCenter.Client.Models;

namespace EngageCenter.Portal.Api;

/// <summary>
/// Of the workspaces of the person whose request this is, the one that the page is of and the first of all: each asked for
/// once, and used by the frame and by the page in it. Nobody reads them all, who may have thousands.
/// </summary>
internal sealed class Mine(EngageCenterClient api)
{
    /// <summary>So many workspaces are in the menu; the others are on a page with a search.</summary>
    public const int Few = 10;

    private readonly Dictionary<string, Task<Part<UserWorkspaceResponse>>> each = [];
    private Task<Part<ListResponseOfUserWorkspaceResponse>>? first;

    /// <summary>The first <see cref="Few"/>, by name.</summary>
    public Task<Part<ListResponseOfUserWorkspaceResponse>> First() => first ??= Part.Of(api.V1.Me.Switcher.GetAsync(r => r.QueryParameters.PageSize = Few));

    /// <summary>One of them. Without it and without a reason, it is not open to the person.</summary>
    public Task<Part<UserWorkspaceResponse>> Of(string id) =>
        each.TryGetValue(id, out var asked) ? asked : each[id] = Part.Of(Read(id));

    private async Task<UserWorkspaceResponse?> Read(string id)
    {
        try
        {
            var of = api.V1.Workspaces[id];
            var (asked, mine) = (of.GetAsync(), of.Permissions.GetAsync());
            await Task.WhenAll(asked, mine);
            var (workspace, held) = ((await asked)!, (await mine)!);
            return new()
            {
                WorkspaceId = workspace.WorkspaceId,
                Name = workspace.Name,
                AgreementType = workspace.AgreementType,
                Roles = [.. held.Roles!.Select(r => r.Role!).Distinct()],
                Permissions = held.Permissions,
                HasBeenAccessed = true,
            };
        }
        catch (Problem notOpen) when (notOpen.Status == StatusCodes.Status404NotFound)
        {
            return null;
        }
    }
}
