using EngageCenter.LocalEntra.Tests.SignIn;
using Microsoft.Identity.Client;
using Microsoft.Identity.Client.Extensibility;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.IdentityWeb;

/// <summary>
/// Tests with the Microsoft Authentication Library itself, which accepts only https authorities, and by default asks Entra
/// which hosts belong to it.
/// </summary>
public sealed class MsalTests : IAsyncLifetime
{
    private static readonly string[] scopes = ["api://engage-center/access_as_user"];
    private RunningEntra entra = null!;

    public async Task InitializeAsync() => entra = await RunningEntra.StartAsync(Value, time: null, RunningEntra.AnyHttpsPort);

    public async Task DisposeAsync() => await entra.DisposeAsync();

    [Theory]
    [InlineData(Contoso)]
    [InlineData("organizations")]
    public async Task Public_client_signs_a_person_in_and_stays_signed_in(string tenant)
    {
        using var http = new HttpClient(entra.TrustingHandler());
        var app = PublicClientApplicationBuilder.Create(Native)
            .WithAuthority($"{entra.Https}{tenant}")
            .WithInstanceDiscovery(false)
            .WithHttpClientFactory(new Factory(http))
            .WithRedirectUri("http://localhost:54321")
            .Build();

        var first = await app.AcquireTokenInteractive(scopes).WithCustomWebUi(new Person(entra)).ExecuteAsync();

        Assert.Equal((Ann, Contoso, "ann@contoso.example"), (first.UniqueId, first.TenantId, first.Account.Username));
        Assert.Equal($"{Ann}.{Contoso}", first.Account.HomeAccountId.Identifier);
        Assert.Equal(scopes, first.Scopes);

        // Twice, because each refresh token can be used only once.
        var second = await app.AcquireTokenSilent(scopes, first.Account).WithForceRefresh(true).ExecuteAsync();
        var third = await app.AcquireTokenSilent(scopes, second.Account).WithForceRefresh(true).ExecuteAsync();
        Assert.Equal(3, new[] { first.AccessToken, second.AccessToken, third.AccessToken }.Distinct().Count());
        Assert.Equal(TokenSource.Cache, (await app.AcquireTokenSilent(scopes, third.Account).ExecuteAsync()).AuthenticationResultMetadata.TokenSource);
    }

    [Fact]
    public async Task Application_gets_its_own_token()
    {
        using var http = new HttpClient(entra.TrustingHandler());
        var app = ConfidentialClientApplicationBuilder.Create("automation")
            .WithClientSecret("s3cret:/+ %")
            .WithAuthority($"{entra.Https}{Contoso}")
            .WithInstanceDiscovery(false)
            .WithHttpClientFactory(new Factory(http))
            .Build();

        var result = await app.AcquireTokenForClient(["api://engage-center/.default"]).ExecuteAsync();

        Assert.Equal("app", RunningEntra.Payload(result.AccessToken).GetProperty("idtyp").GetString());
    }

    private sealed class Factory(HttpClient client) : IMsalHttpClientFactory
    {
        public HttpClient GetHttpClient() => client;
    }

    /// <summary>Ann with her browser.</summary>
    private sealed class Person(RunningEntra entra) : ICustomWebUi
    {
        public async Task<Uri> AcquireAuthorizationCodeAsync(Uri authorizationUri, Uri redirectUri, CancellationToken cancellationToken)
        {
            using var browser = new Browser(entra.TrustingHandler()) { StopAt = redirectUri.AbsolutePath };
            var page = await browser.ChooseAsync(await browser.OpenAsync(authorizationUri.AbsoluteUri), "ann@contoso.example");
            return page.Address;
        }
    }
}
