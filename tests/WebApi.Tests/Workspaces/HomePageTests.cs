using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Learning;
using EngageCenter.Storage;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.WebApi.Workspaces;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Time.Testing;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Workspaces;

/// <summary>Tests that a failed or slow part of the page does not affect the other parts.</summary>
public sealed class HomePageTests : IAsyncLifetime
{
    private const Permissions All = (Permissions)0x1ff;

    private static readonly WorkspaceView view = new(
        new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 12, 31), DateTimeOffset.UnixEpoch), AgreementStatus.Active, 7);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private RunningWebApi api = null!;

    public static TheoryData<Type, string, string> Parts => new()
    {
        { typeof(ISupportGrain), "Insights", "supportInsights" },
        { typeof(IActivityGrain), "ProofOfExecution", "customerActivity" },
        { typeof(IAssessmentsGrain), "Summary", "assessments" },
        { typeof(ILearningGrain), "Summary", "learning" },
        { typeof(IUserGrain), "AccountTeam", "accountTeam" },
    };

    public async Task InitializeAsync()
    {
        api = await RunningWebApi.StartAsync(time);
        api.Decides(Member(All));
        api.Grains.On<IWorkspaceGrain>("Get", _ => Task.FromResult<WorkspaceView?>(view));
        api.Grains.On<ISupportGrain>("Insights", _ => Task.FromResult<SupportInsights?>(new(default, default, new(1, 2, 3, null, null, null), [], [], [], [])));
        api.Grains.On<IActivityGrain>("ProofOfExecution", _ => Task.FromResult<ProofOfExecution?>(new("a1", default, [], new(40, 12.5m, 1, 2))));
        api.Grains.On<IAssessmentsGrain>("Summary", _ => Task.FromResult<AssessmentsSummary?>(new(3, 1, 0, DateTimeOffset.UnixEpoch, null)));
        api.Grains.On<ILearningGrain>("Summary", _ => Task.FromResult<LearningSummary?>(new(1, 2)));
        api.Grains.On<IUserGrain>("AccountTeam", _ => new ValueTask<AccountTeamOutcome>(new AccountTeamOutcome(Member(All), AccountTeamStatus.NoBillingAccess)));
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Complete_page_lists_no_gaps() => Assert.Empty(await Gaps());

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Failed_part_is_left_out_with_its_reason(Type grain, string method, string part)
    {
        api.Grains.On(grain, method, _ => throw new StorageUnavailableException());

        Assert.Equal([$"{part} ServiceUnavailable"], await Gaps());
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Slow_part_is_left_out(Type grain, string method, string part)
    {
        var slow = new TaskCompletionSource();
        api.Grains.On(grain, method, _ =>
        {
            time.Advance(HomePage.Patience);
            return Pending(grain, method, slow.Task);
        });

        Assert.Equal([$"{part} ServiceUnavailable"], await Gaps());
    }

    [Fact]
    public async Task Unexpected_fault_fails_the_page()
    {
        api.Grains.On<ISupportGrain>("Insights", _ => throw new NotSupportedException());

        Assert.Equal((500, "internal-error"), (await Home() is var answer ? answer.Status : 0, answer.Slug));
    }

    [Fact]
    public async Task Without_the_workspace_there_is_no_page()
    {
        api.Grains.On<IWorkspaceGrain>("Get", _ => throw new StorageUnavailableException());

        Assert.Equal(503, (await Home()).Status);
    }

    [Fact]
    public async Task Part_is_read_only_with_its_permission()
    {
        api.Decides(Member(Permissions.ViewUserRoles));
        foreach (var part in Parts.Where(p => (string)p[2] != "accountTeam"))
        {
            api.Grains.On((Type)part[0], (string)part[1], _ => throw new NotSupportedException());
        }

        var home = (await Home()).Json;
        Assert.Equal(["workspace", "quickLinks", "capabilities", "accountTeam"], home.EnumerateObject().Select(m => m.Name));
    }

    [Fact]
    public async Task Changed_policy_is_decided_again_for_the_whole_page()
    {
        api.Decides(Member(All), Member(Permissions.None, epoch: 2));
        api.Grains.On<ISupportGrain>("Insights", _ => Task.FromResult<SupportInsights?>(null));

        var home = (await Home()).Json;

        Assert.Equal(["AccountTeam"], home.GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()!));
        Assert.False(home.TryGetProperty("supportInsights", out _));
    }

    [Fact]
    public async Task Caller_who_loses_access_meanwhile_is_an_outsider()
    {
        api.Decides(Member(All), AccessDecision.Outsider(Ann, WorkspaceId));
        api.Grains.On<IUserGrain>("AccountTeam", _ => new ValueTask<AccountTeamOutcome>(new AccountTeamOutcome(AccessDecision.Outsider(Ann, WorkspaceId), default)));

        Assert.Equal((404, "workspace-not-found"), (await Home() is var answer ? answer.Status : 0, answer.Slug));
    }

    private static object Pending(Type grain, string method, Task slow) => (grain.Name, method) switch
    {
        (_, "AccountTeam") => new ValueTask<AccountTeamOutcome>(Late<AccountTeamOutcome>(slow)),
        (_, "Insights") => Late<SupportInsights?>(slow),
        (_, "ProofOfExecution") => Late<ProofOfExecution?>(slow),
        (nameof(IAssessmentsGrain), _) => Late<AssessmentsSummary?>(slow),
        (nameof(ILearningGrain), _) => Late<LearningSummary?>(slow),
        _ => throw new NotSupportedException(method),
    };

    private static async Task<T> Late<T>(Task slow)
    {
        await slow;
        return default!;
    }

    private Task<Answer> Home() => api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/home", Token());

    private async Task<IEnumerable<string>> Gaps()
    {
        var home = (await Home()).Json;
        List<string> gaps = home.TryGetProperty("leftOut", out var left)
            ? [.. left.EnumerateArray().Select(g => $"{g.GetProperty("part").GetString()} {g.GetProperty("reason").GetString()}")]
            : [];
        Assert.All(Parts, part => Assert.Equal(!gaps.Any(g => g.StartsWith((string)part[2], StringComparison.Ordinal)), home.TryGetProperty((string)part[2], out _)));
        return gaps;
    }
}
