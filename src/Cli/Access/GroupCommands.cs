using System.CommandLine;
using EngageCenter.Cli.Output;
using EngageCenter.Client.Models;

namespace EngageCenter.Cli.Access;

/// <summary>The commands for the groups of a workspace and their roles.</summary>
internal static class GroupCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var groups = new Command("groups", "Lists the groups of the workspace, and changes their roles.");
        root.Add(groups);
        var group = new Argument<string>("group") { Description = "Its object id, or its name." };
        var roles = Names.Complete(new Option<string[]>("--role", "-r") { Description = "A role; say it again for more.", AllowMultipleArgumentsPerToken = true, Required = true }, Names.GroupRoles);
        var fewer = Names.Complete(new Option<string[]>("--role", "-r") { Description = "This role alone; all of them where none is named.", AllowMultipleArgumentsPerToken = true }, Names.GroupRoles);
        var previewed = Names.Complete(new Option<string[]>("--role", "-r") { Description = "The roles that the group would have; none: if it were removed.", AllowMultipleArgumentsPerToken = true }, Names.GroupRoles);
        var most = UserCommands.Most();

        commands.Add(groups, "list", "Lists them.", call => ListAsync(call, call.Get(most)), most);
        commands.Add(groups, "add", "Gives a group roles, beside those that it has.", call => ChangeAsync(call, call.Get(group), call.Get(roles)!, (had, named) => [.. had.Union(named)]), group, roles);
        commands.Add(groups, "set", "Gives a group these roles and no others.", call => ChangeAsync(call, call.Get(group), call.Get(roles)!, (_, named) => named), group, roles);
        commands.Add(groups, "remove", "Takes roles from a group.", call => RemoveAsync(call, call.Get(group), call.Get(fewer) ?? []), group, fewer);
        commands.Add(groups, "preview", "Says who would gain or lose what, and changes nothing.", call => PreviewAsync(call, call.Get(group), call.Get(previewed) ?? []), group, previewed);
    }

    public static IAsyncEnumerable<GroupResponse> GroupsAsync(Call call, string workspace) => call.Client.ItemsAsync(
        call.Client.V1.Workspaces[workspace].Groups.ToGetRequestInformation(r => r.QueryParameters.PageSize = 500), ListResponseOfGroupResponse.CreateFromDiscriminatorValue, call.Stop);

    private static async Task<int> ListAsync(Call call, int most)
    {
        await call.Printer.ListAsync(
            GroupsAsync(call, await call.WorkspaceIdAsync()), most, "No group has a role here.", ["Name", "Roles", "Status", "People", "Granted by", "Id"],
            g => [g.DisplayName ?? "", string.Join(", ", g.Roles ?? []), $"{g.Status}", $"{g.MemberCount}", g.GrantedBy?.DisplayName ?? g.GrantedBy?.Id ?? "", $"{g.GroupId}"],
            call.Stop);
        return ExitCodes.Ok;
    }

    private static async Task<int> ChangeAsync(Call call, string named, string[] typed, Func<List<string>, List<string>, List<string>> choose)
    {
        List<string> roles = [.. typed.Select(r => $"{Names.Of<PutGroupRequest_roles>(r, "role of a group")}")];
        var workspace = await call.WorkspaceIdAsync();
        var (groupId, name) = await FindAsync(call, workspace, named);
        var of = call.Client.V1.Workspaces[workspace].Groups[$"{groupId}"];
        var (before, etag) = await CurrentAsync(call, workspace, groupId);
        var chosen = choose(before?.Roles ?? [], roles).Distinct().ToList();

        // Changes only the version that was read, so that a change by somebody else in between is not overwritten.
        var changed = (await of.PutAsync(
            new() { DisplayName = before?.DisplayName ?? name, Roles = [.. chosen.Select(r => (PutGroupRequest_roles?)Enum.Parse<PutGroupRequest_roles>(r))] },
            r => IfMatch(r.Headers, etag),
            call.Stop))!;
        await (call.Printer.IsJson
            ? call.Printer.JsonAsync(changed)
            : call.Printer.LineAsync($"{Clean.Line(changed.DisplayName ?? $"{changed.GroupId}")} has {string.Join(", ", changed.Roles!)}."));
        return ExitCodes.Ok;
    }

    private static async Task<int> RemoveAsync(Call call, string named, string[] typed)
    {
        HashSet<string> taken = [.. typed.Select(r => $"{Names.Of<PutGroupRequest_roles>(r, "role of a group")}")];
        var workspace = await call.WorkspaceIdAsync();
        var (groupId, _) = await FindAsync(call, workspace, named);
        var of = call.Client.V1.Workspaces[workspace].Groups[$"{groupId}"];
        var (before, etag) = await CurrentAsync(call, workspace, groupId);
        List<string> left = taken.Count == 0 ? [] : [.. (before?.Roles ?? []).Where(r => !taken.Contains(r))];
        if (before is not null && left.Count == 0)
        {
            await of.DeleteAsync(r => IfMatch(r.Headers, etag), call.Stop);
        }
        else if (before is not null && left.Count < before.Roles!.Count)
        {
            await of.PutAsync(new() { DisplayName = before.DisplayName, Roles = [.. left.Select(r => (PutGroupRequest_roles?)Enum.Parse<PutGroupRequest_roles>(r))] }, r => IfMatch(r.Headers, etag), call.Stop);
        }

        await (call.Printer.IsJson
            ? call.Printer.JsonAsync(new System.Text.Json.Nodes.JsonObject { ["groupId"] = groupId, ["roles"] = new System.Text.Json.Nodes.JsonArray([.. left.Select(r => (System.Text.Json.Nodes.JsonNode)r)]) })
            : call.Printer.LineAsync(left.Count == 0 ? $"{Clean.Line(before?.DisplayName ?? named)} has no role here." : $"{Clean.Line(before?.DisplayName)} has {string.Join(", ", left)}."));
        return ExitCodes.Ok;
    }

    private static async Task<int> PreviewAsync(Call call, string named, string[] typed)
    {
        List<PreviewRequest_roles?> roles = [.. typed.Select(r => (PreviewRequest_roles?)Names.Of<PreviewRequest_roles>(r, "role of a group"))];
        var workspace = await call.WorkspaceIdAsync();
        var (groupId, _) = await FindAsync(call, workspace, named);
        var preview = (await call.Client.V1.Workspaces[workspace].Groups[$"{groupId}"].Preview.PostAsync(new() { Roles = roles }, cancellationToken: call.Stop))!;
        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(preview);
            return ExitCodes.Ok;
        }

        foreach (var (verb, change) in new[] { ("gain", preview.Gains!), ("lose", preview.Loses!) })
        {
            await call.Printer.LineAsync($"{change.Count} would {verb} permissions{(change.Count == 0 ? "." : ":")}");
            foreach (var person in change.Users!)
            {
                await call.Printer.LineAsync($"  {Clean.Line(person.DisplayName)} <{Clean.Line(person.Email)}>: {string.Join(", ", person.Permissions!)}");
            }

            if (change.Count > change.Users!.Count)
            {
                await call.Printer.LineAsync($"  and {change.Count - change.Users.Count} more");
            }
        }

        return ExitCodes.Ok;
    }

    /// <summary>Finds a group by its id, by its name in the workspace, or by its name in the organization's directory.</summary>
    private static async Task<(Guid GroupId, string? Name)> FindAsync(Call call, string workspace, string named)
    {
        if (Guid.TryParse(named, out var id))
        {
            return (id, null);
        }

        Dictionary<Guid, string> found = [];
        await foreach (var group in GroupsAsync(call, workspace))
        {
            if (string.Equals(group.DisplayName, named, StringComparison.OrdinalIgnoreCase))
            {
                found[group.GroupId!.Value] = group.DisplayName!;
            }
        }

        if (found.Count == 0)
        {
            try
            {
                var request = call.Client.V1.Workspaces[workspace].Directory.Groups.ToGetRequestInformation(r => r.QueryParameters.Search = named);
                await foreach (var group in call.Client.ItemsAsync(request, ListResponseOfDirectoryGroupResponse.CreateFromDiscriminatorValue, call.Stop))
                {
                    if (string.Equals(group.DisplayName, named, StringComparison.OrdinalIgnoreCase))
                    {
                        found[group.GroupId!.Value] = group.DisplayName!;
                    }
                }
            }
            catch (Problem none) when (none.Status is 404 or 409)
            {
                throw EngageException.Wrong($"No group '{Clean.Line(named)}' has a role here, and no directory is connected to look for it in. Name it by its object id.", none);
            }
        }

        return found.ToList() switch
        {
            [var only] => (only.Key, only.Value),
            [] => throw EngageException.Wrong($"There is no group '{Clean.Line(named)}'. Name it by its object id."),
            var several => throw EngageException.Wrong($"{several.Count} groups are named '{Clean.Line(named)}'. Name one by its object id: {string.Join(", ", several.Select(g => g.Key))}."),
        };
    }

    private static async Task<(GroupResponse? Group, string? ETag)> CurrentAsync(Call call, string workspace, Guid groupId)
    {
        var inspect = new Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options.HeadersInspectionHandlerOption { InspectResponseHeaders = true };
        try
        {
            var group = await call.Client.V1.Workspaces[workspace].Groups[$"{groupId}"].GetAsync(r => r.Options.Add(inspect), call.Stop);
            return (group, inspect.ResponseHeaders.TryGetValue("ETag", out var tags) ? tags.FirstOrDefault() : null);
        }
        catch (Problem none) when (none.Type == Problem_type.ProblemsGroupNotFound)
        {
            return (null, null);
        }
    }

    private static void IfMatch(Microsoft.Kiota.Abstractions.RequestHeaders headers, string? etag)
    {
        if (etag is not null)
        {
            headers.Add("If-Match", etag);
        }
    }
}
