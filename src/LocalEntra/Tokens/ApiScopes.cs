namespace EngageCenter.LocalEntra.Tokens;

/// <summary>The scopes of the one API that tokens are issued for. Entra names an API by its application id URI or by its client id.</summary>
internal sealed class ApiScopes(LocalEntraOptions options)
{
    public const string AccessAsUser = "access_as_user";
    private const string Default = ".default";

    /// <summary>Scopes of OpenID Connect: accepted beside the API's own, and without effect. No id token and no refresh token is issued.</summary>
    private static readonly string[] openId = ["openid", "profile", "email", "offline_access"];

    private readonly string[] resources = [options.ApiIdUri, options.ApiClientId, $"api://{options.ApiClientId}"];

    /// <summary>What an answer calls the scope that it grants.</summary>
    public string Granted => $"{options.ApiIdUri}/{AccessAsUser}";

    public bool IsDefault(string scope) => IsOfApi(scope, Default);

    /// <summary>The scope that a delegated request must have. Of a person, <c>.default</c> asks for all that was consented to, which is the same.</summary>
    public bool IsDelegated(string scope) => IsOfApi(scope, AccessAsUser) || IsDefault(scope);

    public static bool IsOpenId(string scope) => openId.Contains(scope, StringComparer.OrdinalIgnoreCase);

    private bool IsOfApi(string scope, string name) =>
        resources.Any(resource => string.Equals(scope, $"{resource}/{name}", StringComparison.OrdinalIgnoreCase));
}
