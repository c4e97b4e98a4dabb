using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;

namespace EngageCenter.LocalEntra.Tests;

/// <summary>Runs LocalEntra on a free port and calls it over HTTP.</summary>
internal sealed class RunningEntra : IAsyncDisposable
{
    public const string Development = "--environment=Development";
    public const string AnyPort = "--LocalEntra:Url=http://127.0.0.1:0";
    public const string AnyHttpsPort = "--LocalEntra:HttpsUrl=https://127.0.0.1:0";
    public const string NoKeyFile = "--LocalEntra:KeyFile=";

    // All instances share one key, because creating one takes longer than most tests. Tests must not depend on different
    // keys.
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

    /// <summary>Trusts the certificate of the https address by its thumbprint, like a host in Development.</summary>
    public SocketsHttpHandler TrustingHandler() => new()
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == Thumbprint },
    };

    public static Task<RunningEntra> StartAsync(object directory, TimeProvider? time = null, params string[] args) =>
        RunAsync("DirectoryJson", JsonSerializer.Serialize(directory), time, args);

    public static Task<RunningEntra> StartFileAsync(string directoryFile) => RunAsync("DirectoryFile", directoryFile, time: null, []);

    private static async Task<RunningEntra> RunAsync(string setting, string value, TimeProvider? time, string[] args)
    {
        var app = LocalEntraHost.Build([Development, AnyPort, $"--LocalEntra:KeyFile={keyFile}", "--LocalEntra:CertificateFile=", .. args], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection([new($"LocalEntra:{setting}", value)]);
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

    /// <summary>Returns an application's token for Microsoft Graph.</summary>
    public async Task<string> GraphTokenAsync(string tenant) => await AccessTokenAsync(await AskTokenAsync(tenant,
        ("grant_type", "client_credentials"),
        ("client_id", "automation"),
        ("client_secret", "s3cret:/+ %"),
        ("scope", "https://graph.microsoft.com/.default")));

    public async Task<HttpResponseMessage> SendJsonAsync(HttpMethod method, string address, string body)
    {
        using var request = new HttpRequestMessage(method, address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await Client.SendAsync(request);
    }

    public async Task SetFaultsAsync(params object[] faults)
    {
        using var response = await SendJsonAsync(HttpMethod.Put, "/graph/faults", JsonSerializer.Serialize(new { faults }));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <returns>False if it was a member already.</returns>
    public async Task<bool> AddMemberAsync(string group, string member)
    {
        using var response = await SendJsonAsync(HttpMethod.Post, $"/graph/v1.0/groups/{group}/members/$ref", $$"""{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/{{member}}"}""");
        return response.IsSuccessStatusCode;
    }

    /// <returns>False if it was not a member.</returns>
    public async Task<bool> RemoveMemberAsync(string group, string member)
    {
        using var response = await Client.DeleteAsync($"/graph/v1.0/groups/{group}/members/{member}/$ref");
        return response.IsSuccessStatusCode;
    }

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

    /// <summary>Returns the claims of a token as JSON, so that tests see their exact types.</summary>
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
