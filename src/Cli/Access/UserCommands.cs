using System.CommandLine;
using EngageCenter.Cli.Output;
using EngageCenter.Client.Models;
using Users = EngageCenter.Client.V1.Workspaces.Item.Users;

namespace EngageCenter.Cli.Access;

internal static class UserCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var search = new Option<string?>("--search") { Description = "Part of the name or mail." };
        var role = Names.Complete(new Option<string?>("--role") { Description = "Who holds this role." }, Enum.GetNames<Users.GetRoleQueryParameterType>());
        var status = Names.Complete(new Option<string?>("--status") { Description = "Who has signed in, or not yet." }, Enum.GetNames<Users.GetStatusQueryParameterType>());
        var source = Names.Complete(new Option<string?>("--source") { Description = "Where the role comes from." }, Enum.GetNames<Users.GetSourceQueryParameterType>());
        var most = Most();
        commands.Add(root, "users", "Lists the people of the workspace, and their roles.", async call =>
        {
            var (byRole, byStatus, bySource) = (
                Names.Optional<Users.GetRoleQueryParameterType>(call.Get(role), "role"),
                Names.Optional<Users.GetStatusQueryParameterType>(call.Get(status), "status"),
                Names.Optional<Users.GetSourceQueryParameterType>(call.Get(source), "source"));
            var request = (await call.WorkspaceAsync()).Users.ToGetRequestInformation(r =>
            {
                r.QueryParameters.Search = call.Get(search);
                r.QueryParameters.Role = byRole;
                r.QueryParameters.Status = byStatus;
                r.QueryParameters.Source = bySource;
                r.QueryParameters.PageSize = 500;
            });
            await call.Printer.ListAsync(
                call.Client.ItemsAsync(request, ListResponseOfWorkspaceUserResponse.CreateFromDiscriminatorValue, call.Stop),
                call.Get(most), "Nobody is like that here.", ["Name", "Mail", "Status", "Roles", "Last sign-in", "Id"],
                u => [u.DisplayName!, u.Email ?? "", $"{u.Status}", string.Join(", ", u.Roles!.Select(r => r.Role).Distinct()), Instants.Minutes(u.LastSignInAt, "never"), $"{u.TenantId}/{u.UserId}"],
                call.Stop);
            return ExitCodes.Ok;
        }, search, role, status, source, most);
    }

    /// <summary>The option for the most rows of a table. A table has a limit because its layout needs all rows at once.</summary>
    public static Option<int> Most() => WholeNumber.Option("--most", "Rows of the table at most.", 500, 1, 100_000);
}

internal static class People
{
    /// <summary>Finds a person of the workspace by mail address, full name, or 'tenantId/userId'.</summary>
    /// <exception cref="EngageException">Nobody matches, or more than one person does.</exception>
    public static async Task<WorkspaceUserResponse> FindAsync(Call call, string workspace, string named)
    {
        if (named.Split('/') is [var tenant, var user] && Guid.TryParse(tenant, out var tenantId) && Guid.TryParse(user, out var userId))
        {
            return new() { TenantId = tenantId, UserId = userId, DisplayName = named };
        }

        List<WorkspaceUserResponse> found = [];
        var request = call.Client.V1.Workspaces[workspace].Users.ToGetRequestInformation(r => r.QueryParameters.Search = named);
        await foreach (var person in call.Client.ItemsAsync(request, ListResponseOfWorkspaceUserResponse.CreateFromDiscriminatorValue, call.Stop))
        {
            if (string.Equals(person.Email, named, StringComparison.OrdinalIgnoreCase) || string.Equals(person.DisplayName, named, StringComparison.OrdinalIgnoreCase))
            {
                found.Add(person);
            }
        }

        return found switch
        {
            [var only] => only,
            [] => throw EngageException.Wrong($"Nobody here has the mail or name '{Clean.Line(named)}'. 'engage users --search' finds people; tenantId/userId names anybody."),
            _ => throw EngageException.Wrong($"{found.Count} people have the mail or name '{Clean.Line(named)}'. Name one by tenantId/userId: {string.Join(", ", found.Select(p => $"{p.TenantId}/{p.UserId}"))}."),
        };
    }
}
