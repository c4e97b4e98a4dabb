using EngageCenter.LocalEntra;
using EngageCenter.Portal;

namespace EngageCenter.DevHost;

/// <summary>Composes the portal in a host of its own. It knows LocalEntra and the web API only by their addresses.</summary>
internal static class PortalComposition
{
    /// <summary>The setting that says whether the portal runs.</summary>
    public const string Wanted = "DevHost:Portal";

    // The web application in the sample's directory.
    private const string Application = "e0000000-0000-4000-8000-000000000002";
    private const string Secret = "local-development-only";

    public static WebApplication Compose(string[] args, LocalEntraAddresses entra, string service, Action<WebApplicationBuilder> quieten)
    {
        var builder = WebApplication.CreateBuilder([.. args, LocalEntraHost.NoReload]);
        quieten(builder);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureAd:Instance"] = entra.Https!.ToString(),
            ["AzureAd:TenantId"] = "organizations",
            ["AzureAd:ClientId"] = Application,
            ["AzureAd:ClientSecret"] = Secret,
            ["Portal:ApiUrl"] = service,
            ["Portal:LocalEntraThumbprint"] = entra.CertificateThumbprint,
            ["Portal:LocalEntraUrl"] = entra.Http.ToString(),
            ["Shutdown:DrainDelay"] = "00:00:00",
        });
        builder.AddShutdown();
        builder.AddEngageCenterPortal();
        return builder.Build().MapEngageCenterPortal();
    }
}
