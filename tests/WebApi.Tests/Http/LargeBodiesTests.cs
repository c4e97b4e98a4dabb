using System.Net;
using System.Net.Http.Headers;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Time.Testing;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Http;

/// <summary>Large bodies take turns, and what waits for too long is refused rather than held.</summary>
public sealed class LargeBodiesTests : IAsyncLifetime
{
    private static readonly string path = $"/v1/workspaces/{WorkspaceId}/assessments/SqlServer/runs/SqlServer-1/results";

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ReportRunOutcome> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunningWebApi api = null!;

    public async Task InitializeAsync()
    {
        api = await StartAsync(time, ("WebApi:MaxLargeBodies", "1"));
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(
            new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 1, 1), DateTimeOffset.UnixEpoch)));
        api.Grains.On<IAssessmentsGrain>("Report", _ =>
        {
            entered.TrySetResult();
            return answer.Task;
        });
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_finds_no_place_in_time_is_refused_and_small_ones_are_not(bool hasLength)
    {
        var first = Put(2 * JsonBody.MaxBytes, hasLength);
        await entered.Task;

        var second = Put(2 * JsonBody.MaxBytes, hasLength);
        var small = Put(10, hasLength);
        while (!second.IsCompleted)
        {
            // It begins to wait when its body has come, so time passes until it has waited for long enough.
            time.Advance(LargeBodies.Patience);
            await Task.Yield();
        }

        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), await second);
        answer.SetResult(new(ReportRunStatus.RunNotFound));
        Assert.Equal((HttpStatusCode.NotFound, false), await first);
        Assert.Equal((HttpStatusCode.NotFound, false), await small);

        // The first has left its place.
        Assert.Equal((HttpStatusCode.NotFound, false), await Put(2 * JsonBody.MaxBytes, hasLength));
    }

    [Fact]
    public async Task One_that_waits_takes_the_place_that_is_left()
    {
        var first = Put(2 * JsonBody.MaxBytes, hasLength: true);
        await entered.Task;
        var second = Put(2 * JsonBody.MaxBytes, hasLength: true);
        answer.SetResult(new(ReportRunStatus.RunNotFound));

        Assert.Equal((HttpStatusCode.NotFound, false), await first);
        Assert.Equal((HttpStatusCode.NotFound, false), await second);
    }

    private async Task<(HttpStatusCode Status, bool SaysWhen)> Put(int padding, bool hasLength)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path);
        request.Headers.Authorization = new("Bearer", ApplicationToken("Assessments.ReadWrite.All"));
        request.Content = new StringContent("""{"status":"Completed","recommendations":[]}""" + new string(' ', padding), MediaTypeHeaderValue.Parse("application/json"));
        request.Headers.TransferEncodingChunked = hasLength ? null : true;
        using var response = await api.Client.SendAsync(request);
        return (response.StatusCode, response.Headers.RetryAfter is not null);
    }
}
