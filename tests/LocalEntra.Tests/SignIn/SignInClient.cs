using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.SignIn;

/// <summary>An application that speaks the protocol by hand, so that a test can make any part of it wrong.</summary>
internal sealed class SignInClient(RunningEntra entra)
{
    public const string Scope = "openid profile offline_access api://engage-center/access_as_user";
    public const string Redirect = "http://127.0.0.1:5000/signin-oidc";
    public const string Verifier = "a-verifier-of-at-least-forty-three-characters";

    public static string Challenge { get; } = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <param name="changes">Parameters to change; null leaves a parameter out.</param>
    public string AuthorizeUrl(string tenant = Contoso, params (string Name, string? Value)[] changes)
    {
        var query = new Dictionary<string, string?>
        {
            ["client_id"] = Web,
            ["response_type"] = "code",
            ["redirect_uri"] = Redirect,
            ["scope"] = Scope,
            ["state"] = "the state",
            ["nonce"] = "the nonce",
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in changes)
        {
            query[name] = value;
        }

        return QueryHelpers.AddQueryString($"{entra.Url}/{tenant}/oauth2/v2.0/authorize", query);
    }

    /// <summary>Signs a person in, and returns what the application receives.</summary>
    public async Task<IReadOnlyDictionary<string, string>> SignInAsync(string principalName = "ann@contoso.example", string tenant = Contoso, params (string Name, string? Value)[] changes)
    {
        using var browser = new Browser { StopAt = new Uri(Redirect).AbsolutePath };
        var page = await browser.ChooseAsync(await browser.OpenAsync(AuthorizeUrl(tenant, changes)), principalName);
        return page.Query;
    }

    public async Task<string> CodeAsync(params (string Name, string? Value)[] changes) => (await SignInAsync(changes: changes))["code"];

    public Task<(int Status, JsonElement Answer)> RedeemAsync(string code, string tenant = Contoso, params (string Name, string? Value)[] changes) =>
        AskAsync(tenant, changes, ("grant_type", "authorization_code"), ("client_id", Web), ("client_secret", WebSecret), ("code", code), ("redirect_uri", Redirect), ("code_verifier", Verifier));

    public Task<(int Status, JsonElement Answer)> RefreshAsync(string token, string tenant = Contoso, params (string Name, string? Value)[] changes) =>
        AskAsync(tenant, changes, ("grant_type", "refresh_token"), ("client_id", Web), ("client_secret", WebSecret), ("refresh_token", token));

    /// <summary>Signs Ann in and returns her first refresh token.</summary>
    public async Task<string> RefreshTokenAsync()
    {
        var (_, answer) = await RedeemAsync(await CodeAsync());
        return Text(answer, "refresh_token");
    }

    public static string Text(JsonElement answer, string name) => answer.GetProperty(name).GetString()!;

    public static int ErrorCode(JsonElement answer) => answer.GetProperty("error_codes")[0].GetInt32();

    private async Task<(int Status, JsonElement Answer)> AskAsync(string tenant, (string Name, string? Value)[] changes, params (string Name, string? Value)[] right)
    {
        var form = right.Where(field => changes.All(change => change.Name != field.Name)).Concat(changes).Where(field => field.Value is not null);
        using var response = await entra.AskTokenAsync(tenant, [.. form.Select(field => (field.Name, field.Value!))]);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }
}
