using EngageCenter.Access;
using EngageCenter.WebApi.Hosting;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Hosting;

public sealed class HealthTests
{
    [Fact]
    public async Task Node_is_ready_only_after_it_has_read_the_known_tenants()
    {
        await using var api = await RunningWebApi.StartAsync();
        Answers(api);
        var (asked, answer) = (0, new TaskCompletionSource<KnownIdsAnswer>());
        api.Grains.On<IKnownIdsGrain>("Lease", _ =>
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        });
        var tenants = api.Services.GetRequiredService<AllowedTenants>();

        var ready = api.SendAsync("GET", "/health/ready");
        await Until.True(() => Task.FromResult(Volatile.Read(ref asked) > 0), TimeSpan.FromSeconds(60), "the tenants are asked for");
        Assert.False(ready.IsCompleted);
        answer.SetResult(new(PolicyAnswerKind.Leased, new KnownIds(1, [RunningWebApi.Tenant], IsComplete: true), TimeSpan.FromDays(1)));

        Assert.Equal(200, (await ready).Status);
        Assert.False(tenants.CountsAsStranger(RunningWebApi.Tenant));
        Assert.True(tenants.CountsAsStranger(Guid.NewGuid()));
        Assert.Equal(256, asked);
    }

    [Fact]
    public async Task Node_that_cannot_read_the_tenants_is_ready_and_treats_nobody_as_a_stranger()
    {
        await using var api = await RunningWebApi.StartAsync();
        Answers(api);
        api.Grains.On<IKnownIdsGrain>("Lease", _ => Task.FromException<KnownIdsAnswer>(new TimeoutException()));

        Assert.Equal(200, (await api.SendAsync("GET", "/health/ready")).Status);
        Assert.False(api.Services.GetRequiredService<AllowedTenants>().CountsAsStranger(RunningWebApi.Tenant));
    }

    private static void Answers(RunningWebApi api) =>
        api.Grains.On<IManagementGrain>("GetHosts", _ => Task.FromResult(new Dictionary<SiloAddress, SiloStatus>()));

    [Fact]
    public async Task Readiness_probes_ask_the_cluster_at_most_once_a_second()
    {
        var time = new FakeTimeProvider();
        var last = new Health.LastAnswer(time);
        var asked = 0;
        var cluster = new TaskCompletionSource<int>();

        // While the cluster has not answered yet, there is no second question, however long it takes.
        var waiting = Enumerable.Range(0, 100).Select(_ => last.GetAsync(Ask)).ToList();
        time.Advance(TimeSpan.FromSeconds(10));
        waiting.Add(last.GetAsync(Ask));
        Assert.Equal(1, asked);
        cluster.SetResult(3);
        Assert.All(await Task.WhenAll(waiting), silos => Assert.Equal(3, silos));

        await last.GetAsync(Ask);
        Assert.Equal(2, asked);
        time.Advance(TimeSpan.FromMilliseconds(999));
        await last.GetAsync(Ask);
        Assert.Equal(2, asked);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await last.GetAsync(Ask);
        Assert.Equal(3, asked);

        Task<int> Ask()
        {
            asked++;
            return cluster.Task;
        }
    }
}
