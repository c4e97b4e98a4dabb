using System.CommandLine;
using EngageCenter.Cli.Output;
using EngageCenter.Client.Models;

namespace EngageCenter.Cli.Access;

/// <summary>The commands that ask who may do what, and why. The exit code is 0 if everything is allowed, otherwise 1.</summary>
internal static class AccessCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var permissions = Names.Complete(new Argument<string[]>("permission") { Description = "One or more permissions.", Arity = ArgumentArity.OneOrMore }, Names.Permissions);
        var permission = Names.Complete(new Argument<string>("permission") { Description = "A permission." }, Names.Permissions);
        var user = new Option<string?>("--user", "-u") { Description = "Somebody else: their mail, their name, or tenantId/userId." };
        commands.Add(root, "check", "Says whether you may, or somebody else may.", call => CheckAsync(call, call.Get(permissions), call.Get(user)), permissions, user);
        commands.Add(root, "why", "Says why you may, or who could let you.", call => WhyAsync(call, call.Get(permission), call.Get(user)), permission, user);
    }

    private static async Task<int> CheckAsync(Call call, string[] typed, string? named)
    {
        var (_, answer) = await AskAsync(call, typed, named);
        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(answer);
        }
        else
        {
            await call.Printer.TableAsync(
                Printer.Each(answer.Results!), int.MaxValue, "", ["Permission", "Allowed", "Because of"],
                r => [r.Permission!, r.Allowed == true ? "yes" : "no", string.Join(", ", r.Because!.Select(b => $"{b.Role} ({b.Source})"))],
                call.Stop);
        }

        return answer.Results!.TrueForAll(r => r.Allowed == true) ? ExitCodes.Ok : ExitCodes.No;
    }

    private static async Task<int> WhyAsync(Call call, string typed, string? named)
    {
        var (person, answer) = await AskAsync(call, [typed], named);
        var result = answer.Results![0];
        var who = person is null ? "You" : Clean.Line(person.DisplayName);
        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(result);
        }
        else if (result.Allowed == true)
        {
            var groups = await GroupNamesAsync(call, result.Because!);
            await call.Printer.LineAsync($"{who} may {result.Permission}:");
            foreach (var held in result.Because!)
            {
                await call.Printer.LineAsync($"  {held.Role} {Source(held, groups)}");
            }
        }
        else
        {
            var roles = (await call.Client.V1.Roles.GetAsync(cancellationToken: call.Stop))!.Value!.Where(r => r.Permissions!.Contains(result.Permission!)).ToList();
            await call.Printer.LineAsync($"{who} may not {result.Permission}. These roles give it:");
            foreach (var role in roles)
            {
                await call.Printer.LineAsync($"  {role.Role}, {(role.Assignment == RoleAssignment.EntraGroup ? "by a group of the workspace" : role.Assignment == RoleAssignment.Contract ? "by the agreement alone" : "as every member")}");
            }
        }

        return result.Allowed == true ? ExitCodes.Ok : ExitCodes.No;
    }

    private static async Task<(WorkspaceUserResponse? Person, CheckResponse Answer)> AskAsync(Call call, string[] typed, string? named)
    {
        List<CheckRequest_permissions?> permissions = [.. typed.Select(t => (CheckRequest_permissions?)Names.Of<CheckRequest_permissions>(t, "permission"))];
        var workspace = await call.WorkspaceIdAsync();
        var person = named is null ? null : await People.FindAsync(call, workspace, named);
        var answer = await call.Client.V1.Workspaces[workspace].Permissions.Check.PostAsync(
            new() { Permissions = permissions, User = person is null ? null : new() { TenantId = person.TenantId, UserId = person.UserId } }, cancellationToken: call.Stop);
        return (person, answer!);
    }

    // Without the permission to read groups, the answer shows their ids.
    private static async Task<Dictionary<string, string>> GroupNamesAsync(Call call, List<HeldRoleResponse> held)
    {
        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        if (held.Exists(h => h.Source == RoleSource.EntraGroup))
        {
            try
            {
                await foreach (var group in GroupCommands.GroupsAsync(call, await call.WorkspaceIdAsync()))
                {
                    names[$"{group.GroupId}"] = group.DisplayName ?? "";
                }
            }
            catch (Problem refused) when (refused.Status == 403)
            {
                return names;
            }
        }

        return names;
    }

    private static string Source(HeldRoleResponse held, Dictionary<string, string> groups) => held.Source switch
    {
        RoleSource.Contract => $"by the agreement {Clean.Line(held.SourceId)}",
        RoleSource.EntraGroup => groups.TryGetValue(held.SourceId ?? "", out var name) && name.Length > 0 ? $"through the group {Clean.Line(name)} ({held.SourceId})" : $"through the group {Clean.Line(held.SourceId)}",
        _ => "as every member",
    };
}
