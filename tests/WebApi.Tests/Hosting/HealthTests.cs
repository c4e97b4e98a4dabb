using EngageCenter.WebApi.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Hosting;

public sealed class HealthTests
{
    [Fact]
    public async Task However_many_ask_whether_it_is_ready_the_cluster_is_asked_once_a_second()
    {
        var time = new FakeTimeProvider();
        var last = new Health.LastAnswer(time);
        var asked = 0;
        var cluster = new TaskCompletionSource<int>();

        // While an answer is under way, however long it takes, nobody asks again.
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
