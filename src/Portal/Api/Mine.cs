using EngageCenter.Client;
using EngageCenter.Client.Models;

namespace EngageCenter.Portal.Api;

/// <summary>
/// The workspaces of the person who makes the request: the one that the page shows, and the first few. Each is asked for once,
/// for the frame and the page together. Nobody reads all of them, because a person may have thousands.
/// </summary>
internal sealed class Mine(EngageCenterClient api)
{
    /// <summary>How many workspaces the menu has; the others are on a page with a search.</summary>
    public const int Few = 10;

    private readonly Dictionary<string, Task<Part<UserWorkspaceResponse>>> each = [];
    private Task<Part<ListResponseOfUserWorkspaceResponse>>? first;

    /// <summary>Returns the first <see cref="Few"/>, by name.</summary>
    public Task<Part<ListResponseOfUserWorkspaceResponse>> First() => first ??= Part.Of(api.V1.Me.Switcher.GetAsync(r => r.QueryParameters.PageSize = Few));

    /// <summary>Returns one of them. If there is neither a value nor a reason, the person is not a member of it.</summary>
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
