using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using static EngageCenter.LocalEntra.Tests.SignIn.SignInClient;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.SignIn;

/// <summary>Tests what the token endpoint returns for a code and for a refresh token, and each refusal.</summary>
public sealed class RedemptionTests : OwnEntraTest
{
    private SignInClient client = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        client = new(entra);
    }

    [Theory]
    [InlineData(Contoso)]
    [InlineData("organizations")]
    [InlineData("common")]
    public async Task Code_is_redeemed_for_tokens_of_the_signed_in_person(string tenant)
    {
        var code = (await client.SignInAsync(tenant: tenant))["code"];
        var (status, answer) = await client.RedeemAsync(code, tenant, ("client_info", "1"));

        Assert.Equal((200, "Bearer", 3600), (status, Text(answer, "token_type"), answer.GetProperty("expires_in").GetInt32()));
        var id = RunningEntra.Payload(Text(answer, "id_token"));
        Assert.Equal((Web, $"{entra.Url}/{Contoso}/v2.0", "the nonce"), (Text(id, "aud"), Text(id, "iss"), Text(id, "nonce")));
        Assert.Equal((Ann, Contoso, "Ann Archer", "2.0"), (Text(id, "oid"), Text(id, "tid"), Text(id, "name"), Text(id, "ver")));
        Assert.Equal(("ann@contoso.example", "ann.archer@contoso.example"), (Text(id, "preferred_username"), Text(id, "email")));
        Assert.True(Guid.TryParse(Text(id, "sid"), out _));
        Assert.Equal((1772366400, 1772366400 + 3600), (id.GetProperty("iat").GetInt64(), id.GetProperty("exp").GetInt64()));

        var access = RunningEntra.Payload(Text(answer, "access_token"));
        Assert.Equal((LocalEntraOptions.DefaultApiClientId, Web, "1", "access_as_user"), (Text(access, "aud"), Text(access, "azp"), Text(access, "azpacr"), Text(access, "scp")));
        Assert.Equal("api://engage-center/access_as_user", Text(answer, "scope"));
        Assert.NotEqual(Text(id, "sub"), Text(access, "sub"));

        var account = JsonDocument.Parse(Base64UrlEncoder.Decode(Text(answer, "client_info"))).RootElement;
        Assert.Equal((Ann, Contoso), (Text(account, "uid"), Text(account, "utid")));
    }

    [Fact]
    public async Task Only_requested_tokens_are_returned()
    {
        var (_, answer) = await client.RedeemAsync(await client.CodeAsync(("scope", "api://engage-center/access_as_user")));

        Assert.Equal(["access_token", "expires_in", "ext_expires_in", "scope", "token_type"], answer.EnumerateObject().Select(member => member.Name).Order());
    }

    [Fact]
    public async Task Token_without_a_scope_of_the_API_is_not_for_the_API()
    {
        var (_, answer) = await client.RedeemAsync(await client.CodeAsync(("scope", "openid profile")));

        Assert.Equal("00000003-0000-0000-c000-000000000000", Text(RunningEntra.Payload(Text(answer, "access_token")), "aud"));
    }

    [Fact]
    public async Task Public_client_needs_no_secret_and_may_not_send_one()
    {
        (string, string?)[] native = [("client_id", Native), ("redirect_uri", "http://127.0.0.1:77/other")];
        using var browser = new Browser { StopAt = "/other" };
        var code = (await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl(changes: native)), "ann@contoso.example")).Query["code"];

        var (refused, refusal) = await client.RedeemAsync(code, changes: [.. native, ("client_secret", "x")]);
        Assert.Equal((401, 700025), (refused, ErrorCode(refusal)));

        var (status, answer) = await client.RedeemAsync(code, changes: [.. native, ("client_secret", null)]);
        Assert.Equal((200, "0"), (status, Text(RunningEntra.Payload(Text(answer, "access_token")), "azpacr")));
    }

    [Theory]
    [InlineData(Contoso, "code", null, 400, "invalid_request", 900144)]
    [InlineData(Contoso, "code", "unknown", 400, "invalid_grant", 70008)]
    [InlineData(Contoso, "code_verifier", null, 400, "invalid_request", 900144)]
    [InlineData(Contoso, "code_verifier", "another-verifier-of-at-least-forty-three-chars", 400, "invalid_grant", 501481)]
    [InlineData(Contoso, "redirect_uri", null, 400, "invalid_grant", 70000)]
    [InlineData(Contoso, "redirect_uri", "http://127.0.0.1:5001/signin-oidc", 400, "invalid_grant", 70000)]
    [InlineData(Contoso, "client_id", null, 400, "invalid_request", 900144)]
    [InlineData(Contoso, "client_id", "nobody", 400, "unauthorized_client", 700016)]
    [InlineData(Contoso, "client_secret", null, 401, "invalid_client", 7000218)]
    [InlineData(Contoso, "client_secret", "wrong", 401, "invalid_client", 7000215)]
    [InlineData(Fabrikam, "x", "y", 400, "invalid_grant", 70000)]
    [InlineData("99999999-0000-4000-8000-000000000000", "x", "y", 400, "invalid_request", 90002)]
    public async Task Refused_redemption_leaves_the_code_valid(string tenant, string name, string? value, int status, string error, int number)
    {
        var code = await client.CodeAsync();

        var (actual, answer) = await client.RedeemAsync(code, tenant, (name, value));

        Assert.Equal((status, error, number), (actual, Text(answer, "error"), ErrorCode(answer)));
        Assert.Equal(200, (await client.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task Code_cannot_be_redeemed_by_another_application()
    {
        var (status, answer) = await client.RedeemAsync(await client.CodeAsync(), changes: [("client_id", "powerless"), ("client_secret", "s3cret")]);

        Assert.Equal((400, 70000), (status, ErrorCode(answer)));
    }

    [Fact]
    public async Task Code_used_twice_is_refused_and_its_tokens_are_revoked()
    {
        var code = await client.CodeAsync();
        var refreshToken = Text((await client.RedeemAsync(code)).Answer, "refresh_token");

        var (status, answer) = await client.RedeemAsync(code);
        Assert.Equal((400, "invalid_grant", 54005), (status, Text(answer, "error"), ErrorCode(answer)));

        (status, answer) = await client.RefreshAsync(refreshToken);
        Assert.Equal((400, "invalid_grant", 700082), (status, Text(answer, "error"), ErrorCode(answer)));
    }

    [Fact]
    public async Task Code_redeemed_twice_concurrently_gives_tokens_once()
    {
        var code = await client.CodeAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.RedeemAsync(code)));

        Assert.Single(answers, answer => answer.Status == 200);
    }

    [Theory]
    [InlineData(299, 200)]
    [InlineData(300, 400)]
    public async Task Code_is_valid_for_five_minutes(int seconds, int expected)
    {
        var code = await client.CodeAsync();
        time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(expected, (await client.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task Refresh_token_gives_new_tokens_and_the_next_refresh_token()
    {
        var first = await client.RefreshTokenAsync();
        time.Advance(TimeSpan.FromMinutes(30));

        var (status, answer) = await client.RefreshAsync(first, "organizations", ("scope", Scope), ("client_info", "1"));

        Assert.Equal(200, status);
        Assert.Equal(1772366400 + 1800, RunningEntra.Payload(Text(answer, "access_token")).GetProperty("iat").GetInt64());
        Assert.False(RunningEntra.Payload(Text(answer, "id_token")).TryGetProperty("nonce", out _));
        Assert.NotEmpty(Text(answer, "client_info"));
        var second = Text(answer, "refresh_token");
        Assert.NotEqual(first, second);
        Assert.Equal(200, (await client.RefreshAsync(second)).Status);
    }

    [Fact]
    public async Task Refresh_token_can_be_used_once()
    {
        var token = await client.RefreshTokenAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.RefreshAsync(token)));

        var next = Assert.Single(answers, answer => answer.Status == 200).Answer;
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal((400, "invalid_grant", 70000), (answer.Status, Text(answer.Answer, "error"), ErrorCode(answer.Answer))));

        // Pages may refresh in parallel, so the losing request must not end the session of the winning one.
        Assert.Equal(200, (await client.RefreshAsync(Text(next, "refresh_token"))).Status);
    }

    [Theory]
    [InlineData(Contoso, "refresh_token", null, 400, "invalid_request", 900144)]
    [InlineData(Contoso, "refresh_token", "unknown", 400, "invalid_grant", 700082)]
    [InlineData(Contoso, "scope", "Mail.Read", 400, "invalid_scope", 70011)]
    [InlineData(Contoso, "client_secret", "wrong", 401, "invalid_client", 7000215)]
    [InlineData(Fabrikam, "x", "y", 400, "invalid_grant", 70000)]
    public async Task Refused_refresh_leaves_the_token_valid(string tenant, string name, string? value, int status, string error, int number)
    {
        var token = await client.RefreshTokenAsync();

        var (actual, answer) = await client.RefreshAsync(token, tenant, (name, value));

        Assert.Equal((status, error, number), (actual, Text(answer, "error"), ErrorCode(answer)));
        Assert.Equal(200, (await client.RefreshAsync(token)).Status);
    }

    [Theory]
    [InlineData(23, 200)]
    [InlineData(24, 400)]
    public async Task Refresh_token_is_valid_for_a_day(int hours, int expected)
    {
        var token = await client.RefreshTokenAsync();
        time.Advance(TimeSpan.FromHours(hours));

        Assert.Equal(expected, (await client.RefreshAsync(token)).Status);
    }

    [Fact]
    public async Task Refreshed_token_has_the_current_groups()
    {
        var token = await client.RefreshTokenAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        using var content = new StringContent($$"""{"@odata.id":"https://graph.microsoft.com/v1.0/users/{{Ann}}"}""", Encoding.UTF8, "application/json");
        using var added = await entra.Client.PostAsync($"/graph/v1.0/groups/{Empty}/members/$ref", content);

        var (_, answer) = await client.RefreshAsync(token);

        Assert.Contains(Empty, RunningEntra.Payload(Text(answer, "access_token")).GetProperty("groups").EnumerateArray().Select(group => group.GetString()));
    }
}
