using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// A registered redirect URI, on loopback. As in Entra and RFC 8252, its port is ignored, because programs on a developer's
/// machine listen on any free port. Everything else must match exactly.
/// </summary>
internal sealed record RedirectUri
{
    private readonly Uri uri;

    private RedirectUri(Uri uri) => this.uri = uri;

    public static bool TryParse(string value, [NotNullWhen(true)] out RedirectUri? redirectUri)
    {
        redirectUri = Uri.TryCreate(value, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && (uri.Host == "localhost" || (IPAddress.TryParse(uri.IdnHost, out var address) && IPAddress.IsLoopback(address)))
            && uri.UserInfo.Length == 0
            && !value.AsSpan().ContainsAny('?', '#')
                ? new RedirectUri(uri)
                : null;
        return redirectUri is not null;
    }

    // Compares with URIs built here, so that other spellings of the same address do not match.
    public bool Allows(string given)
    {
        if (!Uri.TryCreate(given, UriKind.Absolute, out var other))
        {
            return false;
        }

        var host = $"{uri.Scheme}://{uri.Host}";
        var hostAndPort = string.Create(CultureInfo.InvariantCulture, $"{host}:{other.Port}");
        return given == host + uri.AbsolutePath
            || given == hostAndPort + uri.AbsolutePath
            || (uri.AbsolutePath == "/" && (given == host || given == hostAndPort));
    }
}
