using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Http;

/// <summary>Large bodies take turns, and what waits for too long is refused rather than held.</summary>
public sealed class LargeBodiesTests : IAsyncLifetime
{
    private static readonly string path = $"/v1/workspaces/{WorkspaceId}/assessments/SqlServer/runs/SqlServer-1/results";

    private readonly FakeTimeProvider time = new();
    private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ReportRunOutcome> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource both = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunningWebApi api = null!;
    private int reports;

    public async Task InitializeAsync()
    {
        api = await StartAsync(("WebApi:MaxLargeBodies", "1"));
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(
            new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 1, 1), DateTimeOffset.UnixEpoch)));
        api.Grains.On<IAssessmentsGrain>("Report", _ =>
        {
            entered.TrySetResult();
            if (Interlocked.Increment(ref reports) == 2)
            {
                both.TrySetResult();
            }

            return answer.Task;
        });
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task One_that_finds_no_place_in_time_is_refused()
    {
        using var bodies = new LargeBodies(new() { MaxLargeBodies = 1 }, time);
        Assert.True(await bodies.Enter(new DefaultHttpContext()));

        var second = bodies.Enter(new DefaultHttpContext());
        time.Advance(LargeBodies.Patience - TimeSpan.FromTicks(1));
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(await second);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_body_is_read_in_its_place_and_no_other(bool hasLength)
    {
        using var bodies = new LargeBodies(new() { MaxLargeBodies = 1 }, time);
        await bodies.Enter(new DefaultHttpContext());
        var small = await JsonBody.Read(Request(JsonBody.MaxBytes), new RequestErrors(), 8 * JsonBody.MaxBytes);
        Assert.NotNull(small.Fields);

        var large = JsonBody.Read(Request(JsonBody.MaxBytes + 1), new RequestErrors(), 8 * JsonBody.MaxBytes);
        Assert.False(large.IsCompleted);
        time.Advance(LargeBodies.Patience);
        Assert.Equal(503, Assert.IsType<ProblemResult>((await large).Refusal).Problem.Status);

        HttpRequest Request(int length)
        {
            var services = new ServiceCollection().AddSingleton(bodies).BuildServiceProvider();
            var request = new DefaultHttpContext { RequestServices = services }.Request;
            (request.ContentType, request.ContentLength) = ("application/json", hasLength ? length : null);
            request.Body = new MemoryStream(Encoding.UTF8.GetBytes("{}".PadRight(length)));
            return request;
        }
    }

    [Fact]
    public async Task One_whose_client_has_gone_waits_no_longer()
    {
        using var bodies = new LargeBodies(new() { MaxLargeBodies = 1 }, time);
        await bodies.Enter(new DefaultHttpContext());
        using var client = new CancellationTokenSource();

        var second = bodies.Enter(new DefaultHttpContext { RequestAborted = client.Token });
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Small_ones_need_no_place(bool hasLength)
    {
        var first = Put(2 * JsonBody.MaxBytes, hasLength);
        await entered.Task;
        var small = Put(10, hasLength);
        await both.Task;

        answer.SetResult(new(ReportRunStatus.RunNotFound));
        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound], [await first, await small]);
    }

    [Fact]
    public async Task One_that_waits_takes_the_place_that_is_left()
    {
        var first = Put(2 * JsonBody.MaxBytes, hasLength: true);
        await entered.Task;
        var second = Put(2 * JsonBody.MaxBytes, hasLength: true);
        answer.SetResult(new(ReportRunStatus.RunNotFound));

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound], [await first, await second]);
    }

    private async Task<HttpStatusCode> Put(int padding, bool hasLength)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path);
        request.Headers.Authorization = new("Bearer", ApplicationToken("Assessments.ReadWrite.All"));
        request.Content = new StringContent("""{"status":"Completed","recommendations":[]}""" + new string(' ', padding), MediaTypeHeaderValue.Parse("application/json"));
        request.Headers.TransferEncodingChunked = hasLength ? null : true;
        using var response = await api.Client.SendAsync(request);
        return response.StatusCode;
    }
}
