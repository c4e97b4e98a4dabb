using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Tokens;

public sealed class AccessTokensTests(SharedEntra shared) : IClassFixture<SharedEntra>
{
    private readonly FakeTimeProvider time = shared.Time;
    private readonly RunningEntra entra = shared.Running;

    [Fact]
    public async Task Delegated_token_has_the_claims_of_Entra()
    {
        var text = await entra.TokenOfAsync(Contoso, "ann@contoso.example");
        var header = new JsonWebToken(text);
        var token = RunningEntra.Payload(text);
        var now = time.GetUtcNow().ToUnixTimeSeconds();

        Assert.Equal(("RS256", "JWT"), (header.Alg, header.Typ));
        Assert.NotEmpty(header.Kid);
        Assert.Equal(LocalEntraOptions.DefaultApiClientId, token.GetProperty("aud").GetString());
        Assert.Equal($"{entra.Url}/{Contoso}/v2.0", token.GetProperty("iss").GetString());
        Assert.Equal((now, now, now + 3600), (token.GetProperty("iat").GetInt64(), token.GetProperty("nbf").GetInt64(), token.GetProperty("exp").GetInt64()));
        Assert.Equal(Contoso, token.GetProperty("tid").GetString());
        Assert.Equal(Ann, token.GetProperty("oid").GetString());
        Assert.Equal("2.0", token.GetProperty("ver").GetString());
        Assert.Equal("tests", token.GetProperty("azp").GetString());
        Assert.Equal("0", token.GetProperty("azpacr").GetString());
        Assert.Equal("access_as_user", token.GetProperty("scp").GetString());
        Assert.Equal("Ann Archer", token.GetProperty("name").GetString());
        Assert.Equal("ann@contoso.example", token.GetProperty("preferred_username").GetString());
        Assert.Equal("ann.archer@contoso.example", token.GetProperty("email").GetString());
        Assert.Equal(0, token.GetProperty("acct").GetInt32());
        Assert.NotEqual(Ann, token.GetProperty("sub").GetString());
        Assert.False(token.TryGetProperty("idtyp", out _));
        Assert.False(token.TryGetProperty("roles", out _));
    }

    [Fact]
    public async Task No_two_tokens_have_the_same_uti()
    {
        var first = RunningEntra.Payload(await entra.TokenOfAsync(Contoso, "ann@contoso.example"));
        var second = RunningEntra.Payload(await entra.TokenOfAsync(Contoso, "ann@contoso.example"));

        Assert.NotEqual(first.GetProperty("uti").GetString(), second.GetProperty("uti").GetString());
        Assert.Equal(first.GetProperty("sub").GetString(), second.GetProperty("sub").GetString());
    }

    [Fact]
    public async Task Guest_has_acct_1()
    {
        var token = RunningEntra.Payload(await entra.TokenOfAsync(Contoso, "guy_fabrikam.example#EXT#@contoso.example"));

        Assert.Equal(1, token.GetProperty("acct").GetInt32());
    }

    [Fact]
    public async Task Nested_groups_are_included_even_in_a_cycle()
    {
        Assert.Equal([Outer, Inner, Circle], await entra.GroupsOfAsync(Contoso, "ann@contoso.example"));
    }

    [Fact]
    public async Task One_group_is_an_array_and_no_group_is_no_claim()
    {
        var eve = RunningEntra.Payload(await entra.TokenOfAsync(Fabrikam, "eve@fabrikam.example"));
        var guy = RunningEntra.Payload(await entra.TokenOfAsync(Contoso, "guy_fabrikam.example#EXT#@contoso.example"));

        Assert.Equal($"[\"{Foreign}\"]", eve.GetProperty("groups").GetRawText());
        Assert.False(eve.TryGetProperty("email", out _));
        Assert.False(guy.TryGetProperty("groups", out _));
        Assert.False(guy.TryGetProperty("_claim_names", out _));
    }

    [Theory]
    [InlineData(200, false)]
    [InlineData(201, true)]
    public async Task Token_with_over_200_groups_says_where_to_ask(int groups, bool overage)
    {
        await using var crowded = await RunningEntra.StartAsync(new
        {
            tenants = new[]
            {
                new
                {
                    tenantId = Contoso,
                    displayName = "Contoso",
                    users = new[] { new { id = Ann, displayName = "Ann", userPrincipalName = "ann@contoso.example" } },
                    groups = Enumerable.Range(1, groups).Select(i => new { id = $"40000000-0000-4000-8000-{i:x12}", displayName = $"Group {i}", members = new[] { Ann } }),
                },
            },
        });

        var token = RunningEntra.Payload(await crowded.TokenOfAsync(Contoso, "ann@contoso.example"));

        Assert.Equal(!overage, token.TryGetProperty("groups", out _));
        Assert.Equal(overage, token.TryGetProperty("_claim_names", out var names));
        if (overage)
        {
            Assert.Equal("""{"groups":"src1"}""", names.GetRawText());
            Assert.Equal(
                $"{crowded.Url}/graph/v1.0/users/{Ann}/getMemberObjects",
                token.GetProperty("_claim_sources").GetProperty("src1").GetProperty("endpoint").GetString());
        }
    }

    [Fact]
    public async Task App_only_token_has_roles_and_no_person()
    {
        var token = RunningEntra.Payload(await entra.TokenOfApplicationAsync(Contoso, "Automation", "s3cret:/+ %"));

        Assert.Equal("app", token.GetProperty("idtyp").GetString());
        Assert.Equal("""["Agreements.ReadWrite.All","Learning.ReadWrite.All"]""", token.GetProperty("roles").GetRawText());
        Assert.Equal(token.GetProperty("oid").GetGuid().ToString(), token.GetProperty("sub").GetString());
        Assert.Equal(("automation", "1"), (token.GetProperty("azp").GetString(), token.GetProperty("azpacr").GetString()));
        Assert.All(["scp", "name", "preferred_username", "email", "acct", "groups"], claim => Assert.False(token.TryGetProperty(claim, out _)));
    }

    [Fact]
    public async Task Service_principal_is_stable_and_differs_in_each_tenant()
    {
        var first = await ServicePrincipalAsync(Contoso);

        Assert.Equal(first, await ServicePrincipalAsync(Contoso));
        Assert.NotEqual(first, await ServicePrincipalAsync(Fabrikam));
    }

    [Fact]
    public async Task Application_without_roles_has_no_roles_claim()
    {
        var token = RunningEntra.Payload(await entra.TokenOfApplicationAsync(Contoso, "powerless", "s3cret"));

        Assert.False(token.TryGetProperty("roles", out JsonElement _));
    }

    [Fact]
    public async Task Same_object_id_in_two_tenants_is_two_people()
    {
        var contoso = RunningEntra.Payload(await entra.TokenOfAsync(Contoso, "twin@contoso.example"));
        var fabrikam = RunningEntra.Payload(await entra.TokenOfAsync(Fabrikam, "twin@fabrikam.example"));

        Assert.Equal(contoso.GetProperty("oid").GetString(), fabrikam.GetProperty("oid").GetString());
        Assert.NotEqual(contoso.GetProperty("iss").GetString(), fabrikam.GetProperty("iss").GetString());
    }

    private async Task<string?> ServicePrincipalAsync(string tenant) =>
        RunningEntra.Payload(await entra.TokenOfApplicationAsync(tenant, "automation", "s3cret:/+ %")).GetProperty("oid").GetString();
}
