using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Discovery;

public sealed class DiscoveryEndpointsTests : IAsyncLifetime
{
    private RunningEntra entra = null!;

    public async Task InitializeAsync() => entra = await RunningEntra.StartAsync(Value);

    public async Task DisposeAsync() => await entra.DisposeAsync();

    [Theory]
    [InlineData(Contoso, Contoso)]
    [InlineData(Fabrikam, Fabrikam)]
    [InlineData("common", "{tenantid}")]
    [InlineData("organizations", "{tenantid}")]
    public async Task Issuer_is_that_of_the_tenant_or_Entras_placeholder(string tenant, string expected)
    {
        var configuration = await ConfigurationAsync(tenant);

        Assert.Equal($"{entra.Url}/{expected}/v2.0", configuration.Issuer);
        Assert.Equal($"{entra.Url}/{tenant}/oauth2/v2.0/token", configuration.TokenEndpoint);
        Assert.Equal($"{entra.Url}/{tenant}/oauth2/v2.0/authorize", configuration.AuthorizationEndpoint);
        Assert.Equal($"{entra.Url}/{tenant}/oauth2/v2.0/logout", configuration.EndSessionEndpoint);
        Assert.Equal(["S256"], configuration.CodeChallengeMethodsSupported);
        Assert.Equal(["authorization_code", "refresh_token", "password", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"], configuration.GrantTypesSupported);
        Assert.EndsWith("/oauth2/v2.0/devicecode", configuration.DeviceAuthorizationEndpoint);
        Assert.Equal($"{entra.Url}/{tenant}/discovery/v2.0/keys", configuration.JwksUri);

        var keys = await entra.Client.GetFromJsonAsync<JsonElement>($"/{tenant}/discovery/v2.0/keys");
        var key = Assert.Single(keys.GetProperty("keys").EnumerateArray());
        Assert.Equal(configuration.Issuer, key.GetProperty("issuer").GetString());
        Assert.Equal(["kty", "use", "kid", "n", "e", "alg", "issuer"], key.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Token_validates_with_the_published_keys()
    {
        var configuration = await ConfigurationAsync(Contoso);

        var result = await new JsonWebTokenHandler().ValidateTokenAsync(await entra.TokenOfAsync(Contoso, "ann@contoso.example"), new TokenValidationParameters
        {
            ValidIssuer = configuration.Issuer,
            ValidAudience = LocalEntraOptions.DefaultApiClientId,
            IssuerSigningKeys = configuration.SigningKeys,
        });

        Assert.True(result.IsValid, result.Exception?.Message);
    }

    [Theory]
    [InlineData("/99999999-0000-4000-8000-000000000000/v2.0/.well-known/openid-configuration")]
    [InlineData("/contoso/v2.0/.well-known/openid-configuration")]
    [InlineData("/99999999-0000-4000-8000-000000000000/discovery/v2.0/keys")]
    public async Task Unknown_tenant_is_refused(string path)
    {
        using var response = await entra.Client.GetAsync(path);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_tenant", answer.GetProperty("error").GetString());
        Assert.StartsWith("AADSTS90002: ", answer.GetProperty("error_description").GetString());
    }

    [Fact]
    public async Task Issuer_does_not_depend_on_the_host_name_that_a_caller_uses()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{Contoso}/v2.0/.well-known/openid-configuration");
        request.Headers.Host = "localhost:1";

        using var response = await entra.Client.SendAsync(request);
        var configuration = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal($"{entra.Url}/{Contoso}/v2.0", configuration.GetProperty("issuer").GetString());
    }

    private Task<OpenIdConnectConfiguration> ConfigurationAsync(string tenant) =>
        OpenIdConnectConfigurationRetriever.GetAsync(
            $"{entra.Url}/{tenant}/v2.0/.well-known/openid-configuration",
            new HttpDocumentRetriever(entra.Client) { RequireHttps = false },
            CancellationToken.None);
}
