using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Cli.Output;

namespace EngageCenter.Cli.Session;

/// <summary>The settings that a file keeps between commands. They contain no secret. Environment variables take precedence.</summary>
internal sealed record Settings
{
    public const string DefaultScope = "api://engage-center/access_as_user";

    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The address of the service.</summary>
    public string? Server { get; init; }

    /// <summary>Who signs people in: Entra ID, or LocalEntra on this machine.</summary>
    public string Instance { get; init; } = "https://login.microsoftonline.com";

    public string Tenant { get; init; } = "organizations";

    /// <summary>The app registration of this command line.</summary>
    public string? ClientId { get; init; }

    public string Scope { get; init; } = DefaultScope;

    /// <summary>The account that signed in, as MSAL names it.</summary>
    public string? Account { get; init; }

    public string? UserName { get; init; }

    public string? WorkspaceId { get; init; }

    public string? WorkspaceName { get; init; }

    public static Settings Read(Surroundings around)
    {
        var read = Stored(around);
        var settings = read with
        {
            Server = around.Set("ENGAGE_SERVER") ?? read.Server,
            Instance = around.Set("ENGAGE_INSTANCE") ?? read.Instance,
            Scope = around.Set("ENGAGE_SCOPE") ?? read.Scope,
        };
        return settings switch
        {
            { Server: { } server } when !IsAddress(server) => throw Unusable("The address of the service", server, "ENGAGE_SERVER", around, "an https address; http is for this machine alone"),
            _ when !IsAddress(settings.Instance) => throw Unusable("The address of the sign-in service", settings.Instance, "ENGAGE_INSTANCE", around, "an https address; http is for this machine alone"),
            _ when settings.Scope.LastIndexOf('/') <= 0 || settings.Scope.Any(char.IsWhiteSpace) => throw Unusable("The scope", settings.Scope, "ENGAGE_SCOPE", around, $"like {DefaultScope}"),
            _ => settings,
        };
    }

    /// <summary>Whether a token may be sent to the address: by https, or by http on this machine.</summary>
    public static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    /// <summary>Returns the settings in the file, without those of the environment.</summary>
    public static Settings Stored(Surroundings around)
    {
        try
        {
            return OwnerFile.Read(PathIn(around)) is { } bytes ? JsonSerializer.Deserialize<Settings>(bytes, json) ?? new() : new();
        }
        catch (JsonException malformed)
        {
            throw EngageException.Wrong($"{PathIn(around)} cannot be read. Delete it, and run 'engage login'.", malformed);
        }
    }

    public void Save(Surroundings around) => OwnerFile.Write(PathIn(around), JsonSerializer.SerializeToUtf8Bytes(this, json));

    private static EngageException Unusable(string what, string value, string variable, Surroundings around, string must) => EngageException.Wrong(
        $"{what} is '{Clean.Line(value)}', and must be {must}. Set {variable}, or run 'engage login' for a new {PathIn(around)}.");

    private static string PathIn(Surroundings around) => Path.Combine(around.Home, "config.json");
}
