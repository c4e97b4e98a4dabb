namespace EngageCenter.LocalEntra;

/// <summary>The addresses on which LocalEntra listens.</summary>
/// <param name="Http">For browsers; issuers start with it.</param>
/// <param name="Https">For MSAL; null unless <see cref="LocalEntraOptions.HttpsUrl"/> is set.</param>
/// <param name="CertificateThumbprint">
/// The SHA-256 thumbprint of the certificate of <paramref name="Https"/>, in hexadecimal, by which a host trusts it in
/// Development.
/// </param>
public sealed record LocalEntraAddresses(Uri Http, Uri? Https, string? CertificateThumbprint);
