using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Builder;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Identity;

public sealed class AuthenticationTests : IAsyncLifetime
{
    private RunningWebApi api = null!;

    public async Task InitializeAsync() => api = await RunningWebApi.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task No_token_and_a_token_that_is_none_are_401_and_say_which_kind_is_wanted()
    {
        foreach (var token in new[] { null, "x", "a.b.c", Token()[..^4] + "AAAA" })
        {
            var answer = await api.SendAsync("GET", "/v1/roles", token);

            Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Slug));
            Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_is_good_within_its_time_and_the_skew()
    {
        Assert.Equal(200, await StatusOf(age: TimeSpan.FromMinutes(61)));
        Assert.Equal(401, await StatusOf(age: TimeSpan.FromMinutes(63)));
        Assert.Equal(200, await StatusOf(age: TimeSpan.FromMinutes(-1)));
        Assert.Equal(401, await StatusOf(age: TimeSpan.FromMinutes(-3)));

        async Task<int> StatusOf(TimeSpan age) =>
            (await api.SendAsync("GET", "/v1/roles", Sign([("tid", Tenant.ToString()), ("oid", Tenant.ToString()), ("scp", "access_as_user"), ("ver", "2.0")], age))).Status;
    }

    [Fact]
    public async Task A_token_of_another_tenant_is_as_good_but_its_issuer_must_be_its_tenant_s()
    {
        var other = new PersonId(Guid.NewGuid(), Guid.NewGuid());

        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token(other))).Status);
        Assert.Equal(401, (await api.SendAsync("GET", "/v1/roles", Token(null, ("tid", null)))).Status);
    }

    [Fact]
    public async Task The_wrong_kind_of_caller_is_told_so_before_anything_else()
    {
        var application = await api.SendAsync("GET", "/v1/me", ApplicationToken("Agreements.ReadWrite.All"));
        var person = await api.SendAsync("PUT", "/v1/agreements/!", Token(), "{");

        Assert.Equal((403, "wrong-caller"), (application.Status, application.Slug));
        Assert.Equal((403, "wrong-caller"), (person.Status, person.Slug));
    }

    [Fact]
    public async Task An_application_without_the_app_role_is_told_which()
    {
        var answer = await api.SendAsync("PUT", "/v1/agreements/!", ApplicationToken("SupportCases.ReadWrite.All"), "{");

        Assert.Equal((403, "missing-permission"), (answer.Status, answer.Slug));
        Assert.Equal("Agreements.ReadWrite.All", answer.Json.GetProperty("appRole").GetString());
    }

    [Fact]
    public async Task A_delegated_token_without_the_scope_is_403_and_says_which()
    {
        var answer = await api.SendAsync("GET", "/v1/me", Token(null, ("scp", "other")));

        Assert.Equal((403, "missing-scope"), (answer.Status, answer.Slug));
        Assert.Contains("insufficient_scope", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/me")]
    [InlineData("/v1/me/workspaces")]
    [InlineData("/v1/me/home")]
    [InlineData($"/v1/workspaces/{WorkspaceId}")]
    [InlineData($"/v1/workspaces/{WorkspaceId}/permissions")]
    public async Task A_token_that_leaves_the_groups_out_confirms_nothing(string path)
    {
        var answer = await api.SendAsync("GET", path, Token(null, ("_claim_names", new Dictionary<string, string> { ["groups"] = "src1" })));

        Assert.Equal((503, "access-unconfirmed"), (answer.Status, answer.Slug));
        Assert.True(answer.Headers.ContainsKey("Retry-After"));
    }

    [Theory]
    [InlineData("http://localhost:8081", "c")]
    [InlineData("https://127.0.0.1:8081", "c")]
    [InlineData("http://entra.example", "c")]
    [InlineData("https://login.microsoftonline.com/", null)]
    [InlineData("entra", "c")]
    public void Outside_development_only_an_issuer_of_the_real_world_is_trusted(string instance, string? clientId)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration["AzureAd:Instance"] = instance;
        builder.Configuration["AzureAd:ClientId"] = clientId;

        Assert.Throws<InvalidOperationException>(() => builder.AddEngageCenterWebApi());
    }

    [Fact]
    public void A_token_without_an_end_is_never_current() =>
        Assert.False(Authentication.IsCurrent(null, null, DateTimeOffset.UnixEpoch, TimeSpan.Zero));
}
