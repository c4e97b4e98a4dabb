using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;

namespace EngageCenter.LocalEntra.Tests;

/// <summary>LocalEntra on a free port, asked over HTTP.</summary>
internal sealed class RunningEntra : IAsyncDisposable
{
    public const string Development = "--environment=Development";
    public const string AnyPort = "--LocalEntra:Url=http://127.0.0.1:0";
    public const string AnyHttpsPort = "--LocalEntra:HttpsUrl=https://127.0.0.1:0";
    public const string NoKeyFile = "--LocalEntra:KeyFile=";

    // One key for all: making one takes longer than most tests. That two stand-ins differ must not rest on their keys anyway.
    private static readonly string keyFile = Path.Combine(AppContext.BaseDirectory, ".data", "key.pem");

    private readonly WebApplication app;

    private RunningEntra(WebApplication app)
    {
        this.app = app;
        var addresses = LocalEntraHost.AddressesOf(app);
        Url = addresses.Http.OriginalString;
        Https = addresses.Https;
        Thumbprint = addresses.CertificateThumbprint;
        Client = new HttpClient { BaseAddress = new Uri(Url) };
    }

    public string Url { get; }

    public HttpClient Client { get; }

    public Uri? Https { get; }

    public string? Thumbprint { get; }

    /// <summary>Trusts the certificate of the https address by its thumbprint, as a host does in Development.</summary>
    public SocketsHttpHandler TrustingHandler() => new()
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == Thumbprint },
    };

    public static async Task<RunningEntra> StartAsync(object directory, TimeProvider? time = null, params string[] args)
    {
        var app = LocalEntraHost.Build([Development, AnyPort, $"--LocalEntra:KeyFile={keyFile}", "--LocalEntra:CertificateFile=", .. args], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection([new("LocalEntra:DirectoryJson", JsonSerializer.Serialize(directory))]);
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }
        });
        await app.StartAsync();
        return new RunningEntra(app);
    }

    public Task<HttpResponseMessage> AskTokenAsync(string tenant, params (string Name, string Value)[] form) =>
        Client.PostAsync($"/{tenant}/oauth2/v2.0/token", Form(form));

    public async Task<string> TokenOfAsync(string tenant, string username) =>
        await AccessTokenAsync(await AskTokenAsync(tenant,
            ("grant_type", "password"),
            ("client_id", "tests"),
            ("username", username),
            ("scope", "api://engage-center/access_as_user")));

    public async Task<string> TokenOfApplicationAsync(string tenant, string clientId, string secret) =>
        await AccessTokenAsync(await AskTokenAsync(tenant,
            ("grant_type", "client_credentials"),
            ("client_id", clientId),
            ("client_secret", secret),
            ("scope", "api://engage-center/.default")));

    public async Task<IReadOnlyList<string>> GroupsOfAsync(string tenant, string username)
    {
        var token = new JsonWebToken(await TokenOfAsync(tenant, username));
        return token.TryGetPayloadValue<string[]>("groups", out var groups) ? groups : [];
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    public static FormUrlEncodedContent Form(params (string Name, string Value)[] form) =>
        new(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    /// <summary>What a token says, as JSON, so that tests see the very types.</summary>
    public static JsonElement Payload(string token) =>
        JsonDocument.Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Decode(token.Split('.')[1])).RootElement;

    private static async Task<string> AccessTokenAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var body = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(response.IsSuccessStatusCode, body.ToString());
            return body.GetProperty("access_token").GetString()!;
        }
    }
}
