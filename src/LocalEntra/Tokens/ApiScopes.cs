namespace EngageCenter.LocalEntra.Tokens;

/// <summary>What an access token is for.</summary>
/// <param name="Audience">Its <c>aud</c>.</param>
/// <param name="Scope">Its <c>scp</c>.</param>
/// <param name="Granted">What an answer calls the scope.</param>
internal sealed record Resource(string Audience, string Scope, string Granted);

/// <summary>The scopes of the one API that tokens are issued for. Entra names an API by its application id URI or by its client id.</summary>
internal sealed class ApiScopes(LocalEntraOptions options, BaseAddress address)
{
    public const string AccessAsUser = "access_as_user";
    public const string OpenId = "openid";
    public const string OfflineAccess = "offline_access";
    private const string Default = ".default";

    /// <summary>Scopes of OpenID Connect: accepted beside the API's own.</summary>
    private static readonly string[] openId = [OpenId, "profile", "email", OfflineAccess];

    private static readonly string[] graphs =
    [
        "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn",
        "00000003-0000-0000-c000-000000000000",
    ];

    private readonly string[] resources = [options.ApiIdUri, options.ApiClientId, $"api://{options.ApiClientId}"];

    public Resource Api { get; } = new(options.ApiClientId, AccessAsUser, $"{options.ApiIdUri}/{AccessAsUser}");

    /// <summary>Who signs in without asking for the API gets a token for Microsoft Graph, as from Entra. No API here accepts it.</summary>
    public static Resource Graph { get; } = new("00000003-0000-0000-c000-000000000000", "openid profile email", "openid profile email");

    public bool IsDefault(string scope) => IsOfApi(scope, Default);

    /// <summary>Whether an application asks for Microsoft Graph: of any cloud, by its id, or by the address that it has here.</summary>
    public bool IsGraphDefault(string scope) =>
        graphs.Append($"{address.Value}/graph").Append($"{address.Https}/graph").Any(graph => string.Equals(scope, $"{graph}/{Default}", StringComparison.OrdinalIgnoreCase));

    /// <summary>The scope that a delegated request must have. Of a person, <c>.default</c> asks for all that was consented to, which is the same.</summary>
    public bool IsDelegated(string scope) => IsOfApi(scope, AccessAsUser) || IsDefault(scope);

    public static bool IsOpenId(string scope) => openId.Contains(scope, StringComparer.OrdinalIgnoreCase);

    /// <returns>The first scope that is neither the API's nor OpenID Connect's, or null.</returns>
    public string? Unknown(IEnumerable<string> scopes) => scopes.FirstOrDefault(scope => !IsDelegated(scope) && !IsOpenId(scope));

    /// <param name="text">Scopes as a request has them, with spaces between.</param>
    public static IReadOnlyList<string> Split(string? text) =>
        (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private bool IsOfApi(string scope, string name) =>
        resources.Any(resource => string.Equals(scope, $"{resource}/{name}", StringComparison.OrdinalIgnoreCase));
}
