using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Identity.Abstractions;
using Microsoft.Identity.Web;
using Microsoft.Identity.Web.TokenCacheProviders.InMemory;
using Microsoft.Kiota.Abstractions.Authentication;

namespace EngageCenter.Directories;

/// <summary>
/// Gets app-only tokens for Microsoft Graph, one for each tenant, with Microsoft.Identity.Web, which caches them until
/// shortly before they expire. It has its own service provider, because a web API in the same process registers services of
/// the same types.
/// </summary>
internal sealed class GraphTokens : IAsyncDisposable
{
    // A token takes about 4 KB.
    private const long MaxCacheBytes = 64L << 20;

    private readonly ServiceProvider services;
    private readonly IAuthorizationHeaderProvider headers;
    private readonly string scope;
    private readonly string host;

    public GraphTokens(DirectoryOptions options, ILoggerFactory logging)
    {
        (scope, host) = (options.Scope, new Uri(options.Graph).Host);
        var collection = new ServiceCollection();
        collection.AddSingleton(logging);
        collection.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        collection.AddOptions();
        collection.AddTokenAcquisition(isTokenAcquisitionSingleton: true);
        collection.AddInMemoryTokenCaches();
        collection.Configure<MemoryCacheOptions>(cache => cache.SizeLimit = MaxCacheBytes);
        collection.AddHttpClient();
        var instance = new Uri(options.Instance);
        if (DirectoryOptions.IsStandIn(instance))
        {
            collection.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(() => new StandInHandler(instance)));
        }

        collection.Configure<MicrosoftIdentityApplicationOptions>(application =>
        {
            // The library accepts only https; see StandInHandler.
            application.Instance = new UriBuilder(instance) { Scheme = Uri.UriSchemeHttps, Port = instance.Port }.Uri.ToString();
            application.TenantId = "organizations";
            application.ClientId = options.ClientId;
            application.ClientCredentials = [.. options.ClientCredentials];
        });
        services = collection.BuildServiceProvider();
        headers = services.GetRequiredService<IAuthorizationHeaderProvider>();
    }

    /// <summary>Returns the token provider of one tenant, for the Graph client.</summary>
    public IAccessTokenProvider Of(Guid tenantId) => new OfTenant(this, tenantId);

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private sealed class OfTenant(GraphTokens tokens, Guid tenantId) : IAccessTokenProvider
    {
        private const string Bearer = "Bearer ";

        public AllowedHostsValidator AllowedHostsValidator { get; } = new([tokens.host]);

        public async Task<string> GetAuthorizationTokenAsync(Uri uri, Dictionary<string, object>? additionalAuthenticationContext, CancellationToken cancellationToken)
        {
            if (!AllowedHostsValidator.IsUrlHostValid(uri))
            {
                throw new InvalidOperationException("A token may be sent only to the configured host.");
            }

            var options = new AuthorizationHeaderProviderOptions { AcquireTokenOptions = new() { Tenant = $"{tenantId:D}" } };
            var header = await tokens.headers.CreateAuthorizationHeaderForAppAsync(tokens.scope, options, cancellationToken);
            return header.StartsWith(Bearer, StringComparison.Ordinal) ? header[Bearer.Length..] : throw new InvalidOperationException("The token is not a bearer token.");
        }
    }

    /// <summary>Sends requests for a stand-in on this machine without TLS, in Development.</summary>
    private sealed class StandInHandler(Uri instance) : DelegatingHandler
    {
        // The library asks Microsoft's own address for other names of the instance. This response says that there are none.
        private const string NoOtherNames = """{ "tenant_discovery_endpoint": "https://localhost/", "api-version": "1.1", "metadata": [] }""";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var uri = request.RequestUri!;
            if (uri.Host != instance.Host || uri.Port != instance.Port)
            {
                return Task.FromResult(new HttpResponseMessage { Content = new StringContent(NoOtherNames, Encoding.UTF8, "application/json"), RequestMessage = request });
            }

            request.RequestUri = new UriBuilder(uri) { Scheme = Uri.UriSchemeHttp, Port = instance.Port }.Uri;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
