using System.Net;
using System.Runtime.CompilerServices;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Abstractions.Serialization;
using Microsoft.Kiota.Http.HttpClientLibrary;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options;

namespace EngageCenter.Client;

/// <summary>What the generated client has besides: how to make one, whole lists, and what comes or goes as a stream.</summary>
public partial class EngageCenterClient
{
    private const string Lines = "application/x-ndjson";
    private static readonly HttpMethod[] idempotent = [HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Put, HttpMethod.Delete];
    private static readonly Dictionary<string, ParsableFactory<IParsable>> problems = new() { ["XXX"] = Problem.CreateFromDiscriminatorValue };

    /// <summary>
    /// A client of a service. Requests that the service is too busy for are sent again when 'Retry-After' says, or after some
    /// seconds if it says nothing, at most <paramref name="retries"/> times and within a minute: after 429 always, after 503 and
    /// 504 if the method is idempotent. Make one, and keep it.
    /// </summary>
    /// <param name="service">Its address: https, or http on this machine, since each request has a token.</param>
    /// <param name="token">An access token, asked for with each request.</param>
    /// <param name="connection">What connects, if not the usual one.</param>
    /// <exception cref="ArgumentException">The address is neither https nor on this machine.</exception>
    public static EngageCenterClient Create(Uri service, Func<CancellationToken, Task<string>> token, HttpMessageHandler? connection = null, int retries = 3)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(token);
        if (!service.IsAbsoluteUri || (service.Scheme != Uri.UriSchemeHttps && !(service.Scheme == Uri.UriSchemeHttp && service.IsLoopback)))
        {
            throw new ArgumentException($"'{service}' must be an https address; http is for this machine alone.", nameof(service));
        }

        // The last answer is for the caller: the handler would throw another exception if it ran out of retries.
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

    /// <summary>All items of a list, page after page, while they are asked for.</summary>
    /// <param name="first">The request of the first page, such as <c>client.V1.Me.Workspaces.ToGetRequestInformation()</c>.</param>
    /// <param name="page">Reads a page, such as <c>ListResponseOfUserWorkspaceResponse.CreateFromDiscriminatorValue</c>.</param>
    /// <exception cref="Problem">The service refuses a page.</exception>
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

    /// <summary>What a GET answers, as it comes and not held: CSV, JSON lines, or Server-Sent Events.</summary>
    /// <param name="request">Such as <c>client.V1.Workspaces[id].SupportCases.ToGetRequestInformation()</c>.</param>
    /// <param name="mediaType">Such as <c>text/csv</c>.</param>
    /// <exception cref="Problem">The service refuses it.</exception>
    public async Task<Stream> OpenAsync(RequestInformation request, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Headers.Remove("Accept");
        request.Headers.Add("Accept", mediaType);
        return await RequestAdapter.SendPrimitiveAsync<Stream>(request, problems, cancellationToken).ConfigureAwait(false) ?? Stream.Null;
    }

    /// <summary>Brings in updates of support cases, one JSON object on each line. A bad one never blocks its neighbours.</summary>
    /// <param name="lines">Of any length. They are not sent a second time, whatever the answer.</param>
    /// <exception cref="Problem">The service refuses it, or took a part. Sending all of it again is safe.</exception>
    public async Task<PostCasesResponse> PostCaseLinesAsync(string workspaceId, Stream lines, CancellationToken cancellationToken = default)
    {
        var request = V1.Workspaces[workspaceId].SupportCases.ToPostRequestInformation(new());
        request.Headers.Remove("Content-Type");
        request.SetStreamContent(lines, Lines);
        request.AddRequestOptions([new RetryHandlerOption { MaxRetry = 0 }]);
        return await RequestAdapter.SendAsync(request, PostCasesResponse.CreateFromDiscriminatorValue, problems, cancellationToken).ConfigureAwait(false) ?? new();
    }

    // A 429 comes before anything is done. The others do not say whether something was done, and a POST may do it twice.
    private static bool IsTemporary(HttpResponseMessage answer) => answer.StatusCode == HttpStatusCode.TooManyRequests
        || (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout && answer.RequestMessage is { } request && idempotent.Contains(request.Method));

    // A token goes nowhere but to the service.
    private Uri Within(string link)
    {
        var service = new Uri(RequestAdapter.BaseUrl!);
        var page = new Uri(service, link);
        return page.GetLeftPart(UriPartial.Authority) == service.GetLeftPart(UriPartial.Authority)
            ? page
            : throw new InvalidOperationException($"The next page is said to be at '{page}', which is not the service.");
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
