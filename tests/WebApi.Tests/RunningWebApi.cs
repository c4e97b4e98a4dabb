using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EngageCenter.Access;
using EngageCenter.Users;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Tests;

/// <summary>
/// Runs the API on its own port, with an issuer whose key the tests have, and with grains that return what a test sets.
/// </summary>
public sealed class RunningWebApi : IAsyncDisposable
{
    public const string WorkspaceId = "0123456789abcdef0123456789abcdef";
    public static readonly Guid Tenant = new("c0000000-0000-4000-8000-000000000000");
    public static readonly PersonId Ann = new(Tenant, new("c0000000-0000-4000-8000-000000000101"));

    public const string Issuer = "http://localhost:1";
    public const string ClientId = "e0000000-0000-4000-8000-000000000001";
    private static readonly RsaSecurityKey key = new(RSA.Create(2048)) { KeyId = "test" };

    private readonly WebApplication app;

    private RunningWebApi(WebApplication app, StubGrains grains)
    {
        this.app = app;
        Grains = grains;
        Client = new() { BaseAddress = new(app.Urls.Single()) };
    }

    public StubGrains Grains { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    public IConfiguration Configuration => app.Configuration;

    public static Task<RunningWebApi> StartAsync(params (string Key, string Value)[] settings) => StartAsync(TimeProvider.System, settings);

    /// <param name="time">The API's clock. The API refuses tokens from its future.</param>
    public static Task<RunningWebApi> StartAsync(TimeProvider time, params (string Key, string Value)[] settings) => StartAsync(time, issuer: null, settings);

    /// <param name="time">The API's clock.</param>
    /// <param name="issuer">Answers in place of the issuer; null for an issuer whose key is known from the start.</param>
    /// <param name="settings">Configuration.</param>
    public static Task<RunningWebApi> StartAsync(TimeProvider time, HttpMessageHandler? issuer, params (string Key, string Value)[] settings) =>
        StartAsync(time, issuer, settings, _ => { }, _ => { });

    /// <param name="map">Maps a test's own routes like routes of the API.</param>
    /// <param name="mapLate">Maps routes after those of the API have been checked.</param>
    public static Task<RunningWebApi> StartAsync(Action<WebApplication> map, Action<WebApplication>? mapLate = null) =>
        StartAsync(TimeProvider.System, null, [], map, mapLate ?? (_ => { }));

    /// <param name="time">The API's clock.</param>
    /// <param name="mapLate">Maps routes after those of the API have been checked.</param>
    /// <param name="settings">Configuration.</param>
    public static Task<RunningWebApi> StartAsync(TimeProvider time, Action<WebApplication> mapLate, params (string Key, string Value)[] settings) =>
        StartAsync(time, null, settings, _ => { }, mapLate);

    /// <param name="log">Receives what the API logs.</param>
    public static Task<RunningWebApi> StartAsync(ILoggerProvider log, params (string Key, string Value)[] settings) => StartAsync(TimeProvider.System, log, settings);

    /// <param name="time">The API's clock.</param>
    /// <param name="log">Receives what the API logs.</param>
    public static Task<RunningWebApi> StartAsync(TimeProvider time, ILoggerProvider log, params (string Key, string Value)[] settings) =>
        StartAsync(time, null, settings, _ => { }, _ => { }, log);

    private static async Task<RunningWebApi> StartAsync(
        TimeProvider time, HttpMessageHandler? issuer, (string Key, string Value)[] settings, Action<WebApplication> map, Action<WebApplication> mapLate,
        ILoggerProvider? log = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Configuration.AddInMemoryCollection([
            new("WebApi:Url", "http://127.0.0.1:0"),
            new("AzureAd:Instance", Issuer),
            new("AzureAd:ClientId", ClientId),
            .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)),
        ]);
        var grains = new StubGrains();

        // Every tenant is known, unless a test changes it.
        grains.On<IKnownIdsGrain>("Lease", _ => Task.FromResult(
            new KnownIdsAnswer(PolicyAnswerKind.Leased, new KnownIds(1, [], IsComplete: false), TimeSpan.FromDays(1))));
        builder.Services.AddSingleton(grains.Factory);
        builder.Services.AddSingleton(time);
        builder.AddEngageCenterWebApi();
        builder.Services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt => jwt.BackchannelHttpHandler = issuer);
        builder.Services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt =>
        {
            if (issuer is not null)
            {
                return;
            }

            var known = new OpenIdConnectConfiguration { Issuer = $"{Issuer}/{{tenantid}}/v2.0" };
            known.SigningKeys.Add(key);
            jwt.ConfigurationManager = new StaticConfigurationManager<OpenIdConnectConfiguration>(known);
        });

        var app = builder.Build();
        map(app);
        app.MapEngageCenterWebApi();
        mapLate(app);
        await app.StartAsync();
        return new(app, grains);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    /// <summary>Returns a person's token.</summary>
    public static string Token(PersonId? person = null, params (string Name, object? Value)[] claims) => Sign(Claims(person, claims));

    public static (string Name, object? Value)[] Claims(PersonId? person = null, params (string Name, object? Value)[] claims) =>
    [
        ("tid", (person ?? Ann).TenantId.ToString()), ("oid", (person ?? Ann).UserId.ToString()), ("ver", "2.0"),
        ("scp", "access_as_user"), ("name", "Ann"), ("preferred_username", "ann@contoso.example"), .. claims,
    ];

    public static string ApplicationToken(params string[] appRoles) => Sign(ApplicationClaims(appRoles));

    public static (string Name, object? Value)[] ApplicationClaims(params string[] appRoles) =>
    [
        ("tid", Tenant.ToString()), ("oid", "c0000000-0000-4000-8000-0000000000aa"), ("ver", "2.0"), ("idtyp", "app"), ("roles", appRoles),
    ];

    /// <param name="claims">Later claims replace earlier ones; null removes a claim.</param>
    /// <param name="age">How long ago it was issued.</param>
    /// <param name="lifetime">One hour by default.</param>
    /// <param name="by">The signing key; by default that of the API's own issuer.</param>
    /// <param name="header">Further headers of the token; <c>typ</c> replaces JWT.</param>
    public static string Sign(
        (string Name, object? Value)[] claims, TimeSpan? age = null, TimeSpan? lifetime = null, SecurityKey? by = null, params (string Name, object Value)[] header)
    {
        var payload = new Dictionary<string, object>();
        foreach (var (name, value) in claims)
        {
            payload.Remove(name);
            if (value is not null)
            {
                payload.Add(name, value);
            }
        }

        var issued = TimeProvider.System.GetUtcNow().UtcDateTime - (age ?? TimeSpan.Zero);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = $"{Issuer}/{payload.GetValueOrDefault("tid")}/v2.0",
            Audience = ClientId,
            IssuedAt = issued,
            NotBefore = issued,
            Expires = issued + (lifetime ?? TimeSpan.FromHours(1)),
            Claims = payload,
            SigningCredentials = new(by ?? key, SecurityAlgorithms.RsaSha256),
            TokenType = header.FirstOrDefault(h => h.Name == "typ").Value as string ?? "JWT",
            AdditionalHeaderClaims = header.Where(h => h.Name != "typ").ToDictionary(h => h.Name, h => h.Value),
        });
    }

    public async Task<Answer> SendAsync(
        string method, string path, string? token = null, string? body = null, string mediaType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        using var response = await Client.SendAsync(request);
        return new((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Sets the decisions about Ann, one after another, with or without roles; the last one is repeated.</summary>
    public void Decides(params AccessDecision[] decisions)
    {
        var next = 0;
        Decides(() => new(decisions[Math.Min(next++, decisions.Length - 1)]));
    }

    /// <summary>What persons' grains decide, and lend to nobody: with roles, as a node asks that keeps decisions, or without.</summary>
    public void Decides(Func<ValueTask<AccessDecision>> decide)
    {
        Grains.On<IUserGrain>("Decide", _ => new ValueTask<AccessDecision>(decide().AsTask()));
        Grains.On<IUserGrain>("Explain", _ => new ValueTask<EffectiveAccess>(Explained()));

        async Task<EffectiveAccess> Explained() => new(await decide(), []);
    }

    public void Explains(EffectiveAccess access) =>
        Grains.On<IUserGrain>("Explain", _ => new ValueTask<EffectiveAccess>(access));

    public static AccessDecision Member(Permissions permissions, long epoch = 1) => new(Ann, WorkspaceId, Standing.Member, permissions, epoch);
}

public sealed record Answer(int Status, string? ContentType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The problem's slug; null if the response is not a problem.</summary>
    public string? Slug => ContentType == "application/problem+json" ? Json.GetProperty("type").GetString()!["/problems/".Length..] : null;

    public string[] ErrorFields => [.. Json.GetProperty("errors").EnumerateObject().Select(e => e.Name)];
}

/// <summary>Grains that return what a test sets, and fail for every other call.</summary>
public sealed class StubGrains
{
    private readonly ConcurrentDictionary<(Type, string), Func<object?[], object>> answers = new();

    public StubGrains()
    {
        Factory = DispatchProxy.Create<IGrainFactory, Proxy>();
        ((Proxy)(object)Factory).Call = (method, _) => Proxy.Of(method.GetGenericArguments()[0], (asked, arguments) =>
            answers.TryGetValue((asked.DeclaringType!, asked.Name), out var answer)
                ? answer(arguments)
                : throw new InvalidOperationException($"Nobody said what {asked.Name} answers."));
    }

    public IGrainFactory Factory { get; }

    public void On<TGrain>(string method, Func<object?[], object> answer) => On(typeof(TGrain), method, answer);

    public void On(Type grain, string method, Func<object?[], object> answer) => answers[(grain, method)] = answer;

    public class Proxy : DispatchProxy
    {
        public Func<MethodInfo, object?[], object>? Call { get; set; }

        public static object Of(Type type, Func<MethodInfo, object?[], object> call)
        {
            var proxy = Create(type, typeof(Proxy));
            ((Proxy)proxy).Call = call;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Call!(targetMethod!, args ?? []);
    }
}
