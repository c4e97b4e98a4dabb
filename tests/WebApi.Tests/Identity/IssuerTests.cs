using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>Tests a slow or silent issuer, changes of its keys, and settings that name another issuer.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xunit ends it, by IAsyncLifetime.")]
public sealed class IssuerTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly RsaSecurityKey a = StandInIssuer.NewKey("a");
    private readonly RsaSecurityKey b = StandInIssuer.NewKey("b");
    private readonly StandInIssuer issuer = new();
    private RunningWebApi api = null!;

    public async Task InitializeAsync()
    {
        issuer.Keys = [a, b];
        api = await StartAsync(time, issuer);
    }

    public async Task DisposeAsync()
    {
        await api.DisposeAsync();
        issuer.Dispose();
    }

    [Fact]
    public async Task Requests_before_the_first_keys_wait_for_one_read()
    {
        var waiting = Enumerable.Range(0, 12).Select(_ => Status(TokenBy(a))).ToList();
        await Answer(r => r.Succeeds());

        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(200, status));
        Assert.Equal(1, issuer.Reads);
    }

    [Fact]
    public async Task Without_the_issuer_a_token_is_503_garbage_is_401_and_neither_starts_a_read()
    {
        await Answer(r => r.Fails());
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => api.SendAsync("GET", "/v1/roles", TokenBy(a))));

        Assert.All(answers, answer => Assert.Equal((503, "service-unavailable", true), (answer.Status, answer.Slug, answer.Headers.ContainsKey("Retry-After"))));
        foreach (var garbage in new[] { null, "garbage", "a.b.c", TokenBy(a)[10..], new string('x', 4_000) })
        {
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(401, await Status(garbage));
            }
        }

        Assert.Equal(1, issuer.Reads);

        time.Advance(TimeSpan.FromSeconds(1));
        await Answer(r => r.Succeeds());
        Assert.Equal(200, await Status(TokenBy(a)));
    }

    [Fact]
    public async Task Request_waits_only_briefly_for_a_slow_issuer()
    {
        await issuer.Next();
        var waiting = Status(TokenBy(a));
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));

            // No signal tells that the request waits for the clock, so the clock is advanced until the request is answered.
            await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None));
        }

        Assert.Equal(503, await waiting);
        Assert.True(issuer.Reads <= 2);
    }

    [Fact]
    public async Task Removed_key_stops_and_new_key_works_after_the_next_read()
    {
        await Answer(r => r.Succeeds());
        var c = StandInIssuer.NewKey("c");
        Assert.Equal((200, 200), (await Status(TokenBy(a)), await Status(TokenBy(b))));

        issuer.Keys = [b, c];
        time.Advance(IssuerKeys.Interval);
        await Answer(r => r.Succeeds());
        Assert.Equal((401, 200, 200), (await Status(TokenBy(a)), await Status(TokenBy(b)), await Status(TokenBy(c))));
    }

    [Fact]
    public async Task Only_a_token_of_this_issuer_with_an_unknown_key_starts_a_read()
    {
        await Answer(r => r.Succeeds());
        var unknown = StandInIssuer.NewKey("unknown");
        var another = new RsaSecurityKey(StandInIssuer.NewKey("a").Rsa) { KeyId = "a" };
        foreach (var token in new[] { "garbage", "a.b.c", TokenBy(another), TokenBy(unknown, ("tid", null)), Sign(Claims(), age: TimeSpan.FromDays(1), by: unknown) })
        {
            Assert.Equal(401, await Status(token));
        }

        time.Advance(IssuerKeys.Interval / 2);
        Assert.Equal(1, issuer.Reads);

        issuer.Keys = [a, b, unknown];
        Assert.Equal(401, await Status(TokenBy(unknown)));
        await Answer(r => r.Succeeds());
        Assert.Equal(200, await Status(TokenBy(unknown)));
    }

    [Theory]
    [InlineData("https://localhost:8081/", "AzureAd:Instance")]
    [InlineData("http://entra.example/", "AzureAd:Instance")]
    [InlineData("https://127.0.0.1:8081/", "AzureAd:Instance")]
    [InlineData("https://localhost:8081/organizations/v2.0", "AzureAd:Authority")]
    [InlineData("https://127.9.9.9/organizations/v2.0", "AzureAd:Authority")]
    [InlineData("https://[::1]/organizations/v2.0", "AzureAd:Authority")]
    [InlineData("https://[::ffff:127.0.0.1]/organizations/v2.0", "AzureAd:Authority")]
    [InlineData("https://0.0.0.0/organizations/v2.0", "AzureAd:Authority")]
    [InlineData("https://entra.localhost./organizations/v2.0", "AzureAd:Authority")]
    [InlineData("http://entra.example/organizations/v2.0", "AzureAd:Authority")]
    [InlineData("https://localhost:8081/configuration", "AzureAd:MetadataAddress")]
    [InlineData("http://entra.example/configuration", "AzureAd:MetadataAddress")]
    [InlineData("https://localhost:8081/", "Authentication:Schemes:Bearer:MetadataAddress")]
    [InlineData("https://entra.example/", "Authentication:Schemes:Bearer:ValidIssuer")]
    [InlineData("https://entra.example/", "Authentication:Schemes:Bearer:ValidIssuers:0")]
    [InlineData("https://entra.example/", "AzureAd:TokenValidationParameters:ValidIssuer")]
    [InlineData("https://entra.example/", "AzureAd:TokenValidationParameters:ValidIssuers:0")]
    [InlineData("https://entra.example/", "AzureAd:Configuration:Issuer")]
    [InlineData("false", "AzureAd:TokenValidationParameters:ValidateIssuer")]
    [InlineData("false", "AzureAd:TokenValidationParameters:ValidateAudience")]
    [InlineData("false", "AzureAd:TokenValidationParameters:ValidateLifetime")]
    [InlineData("false", "AzureAd:TokenValidationParameters:RequireSignedTokens")]
    [InlineData("false", "AzureAd:TokenValidationParameters:RequireExpirationTime")]
    [InlineData("true", "AzureAd:UseSecurityTokenValidators")]
    public async Task Outside_development_no_setting_can_add_an_issuer_or_weaken_validation(string value, string setting)
    {
        await using var refused = Production((setting, value));
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => refused.StartAsync());

        Assert.Single(refusal.Message.Split('\n'));
        Assert.Contains("AzureAd", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signing_key_in_the_configuration_is_refused()
    {
        await using var refused = Production(
            ("Authentication:Schemes:Bearer:ValidIssuer", ""),
            ("Authentication:Schemes:Bearer:SigningKeys:0:Issuer", ""),
            ("Authentication:Schemes:Bearer:SigningKeys:0:Value", Convert.ToBase64String(new byte[32])));

        await Assert.ThrowsAsync<OptionsValidationException>(() => refused.StartAsync());
    }

    [Theory]
    [InlineData("AzureAd:Instance", "https://login.microsoftonline.us/")]
    [InlineData("AzureAd:TenantId", "c0000000-0000-4000-8000-000000000000")]
    [InlineData("AzureAd:Authority", "https://login.microsoftonline.com/c0000000-0000-4000-8000-000000000000/v2.0")]
    public async Task Outside_development_a_public_https_issuer_is_trusted(string setting, string value)
    {
        await using var app = Production((setting, value));
        await app.StartAsync();

        Assert.StartsWith("https://login.microsoftonline.", app.Services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get("Bearer").MetadataAddress, StringComparison.Ordinal);
        await app.StopAsync();
    }

    [Theory]
    [InlineData(null, 401, 404)]
    [InlineData("true", 200, 200)]
    public async Task Outside_development_the_reference_is_public_only_if_a_setting_says_so(string? setting, int document, int page)
    {
        await using var app = Production(setting is null ? [] : [("WebApi:AnonymousReference", setting)]);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        foreach (var (path, status) in new[] { ("/openapi/v1.json", document), ("/scalar/", page) })
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(status, (int)answer.StatusCode);
        }

        await app.StopAsync();
    }

    [Theory]
    [InlineData("AzureAd:ClientId", "")]
    [InlineData("AzureAd:Instance", "entra")]
    public void Missing_required_setting_is_named(string setting, string value) =>
        Assert.StartsWith(setting, Assert.Throws<SettingException>(() => Production((setting, value))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Token_without_a_type_is_refused()
    {
        await Answer(r => r.Succeeds());
        var payload = TokenBy(a).Split('.')[1];

        Assert.Equal((200, 401), (await Status(Signed("""{"alg":"RS256","typ":"JWT","kid":"a"}""")), await Status(Signed("""{"alg":"RS256","kid":"a"}"""))));

        string Signed(string header)
        {
            var text = $"{Base64UrlEncoder.Encode(header)}.{payload}";
            return $"{text}.{Base64UrlEncoder.Encode(a.Rsa.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
        }
    }

    private WebApplication Production(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        foreach (var (key, value) in settings.Prepend(("AzureAd:ClientId", ClientId)).Prepend(("WebApi:Url", "http://127.0.0.1:0")))
        {
            builder.Configuration[key] = value;
        }

        builder.Services.AddSingleton(new StubGrains().Factory);
        builder.Services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt => jwt.BackchannelHttpHandler = issuer);
        builder.AddEngageCenterWebApi();
        var app = builder.Build();
        app.MapEngageCenterWebApi();
        return app;
    }

    private async Task<int> Status(string? token) => (await api.SendAsync("GET", "/v1/roles", token)).Status;

    private static string TokenBy(SecurityKey key, params (string Name, object? Value)[] claims) => Sign(Claims(null, claims), by: key);

    // When this returns, the read has ended, and the next one is due at this moment.
    private async Task Answer(Action<StandInIssuer.Read> how)
    {
        var read = await issuer.Next();
        var ended = ((IssuerKeys)api.Services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get("Bearer").ConfigurationManager!).Reading;
        how(read);
        await ended;
    }
}
