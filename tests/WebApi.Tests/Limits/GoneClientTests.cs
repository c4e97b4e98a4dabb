using System.Reflection;
using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Limits;

/// <summary>Tests that grain calls are cancelled when the client disconnects or the node stops.</summary>
public sealed class GoneClientTests : IAsyncLifetime
{
    private RunningWebApi api = null!;

    public static TheoryData<string, string, string> Scans => new()
    {
        { "/support-cases?search=a", nameof(ISupportGrain), "Cases" },
        { "/support-insights", nameof(ISupportGrain), "Insights" },
        { "/activities?status=Planned", nameof(IActivityGrain), "Activities" },
        { "/users", nameof(IWorkspaceUsersGrain), "List" },
    };

    public async Task InitializeAsync()
    {
        api = await StartAsync();
        api.Decides(Member(Permissions.ViewSupportInsights | Permissions.ViewCustomerActivity | Permissions.ViewUserRoles));
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory, MemberData(nameof(Scans))]
    public async Task Call_of_the_grain_is_cancelled_when_the_client_disconnects(string path, string grain, string method)
    {
        var (called, cancelled) = Hold(grain, method);
        using var gone = new CancellationTokenSource();

        var request = Ask(path, gone.Token);
        await called.WaitAsync(TimeSpan.FromMinutes(1));
        await gone.CancelAsync();

        await cancelled.WaitAsync(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task Call_of_the_catalogue_is_cancelled_when_the_client_disconnects()
    {
        api.Grains.On<IUserGrain>("DecideAnywhere", _ => new ValueTask<Standing>(Standing.Member));
        var (called, cancelled) = Hold(nameof(ICourseCatalogGrain), "List");
        using var gone = new CancellationTokenSource();

        var request = Ask("/v1/learning/courses?search=a", gone.Token);
        await called.WaitAsync(TimeSpan.FromMinutes(1));
        await gone.CancelAsync();

        await cancelled.WaitAsync(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    private async Task Ask(string path, CancellationToken gone)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path.StartsWith("/v1", StringComparison.Ordinal) ? path : $"/v1/workspaces/{WorkspaceId}{path}");
        request.Headers.Authorization = new("Bearer", Token());
        using var answer = await api.Client.SendAsync(request, gone);
    }

    /// <summary>A call that ends only when its token is cancelled.</summary>
    private (Task Called, Task Cancelled) Hold(string grain, string method)
    {
        var (called, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        var type = typeof(ISupportGrain).Assembly.GetTypes().Single(t => t.Name == grain);
        var wait = typeof(GoneClientTests).GetMethod(nameof(UntilGone), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type.GetMethod(method)!.ReturnType.GenericTypeArguments[0]);
        api.Grains.On(type, method, arguments =>
        {
            var gone = arguments.OfType<CancellationToken>().Single();
            gone.Register(() => cancelled.TrySetResult());
            called.TrySetResult();
            return wait.Invoke(null, [gone])!;
        });
        return (called.Task, cancelled.Task);
    }

    private static Task<T> UntilGone<T>(CancellationToken gone) => new TaskCompletionSource<T>().Task.WaitAsync(gone);
}
