using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests;

public sealed class HttpsTests : IDisposable
{
    private readonly string file = Path.Combine(AppContext.BaseDirectory, ".data", $"{Path.GetRandomFileName()}.pem");

    public void Dispose() => File.Delete(file);

    [Fact]
    public async Task Programs_get_https_addresses_over_https_and_browsers_stay_on_http()
    {
        await using var entra = await RunningEntra.StartAsync(Value, time: null, RunningEntra.AnyHttpsPort);
        using var client = new HttpClient(entra.TrustingHandler()) { BaseAddress = entra.Https };
        var https = entra.Https!.OriginalString.TrimEnd('/');

        var document = await client.GetFromJsonAsync<JsonElement>($"/{Contoso}/v2.0/.well-known/openid-configuration");

        Assert.StartsWith("https://127.0.0.1:", https);
        Assert.Equal($"{https}/{Contoso}/oauth2/v2.0/token", Text(document, "token_endpoint"));
        Assert.Equal($"{https}/{Contoso}/discovery/v2.0/keys", Text(document, "jwks_uri"));
        Assert.Equal($"{entra.Url}/{Contoso}/v2.0", Text(document, "issuer"));
        Assert.Equal($"{entra.Url}/{Contoso}/oauth2/v2.0/authorize", Text(document, "authorization_endpoint"));
        Assert.Equal($"{entra.Url}/{Contoso}/oauth2/v2.0/logout", Text(document, "end_session_endpoint"));
    }

    [Fact]
    public async Task Certificate_is_available_over_http_and_valid_only_for_loopback()
    {
        await using var entra = await RunningEntra.StartAsync(Value, time: null, RunningEntra.AnyHttpsPort);

        var pem = await entra.Client.GetStringAsync("/https-certificate");

        using var certificate = X509Certificate2.CreateFromPem(pem);
        Assert.DoesNotContain("PRIVATE", pem);
        Assert.Equal(entra.Thumbprint, certificate.GetCertHashString(HashAlgorithmName.SHA256));
        Assert.True(certificate.MatchesHostname("localhost"));
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
        Assert.False(certificate.MatchesHostname("localentra.example"));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
    }

    [Fact]
    public async Task LocalEntra_does_not_listen_on_https_by_default()
    {
        await using var entra = await RunningEntra.StartAsync(Value);

        Assert.Null(entra.Https);
        Assert.Null(entra.Thumbprint);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await entra.Client.GetAsync("/https-certificate")).StatusCode);
    }

    [Theory]
    [InlineData(334, true)]
    [InlineData(336, false)]
    public async Task Certificate_survives_restarts_until_it_expires_soon(int days, bool isSame)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var first = await ThumbprintAsync(time);

        time.Advance(TimeSpan.FromDays(days));

        Assert.Equal(isSame, first == await ThumbprintAsync(time));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Theory]
    [InlineData("--LocalEntra:HttpsUrl=http://localhost:8444", "LocalEntra:HttpsUrl is 'http://localhost:8444'; it must be an https URL such as https://localhost:8444")]
    [InlineData("--LocalEntra:HttpsUrl=https://0.0.0.0:8444", "LocalEntra:HttpsUrl is 'https://0.0.0.0:8444', which is not on this machine")]
    [InlineData("--LocalEntra:HttpsUrl=https://localhost:0", "port 0 needs an IP address, as in https://127.0.0.1:0")]
    public async Task Https_address_beyond_loopback_is_refused(string setting, string expected)
    {
        var refusal = await Assert.ThrowsAsync<LocalEntraConfigurationException>(() => RunningEntra.StartAsync(Value, time: null, setting));

        Assert.Contains(expected, refusal.Message);
    }

    [Fact]
    public async Task File_without_a_certificate_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, "no certificate");

        var refusal = await Assert.ThrowsAsync<LocalEntraConfigurationException>(() => ThumbprintAsync(new FakeTimeProvider()));

        Assert.Contains("contains no usable certificate", refusal.Message);
    }

    private async Task<string?> ThumbprintAsync(TimeProvider time)
    {
        await using var entra = await RunningEntra.StartAsync(Value, time, RunningEntra.AnyHttpsPort, $"--LocalEntra:CertificateFile={file}");
        return entra.Thumbprint;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
