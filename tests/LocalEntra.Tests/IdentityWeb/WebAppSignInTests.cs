using System.Net;
using System.Security.Claims;
using System.Text.Json;
using EngageCenter.LocalEntra.Tests.SignIn;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Identity.Web;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.IdentityWeb;

/// <summary>
/// Tests a web app that signs people in with Microsoft.Identity.Web and gets tokens for the API with MSAL.
/// </summary>
public sealed class WebAppSignInTests : IAsyncLifetime
{
    private const string Scope = "api://engage-center/access_as_user";
    private RunningEntra entra = null!;

    public async Task InitializeAsync() => entra = await RunningEntra.StartAsync(Value, time: null, RunningEntra.AnyHttpsPort);

    public async Task DisposeAsync() => await entra.DisposeAsync();

    [Theory]
    [InlineData("organizations", "query")]
    [InlineData("organizations", "form_post")]
    [InlineData(Contoso, "query")]
    public async Task Person_signs_in_gets_a_token_for_the_API_and_signs_out(string tenant, string responseMode)
    {
        await using var app = await StartAppAsync(tenant, responseMode);
        using var browser = new Browser();
        var home = app.Urls.Single();

        var page = await browser.OpenAsync($"{home}/me");
        Assert.Equal("Who are you?", page.Title);
        page = await browser.ChooseAsync(page, "ann@contoso.example");
        if (responseMode == "form_post")
        {
            page = await browser.SubmitAsync(page, page.Document.Forms.Single());
        }

        Assert.True(page.Status == HttpStatusCode.OK, page.Text);
        var claims = JsonSerializer.Deserialize<Dictionary<string, string>>(page.Text)!;
        Assert.Equal((Ann, Contoso, "Ann Archer", $"{Ann}.{Contoso}"), (claims["oid"], claims["tid"], claims["name"], claims["account"]));

        page = await browser.OpenAsync($"{home}/token");
        Assert.Equal(Ann, RunningEntra.Payload(page.Text).GetProperty("oid").GetString());
        Assert.Equal("access_as_user", RunningEntra.Payload(page.Text).GetProperty("scp").GetString());

        page = await browser.OpenAsync($"{home}/signout");
        Assert.Equal($"{home}/", page.Address.OriginalString);
        Assert.Equal("Who are you?", (await browser.OpenAsync($"{home}/me")).Title);
    }

    private async Task<WebApplication> StartAppAsync(string tenant, string responseMode)
    {
        var builder = WebApplication.CreateBuilder([RunningEntra.Development, "--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
        [
            new("AzureAd:Instance", entra.Https!.OriginalString),
            new("AzureAd:TenantId", tenant),
            new("AzureAd:ClientId", Web),
            new("AzureAd:ClientSecret", WebSecret),
        ]);

        builder.Services.AddAuthentication(OpenIdConnectDefaults.AuthenticationScheme)
            .AddMicrosoftIdentityWebApp(builder.Configuration.GetSection("AzureAd"))
            .EnableTokenAcquisitionToCallDownstreamApi([Scope])
            .AddInMemoryTokenCaches();
        builder.Services.AddAuthorization();
        builder.Services.ConfigureHttpClientDefaults(http => http
            .ConfigurePrimaryHttpMessageHandler(entra.TrustingHandler)
            .AddHttpMessageHandler(() => new InstanceDiscovery(entra.Https!)));
        builder.Services.Configure<AadIssuerValidatorOptions>(validator => validator.HttpClientName = nameof(AadIssuerValidatorOptions));
        builder.Services.Configure<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme, oidc =>
        {
            oidc.ResponseMode = responseMode;
            oidc.BackchannelHttpHandler = entra.TrustingHandler();
            oidc.CorrelationCookie.SameSite = oidc.NonceCookie.SameSite = SameSiteMode.Lax;
            oidc.CorrelationCookie.SecurePolicy = oidc.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/", () => "home");
        app.MapGet("/me", (ClaimsPrincipal person) => new
        {
            oid = person.GetObjectId(),
            tid = person.GetTenantId(),
            name = person.FindFirstValue("name"),
            account = person.GetMsalAccountId(),
        }).RequireAuthorization();
        app.MapGet("/token", (ITokenAcquisition tokens) => tokens.GetAccessTokenForUserAsync([Scope])).RequireAuthorization();
        app.MapGet("/signout", () => Results.SignOut(
            new AuthenticationProperties { RedirectUri = "/" }, ["Cookies", OpenIdConnectDefaults.AuthenticationScheme])).RequireAuthorization();
        await app.StartAsync();
        return app;
    }

    /// <summary>
    /// Redirects MSAL's question about the hosts of the cloud to LocalEntra, so that no other host is asked.
    /// </summary>
    private sealed class InstanceDiscovery(Uri entra) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri is { Host: "login.microsoftonline.com", AbsolutePath: "/common/discovery/instance" } asked)
            {
                request.RequestUri = new Uri(entra, asked.PathAndQuery);
            }

            Assert.Equal(entra.Authority, request.RequestUri!.Authority);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
