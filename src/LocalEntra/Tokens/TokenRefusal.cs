namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Why there is no token: OAuth's error, Entra's number and text, and the HTTP status that Entra gives it.</summary>
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

    public static TokenRefusal UnknownApplication(string clientId, Guid tenant) =>
        new(400, "unauthorized_client", 700016, $"Application with identifier '{Shortened(clientId)}' was not found in the directory '{tenant}'.");

    public static TokenRefusal NoSecret() =>
        new(401, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.");

    public static TokenRefusal WrongSecret(string clientId) =>
        new(401, "invalid_client", 7000215, $"Invalid client secret provided for app '{Shortened(clientId)}'.");

    private static string Shortened(string value) => value.Length <= 100 ? value : $"{value[..100]}…";
}
