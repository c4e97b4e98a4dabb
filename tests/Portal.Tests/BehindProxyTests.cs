using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpsPolicy;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>The portal as in production: a proxy ends TLS before it, and only this proxy's headers are believed.</summary>
[Collection(nameof(PortalService))]
public sealed class BehindProxyTests(PortalService portal)
{
    private const string Session = "__Host-engage-center-portal";

    [Fact]
    public async Task Sign_in_and_sign_out_stay_at_the_public_address_behind_a_TLS_proxy()
    {
        await using var node = await NodeAsync("127.0.0.1");
        await using var proxy = await TlsProxy.StartAsync(node.Url);
        await using var context = await portal.NewContextAsync(new() { BaseURL = proxy.Url.ToString(), IgnoreHTTPSErrors = true });
        var page = await context.NewPageAsync();
        List<string> asked = [];
        page.Request += (_, request) => asked.Add(request.Url);
        await PortalService.SignInAsync(page, "adele");

        Assert.StartsWith(new Uri(proxy.Url, "/w/").ToString(), page.Url, StringComparison.Ordinal);
        Assert.Equal(new Uri(proxy.Url, "/signin-oidc").ToString(), RedirectUri(asked.First(a => a.Contains("/authorize?", StringComparison.Ordinal))));
        var answer = (await page.GotoAsync($"{portal.Home}/users"))!;
        Assert.Equal(200, answer.Status);
        Assert.Matches(@"^max-age=\d{7,}", answer.Headers["strict-transport-security"]);
        await page.Locator(".person summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Deutsch" }).ClickAsync();
        Assert.Equal(new Uri(proxy.Url, $"{portal.Home}/users").ToString(), page.Url);

        var cookies = (await context.CookiesAsync([proxy.Url.ToString()])).Where(c => !c.Name.StartsWith("LocalEntra", StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.All(cookies.Where(c => c.Domain == "localhost"), cookie => Assert.True(cookie is { Secure: true, HttpOnly: true }, cookie.Name));
        Assert.Contains(cookies, c => c.Name == Session && c.Path == "/");
        Assert.Contains(cookies, c => c.Name == "__Host-engage-center-antiforgery" && c.Path == "/");

        await page.Locator(".person summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Abmelden" }).ClickAsync();
        await page.WaitForURLAsync(url => !url.StartsWith(proxy.Url.ToString(), StringComparison.Ordinal));
        Assert.Contains(asked, a => QueryOf(a, "post_logout_redirect_uri") == new Uri(proxy.Url, "/signout-callback-oidc").ToString());
        Assert.DoesNotContain(await context.CookiesAsync([proxy.Url.ToString()]), c => c.Name == Session);

        // No request used the node's own address.
        Assert.DoesNotContain(asked, a => a.StartsWith(node.Url.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.0/8", "https")]
    [InlineData("192.0.2.1", "http")]
    [InlineData(null, "http")]
    public async Task Only_a_known_proxy_can_set_the_scheme_to_https(string? known, string expected)
    {
        await using var node = await NodeAsync(known);
        await using var proxy = await TlsProxy.StartAsync(node.Url);
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false, ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(handler);

        // The client's own header changes nothing.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(proxy.Url, "/"));
        request.Headers.Add("X-Forwarded-Proto", "ftp");
        request.Headers.Add("X-Forwarded-Host", "portal.attacker.example");
        using var answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"{expected}://{proxy.Url.Authority}/signin-oidc", RedirectUri(answer.Headers.Location!.ToString()));
        Assert.Equal(expected == "https", answer.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Each_client_behind_a_known_proxy_has_its_own_limits()
    {
        await using var node = await NodeAsync("127.0.0.1");
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
        using var http = new HttpClient(handler);

        var greedy = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => StatusAsync("198.51.100.1")));
        Assert.Contains(HttpStatusCode.TooManyRequests, greedy);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync("198.51.100.2"));

        async Task<HttpStatusCode> StatusAsync(string client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, node.Url);
            request.Headers.Add("X-Forwarded-For", client);
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    private Task<PortalNode> NodeAsync(string? known) => PortalNode.StartAsync(
        portal,
        "Production",
        // By default the middleware excludes localhost.
        builder => builder.Services.Configure<HstsOptions>(hsts => hsts.ExcludedHosts.Clear()),
        known is null ? [] : [("Portal:KnownProxies:0", known)]);

    private static string? RedirectUri(string authorize) => QueryOf(authorize, "redirect_uri");

    private static string? QueryOf(string address, string name) => QueryHelpers.ParseQuery(new Uri(address).Query).TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>A YARP proxy with a certificate for localhost.</summary>
    private sealed class TlsProxy : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly X509Certificate2 certificate;

        private TlsProxy(WebApplication app, X509Certificate2 certificate, Uri url) => (this.app, this.certificate, Url) = (app, certificate, url);

        public Uri Url { get; }

        public static async Task<TlsProxy> StartAsync(Uri node)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            var now = TimeProvider.System.GetUtcNow();
            var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

            var port = FreePort.Next();
            var builder = WebApplication.CreateBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.UseHttps(certificate)));
            builder.Services.AddReverseProxy().LoadFromMemory(
                [new() { RouteId = "all", ClusterId = "node", Match = new() { Path = "{**all}" }, Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }] }],
                [new() { ClusterId = "node", Destinations = new Dictionary<string, Yarp.ReverseProxy.Configuration.DestinationConfig> { ["node"] = new() { Address = node.ToString() } } }]);
            var app = builder.Build();
            app.MapReverseProxy();
            await app.StartAsync();
            return new(app, certificate, new($"https://localhost:{port}"));
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
            certificate.Dispose();
        }
    }
}
