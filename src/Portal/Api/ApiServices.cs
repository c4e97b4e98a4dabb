using EngageCenter.Client;
using EngageCenter.Portal.SignIn;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Http.HttpClientLibrary;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options;

namespace EngageCenter.Portal.Api;

/// <summary>Adds the typed client of the web API, which sends the token of the person who makes the request.</summary>
internal static class ApiServices
{
    // One retry, when the API asks for it with 'Retry-After'.
    private static readonly RetryHandlerOption retry = new() { MaxRetry = 1, Delay = 1, RetriesTimeLimit = TimeSpan.FromSeconds(5) };

    public static void AddApi(this IServiceCollection services, PortalOptions options)
    {
        services.AddScoped<PersonToken>();
        services.AddSingleton(new ApiConnection(KiotaClientFactory.Create(
            KiotaClientFactory.CreateDefaultHandlers([retry]),
            new SocketsHttpHandler { MaxConnectionsPerServer = 500, UseCookies = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }), options.PartTimeout));
        services.AddScoped<IRequestAdapter>(provider => new HttpClientRequestAdapter(
            new Bearer(provider.GetRequiredService<PersonToken>()), httpClient: provider.GetRequiredService<ApiConnection>().Http)
        {
            BaseUrl = options.ApiUrl.TrimEnd('/'),
        });
        services.AddScoped<EngageCenterClient>();
        services.AddScoped<Mine>();
    }

    private sealed class ApiConnection : IDisposable
    {
        public ApiConnection(HttpClient http, TimeSpan timeout)
        {
            Http = http;
            Http.Timeout = timeout;
        }

        public HttpClient Http { get; }

        public void Dispose() => Http.Dispose();
    }

    private sealed class Bearer(PersonToken token) : IAuthenticationProvider
    {
        public Task AuthenticateRequestAsync(RequestInformation request, Dictionary<string, object>? additionalAuthenticationContext = null, CancellationToken cancellationToken = default)
        {
            request.Headers.TryAdd("Authorization", $"Bearer {token.Value}");
            return Task.CompletedTask;
        }
    }
}
