using System.Diagnostics.CodeAnalysis;
using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>
/// Tests that a remembered token allows nothing that a full validation would refuse at that moment. Every test first checks
/// that the token is remembered, so that it cannot pass only because the token is not.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "xunit ends it, by IAsyncLifetime.")]
public sealed class RememberedTokenTests : IAsyncLifetime
{
    private static readonly TimeSpan age = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly RsaSecurityKey a = StandInIssuer.NewKey("a");
    private readonly RsaSecurityKey b = StandInIssuer.NewKey("b");
    private readonly StandInIssuer issuer = new();
    private RunningWebApi api = null!;
    private TokenMeter meter = null!;

    public async Task InitializeAsync()
    {
        issuer.Keys = [a, b];
        api = await StartAsync(time, issuer);
        meter = new(api.Services);
        await Answer(r => r.Succeeds());
    }

    public async Task DisposeAsync()
    {
        meter.Dispose();
        await api.DisposeAsync();
        issuer.Dispose();
    }

    [Fact]
    public async Task Token_is_validated_in_full_once_and_then_remembered()
    {
        var token = TokenBy(a);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, await Status(token));
        }

        Assert.Equal((1, 4), meter.Take());
        Assert.Equal(200, await Status(TokenBy(b)));
        Assert.Equal((1, 0), meter.Take());
    }

    [Fact]
    public async Task Without_remembered_tokens_every_request_is_validated_in_full()
    {
        using var its = new StandInIssuer { Keys = [a] };
        await using var forgetful = await StartAsync(time, its, ("WebApi:RememberedTokens:Enabled", "false"));
        using var counted = new TokenMeter(forgetful.Services);
        await Answer(r => r.Succeeds(), forgetful, its);
        var token = TokenBy(a);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await forgetful.SendAsync("GET", "/v1/roles", token)).Status);
        }

        Assert.Equal((3, 0), counted.Take());
    }

    [Fact]
    public async Task Removed_signing_key_ends_its_remembered_tokens_with_the_next_read()
    {
        var (ofA, ofB) = (await Remembered(TokenBy(a)), await Remembered(TokenBy(b)));
        issuer.Keys = [b];
        await ReadKeys();

        Assert.Equal((401, 200), (await Status(ofA), await Status(ofB)));
        Assert.True(IssuerKeys.Interval + IssuerKeys.ReadTimeout < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task New_key_with_the_id_of_an_old_one_ends_the_remembered_tokens_of_the_old_one()
    {
        var token = await Remembered(TokenBy(a));
        issuer.Keys = [StandInIssuer.NewKey("a"), b];
        await ReadKeys();

        Assert.Equal(401, await Status(token));
    }

    [Fact]
    public async Task Reading_the_same_keys_again_keeps_remembered_tokens()
    {
        var token = await Remembered(TokenBy(a));
        issuer.Keys = [b, a];
        await ReadKeys();

        Assert.Equal(200, await Status(token));
        Assert.Equal((0, 1), meter.Take());
    }

    [Fact]
    public async Task New_key_causes_every_token_to_be_validated_again()
    {
        var token = await Remembered(TokenBy(a));
        issuer.Keys = [a, b, StandInIssuer.NewKey("c")];
        await ReadKeys();

        Assert.Equal(200, await Status(token));
        Assert.Equal((1, 0), meter.Take());
    }

    [Fact]
    public async Task Token_whose_key_is_removed_while_it_is_validated_is_not_remembered()
    {
        // When this is called, the signature has been checked, and the token is remembered afterwards.
        var token = TokenBy(a);
        var validated = Options.Events.OnTokenValidated;
        Options.Events.OnTokenValidated = async context =>
        {
            await validated(context);
            issuer.Keys = [b];
            await ReadKeys();
            Options.Events.OnTokenValidated = validated;
        };

        Assert.Equal(200, await Status(token));
        Assert.Equal(401, await Status(token));
    }

    // The library's retriever does not pass its cancellation token on, so this timeout ends the request.
    [Fact]
    public void Request_to_the_issuer_ends_with_its_read() => Assert.Equal(IssuerKeys.ReadTimeout, Options.Backchannel.Timeout);

    [Fact]
    public async Task Remembered_token_is_not_accepted_if_the_keys_are_too_old()
    {
        var token = await Remembered(TokenBy(a, lifetime: TimeSpan.FromDays(3)));
        time.Advance(IssuerKeys.MaxAge + TimeSpan.FromSeconds(1));
        await Answer(r => r.Fails());

        Assert.Equal(503, await Status(token));
    }

    [Fact]
    public async Task Remembered_token_ends_at_its_exp()
    {
        var token = await Remembered(TokenBy(a, lifetime: TimeSpan.FromHours(1)));
        var expires = new DateTimeOffset(new JsonWebToken(token).ValidTo, TimeSpan.Zero);

        time.Advance(expires - time.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, await Status(token));
        Assert.Equal((0, 1), meter.Take());

        // From here on the full validation decides, as for any token within the clock skew.
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, await Status(token));
        Assert.Equal((1, 0), meter.Take());

        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(401, await Status(token));
        Assert.Equal(401, await Status(token));
    }

    [Fact]
    public async Task Remembered_token_is_not_valid_before_its_nbf_when_the_clock_is_set_back()
    {
        var token = await Remembered(TokenBy(a));
        var real = time.GetUtcNow();

        time.AdjustTime(real - TimeSpan.FromMinutes(10));
        Assert.Equal(401, await Status(token));

        time.AdjustTime(real);
        Assert.Equal(200, await Status(token));
    }

    [Fact]
    public async Task Changed_audience_ends_remembered_tokens()
    {
        var token = await Remembered(TokenBy(a));
        await Change(() => api.Configuration["AzureAd:TokenValidationParameters:ValidAudience"] = $"{Guid.NewGuid()}");

        Assert.Equal(401, await Status(token));
        Assert.Equal((0, 0), meter.Take());
    }

    [Fact]
    public async Task Changed_authority_ends_remembered_tokens_even_if_the_new_one_has_the_same_keys()
    {
        var token = await Remembered(TokenBy(a));
        issuer.Name = "http://localhost:2/{tenantid}/v2.0";
        await Change(() => api.Configuration["AzureAd:Authority"] = "http://localhost:2/organizations/v2.0");

        Assert.Equal(401, await Status(token));
        Assert.Equal((0, 0), meter.Take());
    }

    [Fact]
    public async Task Issuer_that_changes_its_name_ends_remembered_tokens()
    {
        var token = await Remembered(TokenBy(a));
        issuer.Name = "http://localhost:2/{tenantid}/v2.0";
        await ReadKeys();

        Assert.Equal(401, await Status(token));
    }

    [Fact]
    public async Task App_roles_of_a_remembered_token_end_when_its_tenant_is_no_longer_trusted()
    {
        var tenants = api.Services.GetRequiredService<WebApiOptions>().ApplicationTenants;
        tenants.Add(Tenant);
        var token = Sign(ApplicationClaims("Agreements.ReadWrite.All"), age, by: a);
        Assert.Equal(400, await Status(token, "/v1/agreements/!"));
        Assert.Equal(400, await Status(token, "/v1/agreements/!"));
        Assert.Equal((1, 1), meter.Take());

        tenants[0] = Guid.NewGuid();
        Assert.Equal(403, await Status(token, "/v1/agreements/!"));
        Assert.Equal((0, 1), meter.Take());

        tenants[0] = Tenant;
        Assert.Equal(400, await Status(token, "/v1/agreements/!"));
    }

    [Fact]
    public async Task Remembered_token_of_a_tenant_that_is_no_longer_known_gets_an_outsiders_response()
    {
        api.Grains.On<IUserGrain>("Me", _ => Task.FromResult(new Me(Ann, new("Ann", null, UserType.Member), "last")));
        Names(Tenant, 1);
        var token = TokenBy(a);
        Assert.Equal("last", await LastOpened());
        Assert.Equal("last", await LastOpened());

        // The next lease of the set belongs to agreements that name another tenant.
        Names(Guid.NewGuid(), 2);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await LastOpened());
        Assert.Equal((1, 2), meter.Take());

        async Task<string?> LastOpened() => (await api.SendAsync("GET", "/v1/me", token)).Json.GetProperty("lastAccessedWorkspaceId").GetString();
        void Names(Guid tenant, long epoch) => api.Grains.On<IKnownIdsGrain>("Lease", _ => Task.FromResult(
            new KnownIdsAnswer(PolicyAnswerKind.Leased, new KnownIds(epoch, [tenant], IsComplete: true), TimeSpan.FromSeconds(30))));
    }

    [Fact]
    public async Task Remembered_token_needs_the_scope_and_kind_that_each_endpoint_requires()
    {
        var scopeless = await Remembered(TokenBy(a, claims: ("scp", "other")), 403);
        var person = await Remembered(TokenBy(a));
        var application = Sign(ApplicationClaims("SupportCases.ReadWrite.All"), age, by: a);
        Assert.Equal(404, await ExistingWorkspaceStatus(application));
        Assert.Equal(404, await ExistingWorkspaceStatus(application));
        meter.Take();

        Assert.Equal(("missing-scope", "wrong-caller"), (await Slug("GET", "/v1/me", scopeless), await Slug("PUT", "/v1/agreements/a", person)));
        Assert.Equal(("missing-permission", "wrong-caller"), (await Slug("PUT", "/v1/agreements/a", application), await Slug("GET", "/v1/me", application)));
        Assert.Equal((0, 4), meter.Take());

        async Task<string?> Slug(string method, string path, string token) => (await api.SendAsync(method, path, token, method == "PUT" ? "{}" : null)).Slug;
        async Task<int> ExistingWorkspaceStatus(string token) => (await api.SendAsync("POST", "/v1/workspaces/!/support-cases", token, "{}")).Status;
    }

    [Fact]
    public async Task Changed_token_does_not_count_as_the_remembered_one()
    {
        var real = await Remembered(TokenBy(a));
        var parts = real.Split('.');
        var other = TokenBy(a, claims: ("oid", Guid.NewGuid().ToString())).Split('.');
        string[] forged =
        [
            $"{parts[0]}.{other[1]}.{parts[2]}", $"{other[0]}.{parts[1]}.{other[2]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}.{parts[1]}", $"{real}A", $"{real}.", real[1..],
            $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}", real.ToUpperInvariant(),
        ];
        foreach (var token in forged)
        {
            Assert.Equal((401, 401), (await Status(token), await Status(token)));
        }

        Assert.Equal((0, 0), meter.Take());
        Assert.Equal(200, await Status(real));
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("")]
    [InlineData("Bearer Bearer")]
    public async Task Remembered_token_counts_as_a_bearer_token_only(string scheme)
    {
        var token = await Remembered(TokenBy(a));

        Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles", headers: ("Authorization", $"{scheme} {token}".Trim()))).Status);
    }

    [Fact]
    public async Task Refused_token_is_never_remembered()
    {
        var expired = Sign(Claims(), age: TimeSpan.FromDays(1), by: a);
        var personal = TokenBy(a, claims: ("tid", "9188040d-6c67-4c5b-b112-36a304b66dad"));
        foreach (var token in new[] { expired, personal, TokenBy(StandInIssuer.NewKey("a")), "garbage" })
        {
            Assert.Equal((401, 401, 401), (await Status(token), await Status(token), await Status(token)));
        }

        Assert.Equal((0, 0), meter.Take());
        Assert.Equal(0, Memory.Count);
    }

    [Fact]
    public async Task Grain_receives_the_claims_of_every_token_even_if_repeated()
    {
        var asked = new List<SignIn>();
        api.Grains.On<IUserGrain>("Workspaces", arguments =>
        {
            asked.Add((SignIn)arguments[0]!);
            return Task.FromResult<System.Collections.Immutable.ImmutableArray<UserWorkspace>?>([]);
        });
        Guid[] groups = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        var older = Sign(Claims(null, ("groups", groups)), age: TimeSpan.FromMinutes(10), by: a);
        var newer = Sign(Claims(null, ("groups", groups[..1])), age: TimeSpan.FromMinutes(1), by: a);
        string[] tokens = [older, newer, older, newer, newer, older];
        foreach (var token in tokens)
        {
            Assert.Equal(200, await Status(token, "/v1/me/workspaces"));
        }

        Assert.Equal((2, 4), meter.Take());
        Assert.Equal(
            tokens.Select(token => (new DateTimeOffset(new JsonWebToken(token).IssuedAt, TimeSpan.Zero), token == older ? 3 : 1)),
            asked.Select(signIn => (signIn.IssuedAt, signIn.Groups.Length)));
    }

    [Fact]
    public async Task Remembered_token_works_behind_a_refused_address_until_it_is_refused_itself()
    {
        using var its = new StandInIssuer { Keys = [a, b] };
        await using var limited = await StartAsync(time, its, ("WebApi:RateLimit:FailuresPerMinute", "2"));
        await Answer(r => r.Succeeds(), limited, its);
        var token = TokenBy(a);
        Assert.Equal((200, 401, 401, 429, 200), (await Of(token), await Of("garbage"), await Of("garbage"), await Of("garbage"), await Of(token)));

        // The token is still accepted once, because it was found valid here; after the refusal it is not.
        its.Keys = [b];
        time.Advance(IssuerKeys.Interval);
        await Answer(r => r.Succeeds(), limited, its);
        Assert.Equal((401, 429, 429), (await Of(token), await Of(token), await Of(TokenBy(b))));

        async Task<int> Of(string sent) => (await limited.SendAsync("GET", "/v1/roles", sent)).Status;
    }

    private TokenMemory Memory => api.Services.GetRequiredService<TokenMemory>();

    private JwtBearerOptions Options => OptionsOf(api);

    /// <summary>Returns the token after checking that it is remembered.</summary>
    private async Task<string> Remembered(string token, int status = 200)
    {
        meter.Take();
        Assert.Equal((status, status), (await Status(token), await Status(token)));
        Assert.Equal((1, 1), meter.Take());
        return token;
    }

    private async Task<int> Status(string? token, string path = "/v1/roles") => (await api.SendAsync("GET", path, token)).Status;

    // The token was issued before the start of the test clock, which stands still while the tests run.
    private static string TokenBy(SecurityKey key, TimeSpan? lifetime = null, params (string Name, object? Value)[] claims) =>
        Sign(Claims(null, claims), age, lifetime, key);

    private async Task ReadKeys()
    {
        time.Advance(IssuerKeys.Interval);
        await Answer(r => r.Succeeds());
    }

    // The options are created again, with a new reader of keys that the host has not started.
    private async Task Change(Action change)
    {
        change();
        api.Services.GetRequiredService<IOptionsMonitorCache<JwtBearerOptions>>().Clear();
        using var stop = new CancellationTokenSource();
        var keys = (IssuerKeys)Options.ConfigurationManager!;
        var reading = keys.RunAsync(stop.Token);
        await Answer(r => r.Succeeds());
        Assert.NotNull(keys.CurrentSet);
        await stop.CancelAsync();
        await reading;
    }

    // When this returns, the read has ended, and the next one is due at this moment.
    private Task Answer(Action<StandInIssuer.Read> how) => Answer(how, api, issuer);

    private static async Task Answer(Action<StandInIssuer.Read> how, RunningWebApi of, StandInIssuer by)
    {
        var read = await by.Next();
        var ended = ((IssuerKeys)OptionsOf(of).ConfigurationManager!).Reading;
        how(read);
        await ended;
    }

    private static JwtBearerOptions OptionsOf(RunningWebApi of) => of.Services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
}
