using Microsoft.Identity.Client;

namespace EngageCenter.Cli.Session;

/// <summary>
/// Lets MSAL, which accepts only https addresses, call LocalEntra, which serves http on this machine. Requests to LocalEntra's host
/// and port are sent by http. All others are refused.
/// </summary>
internal sealed class LoopbackHttp : DelegatingHandler, IMsalHttpClientFactory
{
    private readonly Uri instance;
    private readonly HttpClient client;

    /// <exception cref="EngageException">The instance is not on this machine.</exception>
    public LoopbackHttp(Uri instance)
        : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        this.instance = instance.IsLoopback ? instance : throw EngageException.Wrong($"'{instance}' must be https: tokens go over http on this machine alone.");
        client = new(this, disposeHandler: false);
    }

    public HttpClient GetHttpClient() => client;

    /// <summary>Returns the http address for an https address of MSAL.</summary>
    public Uri Plain(Uri address) => address.Host == instance.Host && address.Port == instance.Port
        ? new UriBuilder(address) { Scheme = Uri.UriSchemeHttp, Port = instance.Port }.Uri
        : throw new InvalidOperationException($"Nothing but {instance} is asked for tokens, and not {address.GetLeftPart(UriPartial.Authority)}.");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = Plain(request.RequestUri!);
        return base.SendAsync(request, cancellationToken);
    }
}
