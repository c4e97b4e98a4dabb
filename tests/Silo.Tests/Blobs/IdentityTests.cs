using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>
/// Runs a silo in its own process, as in Azure: with an account's address and no secret, it gets a token from the endpoint
/// of its managed identity, and uses it for the store and for the tables of members and reminders. The endpoint speaks App
/// Service's protocol. Azurite checks the claims of a token, but not its signature.
/// </summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class IdentityTests : IAsyncLifetime, IDisposable
{
    private const string StorageAudience = "https://storage.azure.com";
    private const string Header = "header-of-this-silo";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    private readonly TempFolder folder = new();
    private readonly ConcurrentQueue<(string? Header, string? Resource)> asked = new();
    private readonly int identityPort = FreePort.Next();
    private WebApplication identity = null!;
    private Azurite azurite = null!;
    private string audience = StorageAudience;

    public async Task InitializeAsync()
    {
        WriteCertificate();
        azurite = await Azurite.Start(folder.Path, withTables: true, options: ["--oauth", "basic", "--cert", folder.File("cert.pem"), "--key", folder.File("key.pem")]);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{IPAddress.Loopback}:{Text(identityPort)}");
        identity = builder.Build();
        identity.MapGet("/msi/token", (HttpRequest request) =>
        {
            asked.Enqueue((request.Headers["X-IDENTITY-HEADER"], request.Query["resource"]));
            var expires = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
            return Results.Text(new JsonObject
            {
                ["access_token"] = Token(expires),
                ["expires_on"] = Text(expires),
                ["resource"] = (string?)request.Query["resource"],
                ["token_type"] = "Bearer",
            }.ToJsonString(), "application/json");
        });
        await identity.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await identity.DisposeAsync();
        await azurite.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Silo_accesses_its_store_and_tables_with_its_managed_identity()
    {
        var health = FreePort.Next();
        await using var silo = Launch(health, new()
        {
            ["Orleans__Clustering__ProviderType"] = "AzureTableStorage",
            ["Orleans__Clustering__ServiceKey"] = "members",
            ["ConnectionStrings__members"] = $"https://{IPAddress.Loopback}:{Text(azurite.TablePort)}/devstoreaccount1",
            ["Orleans__Endpoints__AdvertisedIPAddress"] = IPAddress.Loopback.ToString(),
        });
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };

        // A ready silo has created its container, has read from it, and is a member of its cluster.
        await Until.True(async () => silo.HasEnded || await IsReady(http, health), Bound, "the silo is ready");

        Assert.False(silo.HasEnded, silo.ToString());
        Assert.Contains((Header, StorageAudience), asked.Select(a => (a.Header, a.Resource?.TrimEnd('/'))));
        Assert.Equal(0, await silo.Stop());
    }

    [Fact]
    public async Task Silo_whose_identity_the_store_refuses_does_not_start()
    {
        audience = "https://somewhere.else";
        await using var silo = Launch(FreePort.Next(), []);

        await Until.True(() => Task.FromResult(silo.HasEnded), Bound, "the silo ends");

        Assert.Equal(1, await silo.Ended());
        Assert.NotEmpty(asked);
        Assert.Contains("403", silo.Output, StringComparison.Ordinal);
    }

    private ProgramProcess Launch(int health, Dictionary<string, string> clustering) => ProgramProcess.OfDotnet(
        Path.Combine(AppContext.BaseDirectory, "EngageCenter.Silo.dll"), folder.Path, new Dictionary<string, string>(clustering)
        {
            ["Orleans__GrainStorage__Default__ProviderType"] = "AzureBlobStorage",
            ["Orleans__GrainStorage__Default__ServiceKey"] = "grains",
            ["ConnectionStrings__grains"] = $"https://{IPAddress.Loopback}:{Text(azurite.Port)}/devstoreaccount1",
            ["Orleans__Endpoints__SiloPort"] = Text(FreePort.Next()),
            ["Orleans__Endpoints__GatewayPort"] = Text(FreePort.Next()),
            ["Silo__Url"] = $"http://{IPAddress.Loopback}:{Text(health)}",
            ["Logging__LogLevel__Default"] = "Warning",
            ["AZURE_TOKEN_CREDENTIALS"] = "ManagedIdentityCredential",
            ["IDENTITY_ENDPOINT"] = $"http://{IPAddress.Loopback}:{Text(identityPort)}/msi/token",
            ["IDENTITY_HEADER"] = Header,

            // The only certificate that this process trusts.
            ["SSL_CERT_FILE"] = folder.File("cert.pem"),
        });

    private static async Task<bool> IsReady(HttpClient http, int port)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://{IPAddress.Loopback}:{Text(port)}/health/ready"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void WriteCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Azurite", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        folder.Write("cert.pem", certificate.ExportCertificatePem());
        folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
    }

    private string Token(long expires)
    {
        var claims = new JsonObject
        {
            ["aud"] = audience,
            ["iss"] = $"https://sts.windows.net/{Guid.Empty}/",
            ["iat"] = expires - 7200,
            ["nbf"] = expires - 7200,
            ["exp"] = expires,
        };
        return $"{Encoded("""{"alg":"RS256","typ":"JWT"}""")}.{Encoded(claims.ToJsonString())}.{Encoded("unsigned")}";
    }

    private static string Encoded(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
