namespace EngageCenter.LocalEntra.Tokens;

/// <summary>The API for which an access token is issued.</summary>
/// <param name="Audience">The claim <c>aud</c> of the token.</param>
/// <param name="Scope">The claim <c>scp</c> of the token.</param>
/// <param name="Granted">The scope as named in a token response.</param>
internal sealed record Resource(string Audience, string Scope, string Granted);

/// <summary>
/// Knows the scopes of the only API for which tokens are issued. Like Entra, it accepts the API's application id URI and its
/// client id.
/// </summary>
internal sealed class ApiScopes(LocalEntraOptions options, BaseAddress address)
{
    public const string AccessAsUser = "access_as_user";
    public const string OpenId = "openid";
    public const string OfflineAccess = "offline_access";
    private const string Default = ".default";

    /// <summary>Scopes of OpenID Connect, which are accepted besides the API's own.</summary>
    private static readonly string[] openId = [OpenId, "profile", "email", OfflineAccess];

    private static readonly string[] graphs =
    [
        "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn",
        "00000003-0000-0000-c000-000000000000",
    ];

    private readonly string[] resources = [options.ApiIdUri, options.ApiClientId, $"api://{options.ApiClientId}"];

    public Resource Api { get; } = new(options.ApiClientId, AccessAsUser, $"{options.ApiIdUri}/{AccessAsUser}");

    /// <summary>
    /// The resource for a sign-in that does not ask for the API: as in Entra, the token is for Microsoft Graph. No API here
    /// accepts it.
    /// </summary>
    public static Resource Graph { get; } = new("00000003-0000-0000-c000-000000000000", "openid profile email", "openid profile email");

    public bool IsDefault(string scope) => IsOfApi(scope, Default);

    /// <summary>
    /// Returns whether an application asks for Microsoft Graph: by the address of any cloud, by its id, or by its address
    /// here.
    /// </summary>
    public bool IsGraphDefault(string scope) =>
        graphs.Append($"{address.Value}/graph").Append($"{address.Https}/graph").Any(graph => string.Equals(scope, $"{graph}/{Default}", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Returns whether it is a scope that a delegated request must contain. For a person, <c>.default</c> means all
    /// consented scopes, which is the same.
    /// </summary>
    public bool IsDelegated(string scope) => IsOfApi(scope, AccessAsUser) || IsDefault(scope);

    public static bool IsOpenId(string scope) => openId.Contains(scope, StringComparer.OrdinalIgnoreCase);

    /// <returns>The first scope that belongs neither to the API nor to OpenID Connect, or null.</returns>
    public string? Unknown(IEnumerable<string> scopes) => scopes.FirstOrDefault(scope => !IsDelegated(scope) && !IsOpenId(scope));

    /// <param name="text">The scopes of a request, separated by spaces.</param>
    public static IReadOnlyList<string> Split(string? text) =>
        (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private bool IsOfApi(string scope, string name) =>
        resources.Any(resource => string.Equals(scope, $"{resource}/{name}", StringComparison.OrdinalIgnoreCase));
}
