using System.CommandLine;
using EngageCenter.Cli.Output;
using Microsoft.Identity.Client;

namespace EngageCenter.Cli.Session;

internal static class LoginCommands
{
    /// <summary>The client id of this command line in LocalEntra's sample directory.</summary>
    private const string LocalClientId = "e0000000-0000-4000-8000-000000000003";

    // Entra has the same limit.
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(15);

    public static void AddTo(RootCommand root, Commands commands)
    {
        var server = new Option<string?>("--server") { Description = "The address of the service." };
        var clientId = new Option<string?>("--client-id") { Description = "The app registration of this command line in Entra ID." };
        var tenant = new Option<string?>("--tenant") { Description = "The tenant to sign in to; yours where nothing is said." };
        var scope = new Option<string?>("--scope") { Description = "The scope of the service.", HelpName = Settings.DefaultScope };
        var instance = new Option<string?>("--instance") { Description = "Who signs people in, if not Entra ID's public cloud." };
        var isLocal = new Option<bool>("--local") { Description = "Sign in with LocalEntra on this machine, for development." };
        var byDevice = new Option<bool>("--device") { Description = "Show a code to type into a browser, here or on another device." };
        var byBrowser = new Option<bool>("--browser") { Description = "Open a browser on this machine." };

        commands.Add(root, "login", "Signs you in.", call => LoginAsync(call, new(
            call.Get(server), call.Get(clientId), call.Get(tenant), call.Get(scope), call.Get(instance), call.Get(isLocal), call.Get(byDevice), call.Get(byBrowser))),
            server, clientId, tenant, scope, instance, isLocal, byDevice, byBrowser);
        commands.Add(root, "logout", "Signs you out, and forgets your tokens.", LogoutAsync);
        commands.Add(root, "whoami", "Says who is signed in, and where.", WhoAmIAsync);
    }

    private static async Task<int> LoginAsync(Call call, LoginOptions options)
    {
        if (options is { ByDevice: true, ByBrowser: true })
        {
            throw EngageException.Wrong("'--device' and '--browser' exclude each other.");
        }

        var before = Settings.Stored(call.Around);
        call.Settings = Chosen(call.Around, options, before);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(call.Stop);
        waiting.CancelAfter(bound);
        AuthenticationResult result;
        try
        {
            result = options.ByDevice || (!options.ByBrowser && !call.Around.HasBrowser)
                ? await call.SignIn.ByDeviceCodeAsync(code => call.Printer.NoteAsync(Clean.Line(code.Message)), waiting.Token)
                : await call.SignIn.ByBrowserAsync(waiting.Token);
        }
        catch (OperationCanceledException late) when (!call.Stop.IsCancellationRequested)
        {
            throw EngageException.NoSignIn("Nobody signed in within 15 minutes. Run 'engage login' again.", late);
        }

        // The workspace in use belongs to one service and one person.
        var isSame = before.Server == call.Settings.Server && before.Account == result.Account.HomeAccountId.Identifier;
        call.Settings = call.Settings with
        {
            Account = result.Account.HomeAccountId.Identifier,
            UserName = result.Account.Username,
            WorkspaceId = isSame ? before.WorkspaceId : null,
            WorkspaceName = isSame ? before.WorkspaceName : null,
        };
        call.Settings.Save(call.Around);
        return await WhoAmIAsync(call);
    }

    private static Settings Chosen(Surroundings around, LoginOptions options, Settings before)
    {
        var defaults = new Settings();
        var chosen = before with
        {
            Server = options.Server ?? (options.IsLocal ? "http://localhost:8080" : around.Set("ENGAGE_SERVER") ?? before.Server),
            Instance = (options.Instance ?? (options.IsLocal ? "http://localhost:8081" : options.Server is null || options.Server == before.Server ? before.Instance : defaults.Instance)).TrimEnd('/'),
            ClientId = options.ClientId ?? (options.IsLocal ? LocalClientId : before.ClientId),
            Tenant = options.Tenant ?? (options.IsLocal ? defaults.Tenant : before.Tenant),
            Scope = options.Scope ?? (options.IsLocal ? defaults.Scope : before.Scope),
        };
        return chosen switch
        {
            { Server: null } => throw EngageException.Wrong("Say where the service is: 'engage login --server https://…', or '--local' for one on this machine."),
            { ClientId: null } => throw EngageException.Wrong("Say which app registration this command line is: '--client-id'. Whoever runs the service knows it."),
            { Server: var server } when !Settings.IsAddress(server) =>
                throw EngageException.Wrong($"'{Clean.Line(server)}' must be an https address; http is for this machine alone."),
            _ => chosen,
        };
    }

    private static async Task<int> LogoutAsync(Call call)
    {
        var stored = Settings.Stored(call.Around);
        try
        {
            if (stored.ClientId is not null)
            {
                await call.SignIn.SignOutAsync();
            }
        }
        catch (EngageException)
        {
            // Without a place for tokens, there are none to forget. The code below deletes a file that an earlier key encrypted.
        }

        TokenStore.Clear(call.Around);
        (stored with { Account = null, UserName = null, WorkspaceId = null, WorkspaceName = null }).Save(call.Around);
        await call.Printer.NoteAsync("You are signed out.");
        return ExitCodes.Ok;
    }

    private static async Task<int> WhoAmIAsync(Call call)
    {
        if (call.SignIn.IsApplication)
        {
            // The API has no endpoint about the calling application. So this only shows that it gets a token.
            await call.SignIn.TokenAsync(call.Stop);
            var id = call.Around.Set("ENGAGE_CLIENT_ID")!;
            await (call.Printer.IsJson
                ? call.Printer.JsonAsync(new System.Text.Json.Nodes.JsonObject { ["application"] = id, ["server"] = call.Settings.Server })
                : call.Printer.LineAsync($"The application {Clean.Line(id)}, at {call.Settings.Server}"));
            return ExitCodes.Ok;
        }

        var me = (await call.Client.V1.Me.GetAsync(cancellationToken: call.Stop))!;
        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(new System.Text.Json.Nodes.JsonObject
            {
                ["userId"] = me.UserId,
                ["tenantId"] = me.TenantId,
                ["displayName"] = me.DisplayName,
                ["email"] = me.Email,
                ["userType"] = $"{me.UserType}",
                ["server"] = call.Settings.Server,
                ["workspaceId"] = call.Settings.WorkspaceId,
            });
            return ExitCodes.Ok;
        }

        await call.Printer.LineAsync($"{Clean.Line(me.DisplayName)} <{Clean.Line(me.Email ?? call.Settings.UserName)}>, at {call.Settings.Server}");
        await call.Printer.LineAsync(call.Settings.WorkspaceName is { } name ? $"Workspace in use: {Clean.Line(name)}" : "No workspace is in use: 'engage workspaces' lists yours, 'engage use NAME' takes one.");
        return ExitCodes.Ok;
    }

    private sealed record LoginOptions(string? Server, string? ClientId, string? Tenant, string? Scope, string? Instance, bool IsLocal, bool ByDevice, bool ByBrowser);
}
