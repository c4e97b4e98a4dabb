using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Identity.Web;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.IdentityWeb;

/// <summary>
/// Tests LocalEntra's main promise: an API that uses Microsoft.Identity.Web needs other settings, but no other code.
/// </summary>
public sealed class MicrosoftIdentityWebTests : IAsyncLifetime
{
    private RunningEntra entra = null!;
    private WebApplication api = null!;

    public async Task InitializeAsync()
    {
        entra = await RunningEntra.StartAsync(Value);
        api = BuildApi(entra.Url);
        await api.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await api.DisposeAsync();
        await entra.DisposeAsync();
    }

    [Theory]
    [InlineData(Contoso, "ann@contoso.example")]
    [InlineData(Fabrikam, "eve@fabrikam.example")]
    public async Task Person_of_any_tenant_is_accepted(string tenant, string username)
    {
        using var response = await CallAsync(await entra.TokenOfAsync(tenant, username));
        var claims = JsonSerializer.Deserialize<Dictionary<string, string>>(await response.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(tenant, claims!["tid"]);
        Assert.Equal("access_as_user", claims["scp"]);
    }

    [Fact]
    public async Task Application_is_accepted()
    {
        using var response = await CallAsync(await entra.TokenOfApplicationAsync(Contoso, "automation", "s3cret:/+ %"));
        var claims = JsonSerializer.Deserialize<Dictionary<string, string>>(await response.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("app", claims!["idtyp"]);
        Assert.Equal("Agreements.ReadWrite.All Learning.ReadWrite.All", claims["roles"]);
    }

    [Fact]
    public async Task Token_signed_by_another_key_is_refused_even_with_the_right_key_id()
    {
        var genuine = new JsonWebToken(await entra.TokenOfAsync(Contoso, "ann@contoso.example"));
        using var rsa = RSA.Create(2048);

        using var response = await CallAsync(Forged(genuine, new RsaSecurityKey(rsa) { KeyId = genuine.Kid }));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Token_of_another_stand_in_is_refused()
    {
        await using var other = await RunningEntra.StartAsync(Value);

        using var response = await CallAsync(await other.TokenOfAsync(Contoso, "ann@contoso.example"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Request_without_a_token_is_refused()
    {
        using var response = await CallAsync(token: null);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static WebApplication BuildApi(string entraUrl)
    {
        var builder = WebApplication.CreateBuilder([RunningEntra.Development, "--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
        [
            new("AzureAd:Instance", $"{entraUrl}/"),
            new("AzureAd:TenantId", "common"),
            new("AzureAd:ClientId", LocalEntraOptions.DefaultApiClientId),
        ]);

        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddMicrosoftIdentityWebApi(builder.Configuration.GetSection("AzureAd"));
        builder.Services.AddAuthorization();

        // A loopback issuer differs in two ways: it has no https, and therefore the library's own issuer validator does not
        // accept it.
        builder.Services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt => jwt.RequireHttpsMetadata = false);
        builder.Services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt =>
            jwt.TokenValidationParameters.IssuerValidator = (issuer, token, _) =>
                token is JsonWebToken jsonWebToken && jsonWebToken.TryGetPayloadValue<string>("tid", out var tenant) && issuer == $"{entraUrl}/{tenant}/v2.0"
                    ? issuer
                    : throw new SecurityTokenInvalidIssuerException($"The issuer '{issuer}' is not the one of this machine."));

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/", (ClaimsPrincipal caller) => caller.Claims
            .GroupBy(claim => claim.Type switch
            {
                ClaimConstants.TenantId => "tid",
                ClaimConstants.Scope => "scp",
                ClaimTypes.Role => "roles",
                var type => type,
            })
            .ToDictionary(claims => claims.Key, claims => string.Join(' ', claims.Select(claim => claim.Value)))).RequireAuthorization();
        return app;
    }

    private static string Forged(JsonWebToken genuine, RsaSecurityKey key) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Claims = RunningEntra.Payload(genuine.EncodedToken).EnumerateObject().ToDictionary(claim => claim.Name, claim => (object)claim.Value),
        SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.RsaSha256),
    });

    private async Task<HttpResponseMessage> CallAsync(string? token)
    {
        using var client = new HttpClient { BaseAddress = new Uri(api.Urls.Single()) };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await client.GetAsync("/");
    }
}
