using System.CommandLine;
using EngageCenter.Cli.Output;
using EngageCenter.Cli.Session;
using EngageCenter.Client;
using EngageCenter.Client.Models;
using EngageCenter.Client.V1.Workspaces.Item;

namespace EngageCenter.Cli;

/// <summary>One run of a command, with its options, settings and clients.</summary>
internal sealed class Call(Surroundings around, CommonOptions options, ParseResult parsed, CancellationToken stop)
{
    private Settings? settings;
    private SignIn? signIn;
    private EngageCenterClient? client;

    public Surroundings Around => around;

    public CancellationToken Stop => stop;

    public Printer Printer { get; } = new(around, parsed.GetValue(options.Json));

    public Settings Settings
    {
        get => settings ??= Settings.Read(around);
        set => (settings, signIn, client) = (value, null, null);
    }

    public SignIn SignIn => signIn ??= new(around, Settings);

    public EngageCenterClient Client => client ??= CreateClient();

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>Creates a client of the service.</summary>
    public EngageCenterClient CreateClient(int retries = 3) => EngageCenterClient.Create(
        new Uri(Settings.Server ?? throw EngageException.NoSignIn("No service is known yet. Run 'engage login', or set ENGAGE_SERVER.")),
        token => SignIn.TokenAsync(token),
        around.Connection?.Invoke(),
        retries);

    public async Task<WorkspacesItemRequestBuilder> WorkspaceAsync() => Client.V1.Workspaces[await WorkspaceIdAsync()];

    /// <summary>Returns the workspace that the command names, otherwise the one in use.</summary>
    public async Task<string> WorkspaceIdAsync() => (parsed.GetValue(options.Workspace) ?? around.Set("ENGAGE_WORKSPACE")) is not { } named
        ? Settings.WorkspaceId ?? throw EngageException.Wrong("No workspace is in use. Run 'engage use NAME', or name one with '--workspace'.")
        : SignIn.IsApplication ? named : (await FindWorkspaceAsync(named)).WorkspaceId!;

    /// <summary>Finds one of the caller's workspaces by its id or its name.</summary>
    public async Task<UserWorkspaceResponse> FindWorkspaceAsync(string named)
    {
        List<UserWorkspaceResponse> byName = [];
        await foreach (var workspace in WorkspacesAsync())
        {
            if (workspace.WorkspaceId == named)
            {
                return workspace;
            }

            if (string.Equals(workspace.Name, named, StringComparison.OrdinalIgnoreCase))
            {
                byName.Add(workspace);
            }
        }

        return byName switch
        {
            [var only] => only,
            [] => throw EngageException.Wrong($"You have no workspace '{Clean.Line(named)}'. 'engage workspaces' lists yours."),
            _ => throw EngageException.Wrong($"You have {byName.Count} workspaces named '{Clean.Line(named)}'. Name one by its id: {string.Join(", ", byName.Select(w => w.WorkspaceId))}."),
        };
    }

    public IAsyncEnumerable<UserWorkspaceResponse> WorkspacesAsync() =>
        Client.ItemsAsync(Client.V1.Me.Workspaces.ToGetRequestInformation(), ListResponseOfUserWorkspaceResponse.CreateFromDiscriminatorValue, stop);
}
