using System.CommandLine;
using EngageCenter.Cli.Output;
using EngageCenter.Cli.Session;

namespace EngageCenter.Cli.Workspaces;

internal static class WorkspaceCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var name = new Argument<string>("workspace") { Description = "Its name or its id." };
        commands.Add(root, "workspaces", "Lists your workspaces; those that you never opened in bold.", ListAsync);
        commands.Add(root, "use", "Opens a workspace, and uses it for the commands that follow.", call => UseAsync(call, call.Get(name)), name);
    }

    private static async Task<int> ListAsync(Call call)
    {
        // The list has all workspaces: a person has at most 5,000.
        await call.Printer.ListAsync(
            call.WorkspacesAsync(),
            int.MaxValue,
            "You have no workspace yet.",
            ["", "Name", "Agreement", "Your roles", "Last opened", "Id"],
            w => [w.WorkspaceId == call.Settings.WorkspaceId ? "*" : "", w.Name!, $"{w.AgreementType}", string.Join(", ", w.Roles ?? []), Instants.Minutes(w.LastAccessedAt, "never"), w.WorkspaceId!],
            call.Stop,
            w => w.HasBeenAccessed == false);
        return ExitCodes.Ok;
    }

    private static async Task<int> UseAsync(Call call, string named)
    {
        var found = await call.FindWorkspaceAsync(named);
        var opened = (await call.Client.V1.Me.CurrentWorkspace.PutAsync(new() { WorkspaceId = found.WorkspaceId }, cancellationToken: call.Stop))!;
        (Settings.Stored(call.Around) with { WorkspaceId = opened.WorkspaceId, WorkspaceName = opened.Name }).Save(call.Around);
        await (call.Printer.IsJson ? call.Printer.JsonAsync(opened) : call.Printer.LineAsync($"{Clean.Line(opened.Name)} is in use now. Your roles: {string.Join(", ", opened.Roles ?? [])}."));
        return ExitCodes.Ok;
    }
}
