using System.Net;
using System.Runtime.CompilerServices;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Abstractions.Serialization;
using Microsoft.Kiota.Http.HttpClientLibrary;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options;

namespace EngageCenter.Client;

/// <summary>Adds to the generated client: a way to create one, whole lists, and bodies that are streamed.</summary>
public partial class EngageCenterClient
{
    private const string Lines = "application/x-ndjson";
    private static readonly HttpMethod[] idempotent = [HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Put, HttpMethod.Delete];
    private static readonly Dictionary<string, ParsableFactory<IParsable>> problems = new() { ["XXX"] = Problem.CreateFromDiscriminatorValue };

    /// <summary>
    /// Creates a client of a service. If the service is too busy, requests are sent again: always after 429, and after 503 and 504 if
    /// the method is idempotent. It waits as 'Retry-After' says, or some seconds if there is none, and retries at most
    /// <paramref name="retries"/> times and within a minute. Create one client and keep it.
    /// </summary>
    /// <param name="service">The address of the service: https, or http on this machine, because each request carries a token.</param>
    /// <param name="token">Returns an access token; called for each request.</param>
    /// <param name="connection">The handler that sends requests; null for the usual one.</param>
    /// <exception cref="ArgumentException">The address is not https and not on this machine.</exception>
    public static EngageCenterClient Create(Uri service, Func<CancellationToken, Task<string>> token, HttpMessageHandler? connection = null, int retries = 3)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(token);
        if (!service.IsAbsoluteUri || (service.Scheme != Uri.UriSchemeHttps && !(service.Scheme == Uri.UriSchemeHttp && service.IsLoopback)))
        {
            throw new ArgumentException($"'{service}' must be an https address; http is for this machine alone.", nameof(service));
        }

        // After the last retry the caller gets the answer itself: otherwise the handler would throw an exception of its own.
        var retry = new RetryHandlerOption
        {
            MaxRetry = retries,
            Delay = 1,
            RetriesTimeLimit = TimeSpan.FromMinutes(1),
            ShouldRetry = (_, attempt, answer) => attempt < retries && IsTemporary(answer),
        };
        var http = KiotaClientFactory.Create(
            KiotaClientFactory.CreateDefaultHandlers([retry]),
            connection ?? new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
        return new(new HttpClientRequestAdapter(new Bearer(token), httpClient: http) { BaseUrl = service.ToString().TrimEnd('/') });
    }

    /// <summary>Returns all items of a list. Each page is requested when its first item is asked for.</summary>
    /// <param name="first">The request of the first page, such as <c>client.V1.Me.Workspaces.ToGetRequestInformation()</c>.</param>
    /// <param name="page">Reads a page, such as <c>ListResponseOfUserWorkspaceResponse.CreateFromDiscriminatorValue</c>.</param>
    /// <exception cref="Problem">The service refuses the request of a page.</exception>
    public async IAsyncEnumerable<T> ItemsAsync<T>(RequestInformation first, ParsableFactory<IPage<T>> page, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = first;
        while (true)
        {
            var read = await RequestAdapter.SendAsync(request, page, problems, cancellationToken).ConfigureAwait(false);
            foreach (var item in read?.Value ?? [])
            {
                yield return item;
            }

            if (read?.NextLink is not { } next)
            {
                yield break;
            }

            request = new() { HttpMethod = Method.GET, URI = Within(next) };
            request.Headers.Add("Accept", "application/json");
        }
    }

    /// <summary>Returns the answer to a GET as a stream, without holding it in memory: CSV, JSON lines, or Server-Sent Events.</summary>
    /// <param name="request">Such as <c>client.V1.Workspaces[id].SupportCases.ToGetRequestInformation()</c>.</param>
    /// <param name="mediaType">Such as <c>text/csv</c>.</param>
    /// <exception cref="Problem">The service refuses the request.</exception>
    public async Task<Stream> OpenAsync(RequestInformation request, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Headers.Remove("Accept");
        request.Headers.Add("Accept", mediaType);
        return await RequestAdapter.SendPrimitiveAsync<Stream>(request, problems, cancellationToken).ConfigureAwait(false) ?? Stream.Null;
    }

    /// <summary>Sends updates of support cases, one JSON object on each line. An invalid line does not stop the others.</summary>
    /// <param name="lines">Of any length. They are sent only once, whatever the answer.</param>
    /// <exception cref="Problem">The service refused the request, or took only a part. It is safe to send all of it again.</exception>
    public async Task<PostCasesResponse> PostCaseLinesAsync(string workspaceId, Stream lines, CancellationToken cancellationToken = default)
    {
        var request = V1.Workspaces[workspaceId].SupportCases.ToPostRequestInformation(new());
        request.Headers.Remove("Content-Type");
        request.SetStreamContent(lines, Lines);
        request.AddRequestOptions([new RetryHandlerOption { MaxRetry = 0 }]);
        return await RequestAdapter.SendAsync(request, PostCasesResponse.CreateFromDiscriminatorValue, problems, cancellationToken).ConfigureAwait(false) ?? new();
    }

    // A 429 comes before anything is done. The others do not say whether the request had an effect, and a POST could have it twice.
    private static bool IsTemporary(HttpResponseMessage answer) => answer.StatusCode == HttpStatusCode.TooManyRequests
        || (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout && answer.RequestMessage is { } request && idempotent.Contains(request.Method));

    // The token must be sent to no other host than the service.
    private Uri Within(string link)
    {
        var service = new Uri(RequestAdapter.BaseUrl!);
        var page = new Uri(service, link);
        return page.GetLeftPart(UriPartial.Authority) == service.GetLeftPart(UriPartial.Authority)
            ? page
            : throw new InvalidOperationException($"The service says that the next page is at '{page}', which is a different host.");
    }

    private sealed class Bearer(Func<CancellationToken, Task<string>> token) : IAuthenticationProvider
    {
        public async Task AuthenticateRequestAsync(RequestInformation request, Dictionary<string, object>? additionalAuthenticationContext = null, CancellationToken cancellationToken = default)
        {
            request.Headers.Remove("Authorization");
            request.Headers.Add("Authorization", $"Bearer {await token(cancellationToken).ConfigureAwait(false)}");
        }
    }
}
