using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Identity;

public sealed class AuthenticationTests : IAsyncLifetime
{
    private RunningWebApi api = null!;

    public async Task InitializeAsync() => api = await RunningWebApi.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Missing_or_malformed_token_is_401_with_the_expected_scheme()
    {
        foreach (var token in new[] { null, "x", "a.b.c", Token()[..^4] + "AAAA" })
        {
            var answer = await api.SendAsync("GET", "/v1/roles", token);

            Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Slug));
            Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Token_is_valid_within_its_lifetime_and_the_clock_skew()
    {
        Assert.Equal(200, await StatusOf(age: TimeSpan.FromMinutes(61)));
        Assert.Equal(401, await StatusOf(age: TimeSpan.FromMinutes(63)));
        Assert.Equal(200, await StatusOf(age: TimeSpan.FromMinutes(-1)));
        Assert.Equal(401, await StatusOf(age: TimeSpan.FromMinutes(-3)));

        async Task<int> StatusOf(TimeSpan age) =>
            (await api.SendAsync("GET", "/v1/roles", Sign([("tid", Tenant.ToString()), ("oid", Tenant.ToString()), ("scp", "access_as_user"), ("ver", "2.0")], age))).Status;
    }

    [Fact]
    public async Task Token_of_another_tenant_is_valid_if_its_issuer_is_that_tenants()
    {
        var other = new PersonId(Guid.NewGuid(), Guid.NewGuid());

        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token(other))).Status);
        Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles", Token(null, ("tid", null)))).Status);
    }

    [Fact]
    public async Task Wrong_kind_of_caller_is_refused_first()
    {
        var application = await api.SendAsync("GET", "/v1/me", ApplicationToken("Agreements.ReadWrite.All"));
        var person = await api.SendAsync("PUT", "/v1/agreements/!", Token(), "{");

        Assert.Equal((403, "wrong-caller"), (application.Status, application.Slug));
        Assert.Equal((403, "wrong-caller"), (person.Status, person.Slug));
    }

    [Fact]
    public async Task App_role_counts_only_in_a_trusted_tenant()
    {
        await using var trusting = await RunningWebApi.StartAsync(("WebApi:ApplicationTenants:0", Tenant.ToString()));
        await using var doubting = await RunningWebApi.StartAsync(("WebApi:ApplicationTenants:0", Guid.NewGuid().ToString()));
        var token = ApplicationToken("Agreements.ReadWrite.All");

        Assert.Equal(400, (await trusting.SendAsync("GET", "/v1/agreements/!", token)).Status);
        Assert.Equal((403, "missing-permission"), await StatusAndSlug(doubting));

        async Task<(int, string?)> StatusAndSlug(RunningWebApi of)
        {
            var answer = await of.SendAsync("GET", "/v1/agreements/!", token);
            return (answer.Status, answer.Slug);
        }
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public void Without_a_list_every_tenant_is_trusted_in_development_and_none_elsewhere(string environment, bool trusted) => Assert.Equal(
        trusted,
        Authentication.TrustsApplicationsOf(Tenant, new(), new Microsoft.Extensions.Hosting.Internal.HostingEnvironment { EnvironmentName = environment }));

    [Fact]
    public async Task Application_without_the_app_role_is_told_which_one_is_missing()
    {
        var answer = await api.SendAsync("PUT", "/v1/agreements/!", ApplicationToken("SupportCases.ReadWrite.All"), "{");

        Assert.Equal((403, "missing-permission"), (answer.Status, answer.Slug));
        Assert.Equal("Agreements.ReadWrite.All", answer.Json.GetProperty("appRole").GetString());
    }

    [Fact]
    public async Task Delegated_token_without_the_scope_is_403_and_names_the_scope()
    {
        var answer = await api.SendAsync("GET", "/v1/me", Token(null, ("scp", "other")));

        Assert.Equal((403, "missing-scope"), (answer.Status, answer.Slug));
        Assert.Contains("insufficient_scope", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/me/workspaces")]
    [InlineData("/v1/me/home")]
    [InlineData($"/v1/workspaces/{WorkspaceId}")]
    [InlineData($"/v1/workspaces/{WorkspaceId}/permissions")]
    public async Task Token_without_the_groups_confirms_only_rights_from_the_contract(string path)
    {
        var asked = new List<SignIn>();
        Says("Decide", () => new ValueTask<AccessDecision>(AccessDecision.Unconfirmed(Ann, WorkspaceId)));
        Says("Explain", () => new ValueTask<EffectiveAccess>(new EffectiveAccess(AccessDecision.Unconfirmed(Ann, WorkspaceId), [])));
        Says("Workspaces", () => Task.FromResult<ImmutableArray<UserWorkspace>?>(null));
        Says("Land", () => Task.FromResult(new Landing(Standing.Unconfirmed, AccessDecision.Unconfirmed(Ann, WorkspaceId))));

        var answer = await api.SendAsync("GET", path, Token(null, ("_claim_names", new Dictionary<string, string> { ["groups"] = "src1" })));

        Assert.Equal((503, "access-unconfirmed"), (answer.Status, answer.Slug));
        Assert.True(answer.Headers.ContainsKey("Retry-After"));
        Assert.True(Assert.Single(asked).LeavesGroupsOut);

        void Says(string method, Func<object> says) => api.Grains.On<IUserGrain>(method, arguments =>
        {
            asked.Add((SignIn)arguments[0]!);
            return says();
        });
    }

    [Theory]
    [InlineData(Standing.Member, true, 403, "missing-permission")]
    [InlineData(Standing.Member, false, 503, "access-unconfirmed")]
    [InlineData(Standing.Outsider, true, 404, "workspace-not-found")]
    [InlineData(Standing.Outsider, false, 503, "access-unconfirmed")]
    [InlineData(Standing.Unconfirmed, false, 503, "access-unconfirmed")]
    public async Task Token_without_the_groups_is_refused_only_if_the_directory_knows_them(Standing standing, bool knowsGroups, int status, string slug)
    {
        api.Decides(new AccessDecision(Ann, WorkspaceId, standing, Permissions.ViewUserRoles, 1, KnowsGroups: knowsGroups));

        var answer = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/support-cases", Token(null, ("_claim_names", new Dictionary<string, string> { ["groups"] = "src1" })));

        Assert.Equal((status, slug), (answer.Status, answer.Slug));
    }

    [Theory]
    [InlineData("JWT", 200)]
    [InlineData("at+jwt", 200)]
    [InlineData("dpop+jwt", 401)]
    [InlineData("logout+jwt", 401)]
    public async Task Token_must_have_the_type_of_access_tokens(string type, int status) => Assert.Equal(
        status, (await api.SendAsync("GET", "/v1/roles", Sign(Claims(), header: ("typ", type)))).Status);

    [Fact]
    public async Task Token_with_a_critical_header_is_refused()
    {
        foreach (var critical in new object[] { new[] { "exp" }, new[] { "http://example.com/unknown" }, Array.Empty<string>(), "exp" })
        {
            var answer = await api.SendAsync("GET", "/v1/roles", Sign(Claims(), header: [("crit", critical), ("exp", 1)]));

            Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Slug));
        }
    }

    [Fact]
    public async Task Token_of_a_personal_account_is_refused() => Assert.Equal(
        401, (await api.SendAsync("GET", "/v1/roles", Token(new(new("9188040d-6c67-4c5b-b112-36a304b66dad"), Guid.NewGuid())))).Status);

    [Fact]
    public async Task Scope_in_an_array_counts() => Assert.Equal(
        200, (await api.SendAsync("GET", "/v1/roles", Token(null, ("scp", new[] { "User.Read", "access_as_user" })))).Status);

    [Fact]
    public void Token_without_an_expiry_is_never_valid() =>
        Assert.False(Authentication.IsCurrent(null, null, DateTimeOffset.UnixEpoch, TimeSpan.Zero));
}
