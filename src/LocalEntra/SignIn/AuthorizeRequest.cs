using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;
using Microsoft.Extensions.Primitives;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>An application's request to the authorization endpoint.</summary>
internal sealed record AuthorizeRequest(Application Application, string RedirectUri)
{
    /// <summary>The maximum length of a nonce, in characters. It is kept until the code is redeemed.</summary>
    public const int MaxNonce = 1_000;

    /// <summary>The length of a SHA-256 hash in base64url.</summary>
    private const int ChallengeLength = 43;

    // The parameters that the forms of the sign-in page repeat.
    private static readonly string[] names =
    [
        "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
        "code_challenge", "code_challenge_method", "prompt", "login_hint", "client_info",
    ];

    /// <summary>The parameters as received, for the forms of the sign-in page.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; }

    public bool ByFormPost { get; init; }

    public string? State { get; init; }

    public string? Nonce { get; init; }

    public string Challenge { get; init; } = "";

    public IReadOnlyList<string> Scopes { get; init; } = [];

    public string? Prompt { get; init; }

    public string? LoginHint { get; init; }

    public bool WantsClientInfo { get; init; }

    /// <returns>
    /// A request, with a refusal that is returned to the application if something is wrong with it. Or only a refusal, if
    /// the application or its redirect URI is unknown; then the browser is not redirected.
    /// </returns>
    public static (AuthorizeRequest? Request, TokenRefusal? Refusal) Read(
        IEnumerable<KeyValuePair<string, StringValues>> given, EntraDirectory directory, ApiScopes scopes)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in given.Where(parameter => names.Contains(parameter.Key, StringComparer.Ordinal)))
        {
            if (value.Count > 1)
            {
                return (null, TokenRefusal.Duplicated(name));
            }

            if (value.ToString() is { Length: > 0 } text)
            {
                values[name] = text;
            }
        }

        if (!values.TryGetValue("client_id", out var clientId))
        {
            return (null, TokenRefusal.Missing("client_id"));
        }

        if (!directory.TryGetApplication(clientId, out var application))
        {
            return (null, TokenRefusal.UnknownApplication(clientId, tenant: null));
        }

        if (!values.TryGetValue("redirect_uri", out var redirectUri))
        {
            return (null, TokenRefusal.Missing("redirect_uri"));
        }

        if (!application.MayRedirectTo(redirectUri))
        {
            return (null, TokenRefusal.WrongRedirectUri(redirectUri, clientId));
        }

        var request = new AuthorizeRequest(application, redirectUri)
        {
            Parameters = [.. values],
            ByFormPost = values.GetValueOrDefault("response_mode") == "form_post",
            State = values.GetValueOrDefault("state"),
            Nonce = values.GetValueOrDefault("nonce"),
            Challenge = values.GetValueOrDefault("code_challenge", ""),
            Scopes = ApiScopes.Split(values.GetValueOrDefault("scope")),
            Prompt = values.GetValueOrDefault("prompt"),
            LoginHint = values.GetValueOrDefault("login_hint"),
            WantsClientInfo = values.GetValueOrDefault("client_info") == "1",
        };
        return (request, request.Check(values, scopes));
    }

    private TokenRefusal? Check(Dictionary<string, string> values, ApiScopes scopes)
    {
        if (values.GetValueOrDefault("response_mode", "query") is not ("query" or "form_post") and var mode)
        {
            return TokenRefusal.UnsupportedValue("response_mode", mode);
        }

        if (!values.TryGetValue("response_type", out var type))
        {
            return TokenRefusal.Missing("response_type");
        }

        if (type != "code")
        {
            return TokenRefusal.UnsupportedResponseType(type);
        }

        if (Scopes.Count == 0)
        {
            return TokenRefusal.Missing("scope");
        }

        if (scopes.Unknown(Scopes) is { } unknown)
        {
            return TokenRefusal.InvalidScope(unknown);
        }

        if (Challenge.Length == 0 || values.GetValueOrDefault("code_challenge_method") != "S256")
        {
            return TokenRefusal.ProofKeyRequired();
        }

        if (Challenge.Length != ChallengeLength || !Challenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            return TokenRefusal.WrongChallenge();
        }

        if (Nonce?.Length > MaxNonce)
        {
            return TokenRefusal.TooLong("nonce", MaxNonce);
        }

        // 'consent' is accepted and changes nothing, because no consent is needed here.
        return Prompt is null or "none" or "login" or "select_account" or "consent" ? null : TokenRefusal.UnsupportedValue("prompt", Prompt);
    }
}
