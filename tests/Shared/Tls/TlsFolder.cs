using System.Security.Cryptography.X509Certificates;

namespace EngageCenter;

/// <summary>A folder with the files that <c>Clustering:Tls</c> reads: the CAs in <c>ca.crt</c>, the certificate and its key in <c>tls.crt</c> and <c>tls.key</c>.</summary>
internal sealed class TlsFolder : IDisposable
{
    private readonly TempFolder folder = new();

    public TlsFolder(TestAuthority authority)
    {
        Trust(authority);
        Show(authority.Issue());
    }

    public string CertificateFile => folder.File("tls.crt");

    public string KeyFile => folder.File("tls.key");

    public string CaFile => folder.File("ca.crt");

    /// <summary>Returns the settings, with <c>:</c> or <c>__</c> between the parts of their names.</summary>
    public Dictionary<string, string> Settings(string separator = ":") => new()
    {
        [Name(separator, "CertificateFile")] = CertificateFile,
        [Name(separator, "KeyFile")] = KeyFile,
        [Name(separator, "TrustedCa")] = CaFile,
    };

    public void Trust(params TestAuthority[] authorities) => folder.Write("ca.crt", string.Join('\n', authorities.Select(a => a.Pem)));

    /// <param name="between">The CAs between the certificate and the root.</param>
    public void Show(X509Certificate2 certificate, params TestAuthority[] between)
    {
        var (pem, key) = TestAuthority.PemOf(certificate);
        folder.Write("tls.crt", string.Join('\n', between.Select(b => b.Pem).Prepend(pem)));
        folder.Write("tls.key", key);
    }

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(folder.File(name), content);
        return folder.File(name);
    }

    public void Dispose() => folder.Dispose();

    private static string Name(string separator, string setting) => string.Join(separator, "Clustering", "Tls", setting);
}
