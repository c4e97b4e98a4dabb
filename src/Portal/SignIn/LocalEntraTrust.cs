using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Identity.Web;

namespace EngageCenter.Portal.SignIn;

/// <summary>
/// Trusts LocalEntra's certificate by its thumbprint, for requests that the portal itself sends. Browsers do not connect to that address.
/// </summary>
internal static class LocalEntraTrust
{
    public static void TrustLocalEntra(this IServiceCollection services, Uri entra, string thumbprint)
    {
        SocketsHttpHandler Handler() => new()
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    string.Equals(certificate?.GetCertHashString(HashAlgorithmName.SHA256), thumbprint, StringComparison.OrdinalIgnoreCase),
            },
        };
        services.ConfigureHttpClientDefaults(http => http
            .ConfigurePrimaryHttpMessageHandler(Handler)
            .AddHttpMessageHandler(() => new InstanceDiscovery(entra)));
        services.Configure<AadIssuerValidatorOptions>(validator => validator.HttpClientName = nameof(AadIssuerValidatorOptions));
        services.Configure<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme, oidc => oidc.BackchannelHttpHandler = Handler());
    }

    /// <summary>MSAL asks the cloud which hosts belong to Entra. On a developer's machine this handler sends the question to LocalEntra instead.</summary>
    private sealed class InstanceDiscovery(Uri entra) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri is { Host: "login.microsoftonline.com", AbsolutePath: "/common/discovery/instance" } asked)
            {
                request.RequestUri = new Uri(entra, asked.PathAndQuery);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
