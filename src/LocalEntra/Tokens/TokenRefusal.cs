namespace EngageCenter.LocalEntra.Tokens;

/// <summary>
/// The reason for not issuing a token: OAuth's error, Entra's number and text, and the HTTP status that Entra uses.
/// </summary>
internal sealed record TokenRefusal(int Status, string Error, int Code, string Message)
{
    public static TokenRefusal UnknownTenant(string tenant, string error = "invalid_request") =>
        new(400, error, 90002, $"Tenant '{Shortened(tenant)}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.");

    public static TokenRefusal NoTenant() =>
        new(400, "invalid_request", 50059, "No tenant-identifying information found in either the request or implied by any provided credentials. Use the token endpoint of a tenant.");

    public static TokenRefusal Missing(string parameter) =>
        new(400, "invalid_request", 900144, $"The request body must contain the following parameter: '{parameter}'.");

    public static TokenRefusal Duplicated(string parameter) =>
        new(400, "invalid_request", 9000411, $"The request is not properly formatted. The parameter '{Shortened(parameter)}' is duplicated.");

    public static TokenRefusal Malformed(string why, int status = 400) =>
        new(status, "invalid_request", 90013, $"Invalid input received from the user. {why}");

    public static TokenRefusal UnsupportedGrantType(string grantType) =>
        new(400, "unsupported_grant_type", 70003, $"The app requested an unsupported grant type '{Shortened(grantType)}'.");

    public static TokenRefusal InvalidScope(string scope) =>
        new(400, "invalid_scope", 70011, $"The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope '{Shortened(scope)}' is not valid.");

    public static TokenRefusal NotDefaultScope(string scope) =>
        new(400, "invalid_scope", 1002012, $"The provided value for scope '{Shortened(scope)}' is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).");

    public static TokenRefusal UnknownUser(string username, Guid tenant) =>
        new(400, "invalid_grant", 50034, $"The user account '{Shortened(username)}' does not exist in the '{tenant}' directory.");

    public static TokenRefusal WrongPassword() =>
        new(400, "invalid_grant", 50126, "Error validating credentials due to invalid username or password.");

    public static TokenRefusal UnknownApplication(string clientId, Guid? tenant) =>
        new(400, "unauthorized_client", 700016, $"Application with identifier '{Shortened(clientId)}' was not found in the directory{(tenant is null ? "" : $" '{tenant}'")}.");

    public static TokenRefusal NoSecret() =>
        new(401, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.");

    public static TokenRefusal WrongSecret(string clientId) =>
        new(401, "invalid_client", 7000215, $"Invalid client secret provided for app '{Shortened(clientId)}'.");

    public static TokenRefusal PublicClient(string clientId) =>
        new(401, "invalid_client", 700025, $"Client '{Shortened(clientId)}' is public so neither 'client_assertion' nor 'client_secret' should be presented.");

    public static TokenRefusal SecretRequired() =>
        new(401, "invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");

    public static TokenRefusal Disabled() =>
        new(400, "invalid_grant", 50057, "The user account is disabled.");

    public static TokenRefusal WrongRedirectUri(string redirectUri, string clientId) =>
        new(400, "invalid_request", 50011, $"The redirect URI '{Shortened(redirectUri)}' specified in the request does not match the redirect URIs configured for the application '{Shortened(clientId)}'.");

    public static TokenRefusal UnsupportedResponseType(string responseType) =>
        new(400, "unsupported_response_type", 700054, $"response_type '{Shortened(responseType)}' is not enabled for the application. Use 'code'.");

    public static TokenRefusal UnsupportedValue(string parameter, string value) =>
        new(400, "invalid_request", 90023, $"The value '{Shortened(value)}' of the parameter '{parameter}' is not supported.");

    public static TokenRefusal TooLong(string parameter, int limit) =>
        new(400, "invalid_request", 90023, $"The parameter '{parameter}' is longer than {limit} characters.");

    public static TokenRefusal ProofKeyRequired() =>
        new(400, "invalid_request", 9002325, "Proof Key for Code Exchange is required: send 'code_challenge' with 'code_challenge_method=S256'.");

    public static TokenRefusal WrongChallenge() =>
        new(400, "invalid_request", 50147, "The code_challenge is not valid: for S256 it must have 43 characters of base64url.");

    public static TokenRefusal LoginRequired() =>
        new(400, "login_required", 50058, "A silent sign-in request was sent but no user is signed in.");

    public static TokenRefusal ForeignForm() =>
        new(400, "invalid_request", 90013, "Invalid input received from the user. The sign-in form was sent from another site.");

    public static TokenRefusal UnknownCode() =>
        new(400, "invalid_grant", 70008, "The provided authorization code is not known or has expired. Send a new interactive authorization request.");

    public static TokenRefusal UsedCode() =>
        new(400, "invalid_grant", 54005, "The authorization code was already redeemed, so its tokens are revoked. Send a new interactive authorization request.");

    public static TokenRefusal OfOther(string parameter) =>
        new(400, "invalid_grant", 70000, $"The provided value for the input parameter '{parameter}' was issued to another application, tenant or redirect URI.");

    public static TokenRefusal WrongVerifier() =>
        new(400, "invalid_grant", 501481, "The code_verifier does not match the code_challenge supplied in the authorization request.");

    public static TokenRefusal UnknownRefreshToken() =>
        new(400, "invalid_grant", 700082, "The refresh token is not known, has expired or was revoked. Sign in again.");

    public static TokenRefusal UsedRefreshToken() =>
        new(400, "invalid_grant", 70000, "The refresh token was already used. Each refresh token can be used once; use the newest one.");

    public static TokenRefusal AuthorizationPending() =>
        new(400, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.");

    public static TokenRefusal ExpiredDeviceCode() =>
        new(400, "expired_token", 70020, "The device code is not known, has expired or was used. Start the sign-in again.");

    private static string Shortened(string value) => value.Length <= 100 ? value : $"{value[..100]}…";
}
