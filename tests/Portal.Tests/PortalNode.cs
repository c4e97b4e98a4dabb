using EngageCenter.Portal.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Portal.Tests;

/// <summary>A portal in this process, with the sample's people and, by default, its web API.</summary>
internal sealed class PortalNode : IAsyncDisposable
{
    private readonly WebApplication app;

    private PortalNode(WebApplication app, Uri url) => (this.app, Url) = (app, url);

    public Uri Url { get; }

    /// <param name="environment">Outside Development it trusts LocalEntra only because the test says so; no setting could do that.</param>
    public static async Task<PortalNode> StartAsync(PortalService sample, string environment, Action<WebApplicationBuilder>? configure, params (string Name, string Value)[] settings)
    {
        var url = PortalService.Loopback();
        var all = (await sample.NodeAsync(url)).ToDictionary(s => s.Key.Replace("__", ":", StringComparison.Ordinal), s => (string?)s.Value);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        const string trust = "Portal:LocalEntraThumbprint";
        var thumbprint = all[trust]!;
        var isDevelopment = environment == "Development";
        if (!isDevelopment)
        {
            all.Remove(trust);
        }

        var builder = WebApplication.CreateBuilder([$"--environment={environment}"]);
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(all);
        builder.AddEngageCenterPortal();
        if (!isDevelopment)
        {
            builder.Services.TrustLocalEntra(new Uri(all["AzureAd:Instance"]!), thumbprint);
        }

        configure?.Invoke(builder);
        var app = builder.Build().MapEngageCenterPortal();
        await app.StartAsync();
        return new(app, url);
    }

    // The app is stopped but not disposed: Microsoft.Identity.Web validates the issuer with the client of the first host in the process.
    public async ValueTask DisposeAsync() => await app.StopAsync();
}
