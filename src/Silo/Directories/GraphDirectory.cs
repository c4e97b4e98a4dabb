using System.Collections.Immutable;
using System.Net;
using Microsoft.Graph;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Graph.Users.Item.GetMemberGroups;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;

namespace EngageCenter.Directories;

/// <summary>Directories by Microsoft Graph. Each answer is read whole or not at all, and nothing is tried again: see <see cref="IDirectory"/>.</summary>
internal sealed class GraphDirectory : IDirectory, IAsyncDisposable
{
    private readonly string address;
    private readonly HashSet<Guid> tenants;
    private readonly GraphTokens tokens;
    private readonly TimeProvider time;
    private readonly HttpClient http;

    public GraphDirectory(DirectoryOptions options, TimeProvider time, ILoggerFactory logging)
    {
        (address, tenants, this.time) = (options.Graph, [.. options.Tenants], time);
        tokens = new(options, logging);

        // Whoever asks says how long it may take.
        http = new(new WholeAnswers()) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public bool IsConfiguredFor(Guid tenantId) => tenants.Count == 0 || tenants.Contains(tenantId);

    public async Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Graph(tenantId).Users[$"{userId:D}"].GetMemberGroups.PostAsGetMemberGroupsPostResponseAsync(
                new GetMemberGroupsPostRequestBody { SecurityEnabledOnly = true }, cancellationToken: cancellationToken);
            return answer is { Value: { } groups, OdataNextLink: null }
                ? [.. groups.Select(Id)]
                : throw new DirectoryUnavailableException("Graph answered with a part of the groups.");
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return [];
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await tokens.DisposeAsync();
    }

    // Cheap, and owns nothing: the connections are the client's.
    private GraphServiceClient Graph(Guid tenantId) => new(http, new BaseBearerTokenAuthenticationProvider(tokens.Of(tenantId)), address);

    private static Guid Id(string id) =>
        Guid.TryParseExact(id, "D", out var known) ? known : throw new DirectoryUnavailableException("Graph named an object without an object id.");

    private static bool IsMissing(ODataError error) => error.ResponseStatusCode == (int)HttpStatusCode.NotFound && error.Error?.Code == "Request_ResourceNotFound";

    private DirectoryUnavailableException Unavailable(ApiException refused)
    {
        var header = refused.ResponseHeaders?.FirstOrDefault(h => string.Equals(h.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        var code = (refused as ODataError)?.Error?.Code;
        return new($"Graph answered {refused.ResponseStatusCode} {code}.", RetryAfter.Read(header, time.GetUtcNow()), refused);
    }

    /// <summary>Buffers each answer before anything of it is read, so that half of one is a fault; at most <see cref="MaxBytes"/>.</summary>
    private sealed class WholeAnswers() : DelegatingHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AutomaticDecompression = DecompressionMethods.All,
    })
    {
        // 11,000 groups of one person are half a megabyte, 999 people of a group as well.
        private const long MaxBytes = 8 << 20;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
