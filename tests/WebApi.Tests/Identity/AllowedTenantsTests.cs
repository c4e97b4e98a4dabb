using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Identity;

public class AllowedTenantsTests
{
    private static readonly Guid other = new("c1000000-0000-4000-8000-000000000000");

    [Fact]
    public async Task Person_of_an_unlisted_tenant_gets_only_their_own_claims_and_reaches_no_grain()
    {
        // The stub fails if a grain is called, because it has no answer.
        await using var api = await RunningWebApi.StartAsync(($"{AllowedTenants.Setting}:0", $"{other}"));

        var me = await api.SendAsync("GET", "/v1/me", RunningWebApi.Token());
        var workspaces = await api.SendAsync("GET", "/v1/me/workspaces", RunningWebApi.Token());
        var home = await api.SendAsync("GET", "/v1/me/home", RunningWebApi.Token());
        var workspace = await api.SendAsync("GET", $"/v1/workspaces/{RunningWebApi.WorkspaceId}", RunningWebApi.Token());
        var courses = await api.SendAsync("GET", "/v1/learning/courses", RunningWebApi.Token());

        Assert.Equal((200, "Ann", $"{RunningWebApi.Tenant}"), (me.Status, me.Json.GetProperty("displayName").GetString(), me.Json.GetProperty("tenantId").GetString()));
        Assert.Equal((200, 0), (workspaces.Status, workspaces.Json.GetProperty("totalCount").GetInt32()));
        Assert.Equal((200, "NoWorkspaces"), (home.Status, home.Json.GetProperty("reason").GetString()));
        Assert.Equal((404, "workspace-not-found"), (workspace.Status, workspace.Slug));
        Assert.Equal((403, "missing-permission"), (courses.Status, courses.Slug));
    }

    [Fact]
    public async Task Person_of_a_listed_tenant_reaches_their_grain()
    {
        await using var api = await RunningWebApi.StartAsync(($"{AllowedTenants.Setting}:0", $"{other}"), ($"{AllowedTenants.Setting}:1", $"{RunningWebApi.Tenant}"));
        Knows(api);

        Assert.Equal("last", await LastAccessed(api));
    }

    [Theory]
    [InlineData(true, true, "last")]
    [InlineData(false, true, null)]
    [InlineData(false, false, "last")]
    public async Task Without_a_list_the_tenants_named_by_agreements_count_once_all_are_known(bool isNamed, bool isComplete, string? expected)
    {
        await using var api = await RunningWebApi.StartAsync();
        Knows(api);
        api.Grains.On<IKnownIdsGrain>("Lease", _ => Task.FromResult(
            new KnownIdsAnswer(PolicyAnswerKind.Leased, new KnownIds(1, isNamed ? [RunningWebApi.Tenant] : [other], isComplete), TimeSpan.FromMinutes(1))));

        Assert.Equal(expected, await LastAccessed(api));
    }

    [Fact]
    public async Task Without_known_tenants_the_grain_is_asked_and_the_tenants_are_not_read_again_at_once()
    {
        await using var api = await RunningWebApi.StartAsync();
        Knows(api);
        var asked = 0;
        api.Grains.On<IKnownIdsGrain>("Lease", _ =>
        {
            Interlocked.Increment(ref asked);
            return Task.FromException<KnownIdsAnswer>(new TimeoutException());
        });

        for (var n = 0; n < 3; n++)
        {
            Assert.Equal("last", await LastAccessed(api));
        }

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Request_waits_for_the_tenants_only_for_a_limited_time()
    {
        await using var api = await RunningWebApi.StartAsync();
        Knows(api);
        var never = new TaskCompletionSource<KnownIdsAnswer>();
        api.Grains.On<IKnownIdsGrain>("Lease", _ => never.Task);

        Assert.Equal("last", await LastAccessed(api));
        never.SetResult(new(PolicyAnswerKind.Unconfirmed));
    }

    [Fact]
    public async Task Limits_use_the_last_known_tenants_without_waiting()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var api = await RunningWebApi.StartAsync(time);
        var tenants = api.Services.GetRequiredService<AllowedTenants>();
        var answer = new TaskCompletionSource<KnownIdsAnswer>();
        var asked = 0;
        api.Grains.On<IKnownIdsGrain>("Lease", _ =>
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        });

        Assert.All(Enumerable.Range(0, 10), _ => Assert.True(tenants.CountsAsStranger(RunningWebApi.Tenant)));
        answer.SetResult(new(PolicyAnswerKind.Leased, new KnownIds(1, [RunningWebApi.Tenant], IsComplete: true), TimeSpan.FromMinutes(1)));
        await tenants.MayCome(RunningWebApi.Tenant);
        Assert.Equal((false, true, 1), (tenants.CountsAsStranger(RunningWebApi.Tenant), tenants.CountsAsStranger(SameSet()), asked));

        // The lease has expired, and no new one is available.
        answer = new();
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((false, true), (tenants.CountsAsStranger(RunningWebApi.Tenant), tenants.CountsAsStranger(SameSet())));
        answer.SetResult(new(PolicyAnswerKind.Unconfirmed));

        static Guid SameSet() => new(BitConverter.ToInt32(RunningWebApi.Tenant.ToByteArray()), 9, 9, new byte[8]);
    }

    [Fact]
    public async Task Without_known_tenants_nobody_counts_as_a_stranger()
    {
        await using var api = await RunningWebApi.StartAsync();
        api.Grains.On<IKnownIdsGrain>("Lease", _ => Task.FromException<KnownIdsAnswer>(new TimeoutException()));
        var tenants = api.Services.GetRequiredService<AllowedTenants>();

        Assert.True(await tenants.MayCome(other));
        Assert.False(tenants.CountsAsStranger(other));
    }

    [Theory]
    [InlineData(":0", "everybody")]
    [InlineData(":0", "")]
    [InlineData("", "c0000000-0000-4000-8000-000000000000")]
    public void Setting_that_is_not_a_list_of_tenant_ids_is_refused(string index, string value)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [$"{AllowedTenants.Setting}{index}"] = value }).Build();

        Assert.Contains(AllowedTenants.Setting, Assert.Throws<SettingException>(() => AllowedTenants.Read(configuration)).Message, StringComparison.Ordinal);
    }

    private static void Knows(RunningWebApi api) =>
        api.Grains.On<IUserGrain>("Me", a => Task.FromResult(new Me(((SignIn)a[0]!).Person, ((SignIn)a[0]!).Profile, "last")));

    private static async Task<string?> LastAccessed(RunningWebApi api)
    {
        var answer = await api.SendAsync("GET", "/v1/me", RunningWebApi.Token());
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("lastAccessedWorkspaceId").GetString();
    }
}
