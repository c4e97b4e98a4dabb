using System.Net.Http.Headers;
using System.Text;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>A request to the token endpoint. The client may authenticate in the body or with HTTP Basic.</summary>
internal sealed record TokenRequest(
    string? GrantType,
    string? ClientId,
    string? ClientSecret,
    string? Username,
    string? Password,
    IReadOnlyList<string> Scopes)
{
    public string? Code { get; init; }

    public string? RedirectUri { get; init; }

    public string? CodeVerifier { get; init; }

    public string? RefreshToken { get; init; }

    public string? DeviceCode { get; init; }

    public bool WantsClientInfo { get; init; }

    /// <returns>The request, or the reason why it cannot be read.</returns>
    public static async Task<(TokenRequest? Request, TokenRefusal? Refusal)> ReadAsync(HttpRequest request)
    {
        var (form, malformed) = await ReadFormAsync(request);
        if (form is null)
        {
            return (null, malformed);
        }

        if (form.FirstOrDefault(field => field.Value.Count > 1).Key is { } duplicated)
        {
            return (null, TokenRefusal.Duplicated(duplicated));
        }

        var read = new TokenRequest(
            Value(form, "grant_type"),
            Value(form, "client_id"),
            Value(form, "client_secret"),
            Value(form, "username"),
            form.TryGetValue("password", out var password) ? password.ToString() : null,
            ApiScopes.Split(Value(form, "scope")))
        {
            Code = Value(form, "code"),
            RedirectUri = Value(form, "redirect_uri"),
            CodeVerifier = Value(form, "code_verifier"),
            RefreshToken = Value(form, "refresh_token"),
            DeviceCode = Value(form, "device_code"),
            WantsClientInfo = Value(form, "client_info") == "1",
        };

        return request.Headers.Authorization is [{ } authorization] ? read.WithBasic(authorization) : (read, null);
    }

    /// <returns>
    /// The form in a body of at most <see cref="Listening.MaxRequestBody"/> bytes, or the reason why it cannot be read.
    /// </returns>
    public static async Task<(IFormCollection? Form, TokenRefusal? Refusal)> ReadFormAsync(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !string.Equals(type.MediaType, "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            return (null, TokenRefusal.Malformed("The body must be of type application/x-www-form-urlencoded."));
        }

        try
        {
            return (await request.ReadFormAsync(request.HttpContext.RequestAborted), null);
        }
        catch (BadHttpRequestException refused)
        {
            return (null, TokenRefusal.Malformed(refused.Message, refused.StatusCode));
        }
        catch (InvalidDataException malformed)
        {
            return (null, TokenRefusal.Malformed(malformed.Message));
        }
    }

    // RFC 6749, 2.3.1: both parts are form-encoded, and a client authenticates in only one way.
    private (TokenRequest? Request, TokenRefusal? Refusal) WithBasic(string authorization)
    {
        if (!AuthenticationHeaderValue.TryParse(authorization, out var header)
            || !string.Equals(header.Scheme, "Basic", StringComparison.OrdinalIgnoreCase))
        {
            return (this, null);
        }

        var bytes = new byte[header.Parameter?.Length ?? 0];
        if (!Convert.TryFromBase64String(header.Parameter ?? "", bytes, out var length)
            || Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is not [var id, var secret])
        {
            return (null, TokenRefusal.Malformed("The Authorization header is not valid HTTP Basic."));
        }

        id = Uri.UnescapeDataString(id.Replace('+', ' '));
        secret = Uri.UnescapeDataString(secret.Replace('+', ' '));
        return ClientSecret is null && (ClientId is null || string.Equals(ClientId, id, StringComparison.OrdinalIgnoreCase))
            ? (this with { ClientId = id, ClientSecret = secret }, null)
            : (null, TokenRefusal.Malformed("The client authenticates both in the body and in the Authorization header."));
    }

    private static string? Value(IFormCollection form, string name) =>
        form.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text ? text : null;
}
