using System.Net;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Limits;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Limits;

/// <summary>Tests, over real connections, clients that send announced bodies slowly or not at all.</summary>
[Collection(MeasuredMemory.Name)]
public sealed class SlowBodiesTests(ITestOutputHelper output)
{
    private const int MiB = 1024 * 1024;
    private const string Switcher = "/v1/me/current-workspace";
    private const string Results = $"/v1/workspaces/{WorkspaceId}/assessments/SqlServer/runs/SqlServer-1/results";

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);
    private static readonly PersonId bob = new(Tenant, Guid.NewGuid());
    private static readonly PersonId stranger = new(Guid.NewGuid(), Guid.NewGuid());

    [Fact]
    public async Task Announced_bodies_that_do_not_arrive_take_no_memory()
    {
        const int count = 300;
        await using var api = await StartAsync(("WebApi:MaxBodies", "2000"));
        var limits = LimitsOf(api);
        await api.SendAsync("PUT", Switcher, Token(), "{}");
        var before = MeasuredMemory.Now();

        using var slow = new Slow();
        await slow.Start(api, count, n => Token(), "PUT", Switcher, announced: MiB, sent: "{");
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == count), bound, "all bodies are awaited");

        Assert.Equal((0, 0), (limits.Requests.Taken, limits.Memory.Taken));
        await MeasuredMemory.HoldsAtMostAConnection(before, count, output);
    }

    [Fact]
    public async Task Slow_bodies_of_one_caller_do_not_delay_others()
    {
        const int count = 60;
        await using var api = await StartAsync(("WebApi:MaxRequests", "50"), ("WebApi:MaxBodies", "2000"));
        var limits = LimitsOf(api);
        using var slow = new Slow();
        await slow.Start(api, count, n => Token(), "PUT", Switcher, announced: 2, sent: "{");
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == count), bound, "all bodies are awaited");

        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token(bob))).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token())).Status);
        Assert.Equal(400, (await api.SendAsync("PUT", Switcher, Token(bob), "{}")).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/health/live")).Status);

        foreach (var request in slow.Requests)
        {
            await request.Send("}");
        }

        Assert.All(await slow.Answers(), answer => Assert.Equal(400, answer));
        Assert.Equal((0, 0), (limits.Requests.Taken, limits.Bodies.Taken));
    }

    [Fact]
    public async Task Caller_and_tenant_have_a_part_of_the_bodies_in_transfer()
    {
        await using var api = await StartAsync(("WebApi:MaxBodies", "8"));
        var limits = LimitsOf(api);
        await KnowsTenants(api, Tenant, stranger.TenantId);
        using var slow = new Slow();
        await slow.Start(api, 2, n => Token(), "PUT", Switcher, announced: 2, sent: "{");
        await slow.Start(api, 2, n => Token(bob), "PUT", Switcher, announced: 2, sent: "{");
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == 4), bound, "all bodies are awaited");

        using var third = await Start(api, Token());
        await Refused(third, 429, "too-many-requests");
        using var colleague = await Start(api, Token(new(Tenant, Guid.NewGuid())));
        await Refused(colleague, 503, "service-unavailable");
        using var other = await Start(api, Token(stranger));
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == 5), bound, "the other tenant's body is awaited");
        await other.Send("}");
        Assert.Equal(400, (await other.Answer())?.Status);

        static Task<SlowRequest> Start(RunningWebApi api, string token) => SlowRequest.Start(api.Client.BaseAddress!, "PUT", Switcher, token, 2, "{");

        static async Task Refused(SlowRequest request, int status, string slug)
        {
            var answer = await request.Answer();
            Assert.Equal(status, answer?.Status);
            Assert.Contains($"/problems/{slug}", answer!.Value.Text, StringComparison.Ordinal);
            Assert.Contains("Retry-After: ", answer.Value.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Strangers_of_any_number_of_tenants_share_one_part_of_the_bodies_and_members_are_served(bool isKnownToTheNode)
    {
        const int count = 10;
        await using var api = await StartAsync(("WebApi:MaxBodies", "16"));
        var limits = LimitsOf(api);
        var strangers = Enumerable.Range(0, count).Select(_ => new PersonId(Guid.NewGuid(), Guid.NewGuid())).ToList();
        var tenantsOfStrangers = new TaskCompletionSource<KnownIdsAnswer>();
        var answer = new KnownIdsAnswer(PolicyAnswerKind.Leased, new KnownIds(1, [Tenant], IsComplete: true), TimeSpan.FromDays(1));
        api.Grains.On<IKnownIdsGrain>("Lease", _ => isKnownToTheNode ? Task.FromResult(answer) : tenantsOfStrangers.Task);
        await KnowsTenants(api, isKnownToTheNode ? [Tenant, .. strangers.Select(s => s.TenantId)] : []);

        using var first = await Start(strangers[0]);
        using var second = await Start(strangers[1]);
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == 2), bound, "strangers have their part");
        foreach (var other in strangers[2..])
        {
            using var refused = await Start(other);
            Assert.Equal(503, (await refused.Answer())?.Status);
        }

        tenantsOfStrangers.TrySetResult(answer);
        await KnowsTenants(api, Tenant);
        using var member = await Start(Ann);
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == 3), bound, "the member's body is awaited");
        await member.Send("}");
        Assert.Equal(400, (await member.Answer())?.Status);

        Task<SlowRequest> Start(PersonId who) => SlowRequest.Start(api.Client.BaseAddress!, "PUT", Switcher, Token(who), 2, "{");
    }

    [Fact]
    public async Task Caller_and_tenant_have_a_part_of_the_slots()
    {
        await using var api = await StartAsync(("WebApi:MaxRequests", "8"));
        var limits = LimitsOf(api);
        await KnowsTenants(api, Tenant, stranger.TenantId);
        var decision = new TaskCompletionSource<AccessDecision>();
        api.Decides(() => new ValueTask<AccessDecision>(decision.Task));
        var waiting = new[] { Ann, Ann, bob, bob }.Select(who => api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}", Token(who))).ToList();
        await Until.True(() => Task.FromResult(limits.Requests.Taken == 4), bound, "all requests are at work");

        var own = await api.SendAsync("GET", "/v1/roles", Token());
        Assert.Equal((429, "too-many-requests", true), (own.Status, own.Slug, own.Headers.ContainsKey("Retry-After")));
        var colleague = await api.SendAsync("GET", "/v1/roles", Token(new(Tenant, Guid.NewGuid())));
        Assert.Equal((503, "service-unavailable", true), (colleague.Status, colleague.Slug, colleague.Headers.ContainsKey("Retry-After")));
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token(stranger))).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/health/live")).Status);

        decision.SetResult(new(Ann, WorkspaceId, Standing.Outsider, Permissions.None, 1));
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(404, answer.Status));
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/roles", Token())).Status);
    }

    [Fact]
    public async Task Large_bodies_that_stop_are_ended_and_free_their_memory()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var api = await StartAsync(time, ("WebApi:MaxBodyMemory", $"{48 * MiB}"), ("WebApi:TenantShare", "1"), ("WebApi:MaxBodies", "2000"));
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(
            new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 1, 1), DateTimeOffset.UnixEpoch)));
        api.Grains.On<IAssessmentsGrain>("Report", _ => Task.FromResult(new ReportRunOutcome(ReportRunStatus.RunNotFound)));
        var limits = LimitsOf(api);
        var large = """{"status":"Failed","unknown":"x"}""" + new string(' ', MiB);

        // Each takes 4 MiB or a quarter more, so this many leave less than 16 MiB.
        const int count = 9;
        using var slow = new Slow();
        await slow.Start(api, count, n => Application(n), "PUT", Results, announced: 8 * MiB, sent: large);
        var pace = api.Services.GetRequiredService<BodyPace>();
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == count && pace.Passed == count * (long)large.Length), bound, "all bodies are held");

        // They sent enough in the first seconds, and nothing afterwards.
        time.Advance(BodyPace.Period);
        var other = Put(100, large.PadRight(4 * MiB));
        await Until.True(() => Task.FromResult(limits.Memory.Waiting == 1), bound, "the other one waits for memory");
        time.Advance(BodyPace.Period);

        Assert.All(await slow.Answers(), answer => Assert.Equal(408, answer));
        Assert.Equal(HttpStatusCode.NotFound, await other);
        Assert.Equal((0, 0, 0), (limits.Requests.Taken, limits.Bodies.Taken, limits.Memory.Taken));

        async Task<HttpStatusCode> Put(int n, string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, Results) { Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
            request.Headers.Authorization = new("Bearer", Application(n));
            using var response = await api.Client.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Refused_or_ended_bodies_are_not_logged()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var log = new LogLines();
        await using var api = await StartAsync(time, log, ("WebApi:MaxBodies", "1"));
        var limits = LimitsOf(api);
        using var slow = new Slow();
        await slow.Start(api, 1, n => Token(), "PUT", Switcher, announced: MiB, sent: "{");
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == 1), bound, "a body is awaited");
        using (var others = new Slow())
        {
            await others.Start(api, 2, n => Token(), "PUT", Switcher, announced: MiB, sent: "{");
            Assert.All(await others.Answers(), answer => Assert.Contains(answer, (int?[])[429, 503]));
        }

        time.Advance(BodyPace.Period);
        time.Advance(BodyPace.Period);
        Assert.All(await slow.Answers(), answer => Assert.Equal(408, answer));
        await Until.True(() => Task.FromResult(limits.Bodies.Taken == 0), bound, "it is ended");
        slow.Dispose();
        await api.DisposeAsync();
        Assert.Equal("", string.Join('\n', log.All.Where(line => line.Level >= LogLevel.Warning && line.Category.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)).Select(line => line.Text)));
    }

    private static async Task KnowsTenants(RunningWebApi api, params Guid[] tenants)
    {
        foreach (var tenant in tenants)
        {
            await api.Services.GetRequiredService<AllowedTenants>().MayCome(tenant);
        }
    }

    private static NodeLimits LimitsOf(RunningWebApi api) => api.Services.GetRequiredService<NodeLimits>();

    private static string Application(int n) => Sign(
    [
        ("tid", Tenant.ToString()), ("oid", $"c0000000-0000-4000-8000-{n:D12}"), ("ver", "2.0"), ("idtyp", "app"), ("roles", new[] { "Assessments.ReadWrite.All" }),
    ]);

    private sealed class Slow : IDisposable
    {
        public List<SlowRequest> Requests { get; } = [];

        public async Task Start(RunningWebApi api, int count, Func<int, string> token, string method, string path, long announced, string sent)
        {
            for (var n = 0; n < count; n++)
            {
                Requests.Add(await SlowRequest.Start(api.Client.BaseAddress!, method, path, token(n), announced, sent));
            }
        }

        public async Task<int?[]> Answers() => await Task.WhenAll(Requests.Select(async r => (await r.Answer())?.Status));

        public void Dispose() => Requests.ForEach(r => r.Dispose());
    }
}
