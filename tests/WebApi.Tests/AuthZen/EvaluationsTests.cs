using System.Globalization;
using System.Text.Json;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.WebApi.Limits;
using Microsoft.Extensions.DependencyInjection;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.AuthZen;

/// <summary>Tests which grains a batch asks, and how it handles grains that do not respond.</summary>
public sealed class EvaluationsTests
{
    private static readonly string subject = $$"""{"type":"user","id":"{{Ann}}"}""";

    [Fact]
    public async Task Unconfirmed_workspaces_in_a_batch_are_denied_and_the_others_are_answered()
    {
        await using var api = await StartAsync();
        Answers(api, workspace => Number(workspace) switch
        {
            500 => throw new StorageUnavailableException("The workspace's policy cannot be confirmed now."),
            501 => new(AccessDecision.Unconfirmed(Ann, workspace), []),
            502 => throw new TimeoutException(),
            var number => new(new(Ann, workspace, Standing.Member, number % 2 == 0 ? Permissions.RenameSpace : Permissions.None, number + 1), []),
        });

        var answer = await Ask(api, "execute_all", Enumerable.Range(0, 1_000));

        Assert.Equal(1_000, answer.Length);
        Assert.All(answer.Index(), a => Assert.Equal(a.Index % 2 == 0 && (a.Index < 500 || a.Index > 502), a.Item.GetProperty("decision").GetBoolean()));
        Assert.All(answer[500..503], a => Assert.Equal(503, a.GetProperty("context").GetProperty("error").GetProperty("status").GetInt32()));
        Assert.All(answer[..500], a => Assert.False(a.GetProperty("context").TryGetProperty("error", out _)));
    }

    [Fact]
    public async Task Batch_asks_at_most_64_grains_in_parallel_and_each_pair_once()
    {
        await using var api = await StartAsync();
        var (asked, waiting, most, release) = (0, 0, 0, new TaskCompletionSource());
        api.Grains.On<IUserGrain>("Evaluate", arguments => new ValueTask<EffectiveAccess>(Answer((string)arguments[0]!)));

        async Task<EffectiveAccess> Answer(string workspace)
        {
            most = Math.Max(most, Interlocked.Increment(ref waiting));
            if (Interlocked.Increment(ref asked) == 64)
            {
                release.SetResult();
            }

            await release.Task;
            Interlocked.Decrement(ref waiting);
            return new(AccessDecision.Outsider(Ann, workspace), []);
        }

        var answers = await Ask(api, "execute_all", Enumerable.Range(0, 1_000).Select(n => n % 200));

        Assert.Equal((1_000, 200, 64), (answers.Length, asked, most));
    }

    [Fact]
    public async Task Batch_costs_as_much_as_its_distinct_people_and_workspaces()
    {
        await using var api = await StartAsync(("WebApi:RateLimit:ItemsPerSecond", "1"), ("WebApi:RateLimit:ItemsAtOnce", "600"));
        Answers(api, workspace => new(AccessDecision.Outsider(Ann, workspace), []));

        // 300 questions about one workspace cost 300, and 20 about 20 workspaces cost 100. Of 600, 200 are left: too few for
        // 41 workspaces.
        Assert.Equal(300, (await Ask(api, "execute_all", Enumerable.Repeat(1, 300))).Length);
        Assert.Equal(20, (await Ask(api, "execute_all", Enumerable.Range(0, 20))).Length);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Ask(api, "execute_all", Enumerable.Range(0, 41)));
        Assert.Contains("too-many-requests", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caller_has_4_large_batches_in_progress_and_small_ones_beside_them()
    {
        await using var api = await StartAsync();
        var (asked, release) = (0, new TaskCompletionSource());
        api.Grains.On<IUserGrain>("Evaluate", arguments => new ValueTask<EffectiveAccess>(Answer((string)arguments[0]!)));

        async Task<EffectiveAccess> Answer(string workspace)
        {
            if (Number(workspace) > 0)
            {
                Interlocked.Increment(ref asked);
                await release.Task;
            }

            return new(AccessDecision.Outsider(Ann, workspace), []);
        }

        var limits = api.Services.GetRequiredService<NodeLimits>();
        var batches = Enumerable.Range(0, 6).Select(_ => Ask(api, "execute_all", Enumerable.Range(1, 51))).ToList();
        await Until.True(() => Task.FromResult(asked == 4 * 51 && limits.LargePages.Waiting == 2), TimeSpan.FromSeconds(60), "four are at work, and two wait");

        await Ask(api, "execute_all", [0]);
        release.SetResult();
        await Task.WhenAll(batches);
        Assert.Equal(6 * 51, asked);
    }

    [Theory]
    [InlineData("deny_on_first_deny", 3, 4)]
    [InlineData("permit_on_first_permit", 0, 1)]
    public async Task Batch_that_ends_early_asks_few_questions_more_than_it_answers(string semantic, int last, int mostAsked)
    {
        await using var api = await StartAsync();
        var asked = 0;
        Answers(api, workspace =>
        {
            Interlocked.Increment(ref asked);
            return new(new(Ann, workspace, Standing.Member, Number(workspace) == 3 ? Permissions.None : Permissions.RenameSpace, 1), []);
        });

        var answers = await Ask(api, semantic, Enumerable.Range(0, 1_000));

        Assert.Equal(last + 1, answers.Length);
        Assert.InRange(asked, last + 1, mostAsked + 1);
    }

    [Fact]
    public async Task Unconfirmed_single_question_is_503_with_Retry_After()
    {
        await using var api = await StartAsync();
        var body = $$"""{"subject":{{subject}},"action":{"name":"RenameSpace"},"resource":{"type":"workspace","id":"{{WorkspaceId}}"} }""";
        Func<string, EffectiveAccess>[] silences = [workspace => new(AccessDecision.Unconfirmed(Ann, workspace), []), _ => throw new StorageUnavailableException("Not now."), _ => throw new TimeoutException()];
        foreach (var silence in silences)
        {
            Answers(api, silence);
            var answer = await api.SendAsync("POST", "/access/v1/evaluation", ApplicationToken("Access.Evaluate.All"), body);
            Assert.Equal(503, answer.Status);
            Assert.True(answer.Headers.ContainsKey("Retry-After"));
        }
    }

    [Fact]
    public async Task App_role_is_passed_with_the_question()
    {
        await using var api = await StartAsync();
        EngageCenter.Workspaces.Actor? caller = null;
        api.Grains.On<IUserGrain>("Evaluate", arguments =>
        {
            caller = (EngageCenter.Workspaces.Actor)arguments[1]!;
            return new ValueTask<EffectiveAccess>(new EffectiveAccess(AccessDecision.Outsider(Ann, WorkspaceId), []));
        });

        await Ask(api, "execute_all", [1]);

        Assert.Equal((EngageCenter.Workspaces.ActorKind.Application, AppRoles.Evaluate), (caller!.Kind, caller.AppRole));
    }

    [Theory]
    [InlineData("https://engage.example", "https://engage.example")]
    [InlineData("https://engage.example/", "https://engage.example")]
    [InlineData("https://engage.example/pdp/", "https://engage.example/pdp")]
    [InlineData("http://localhost:8080", "http://localhost:8080")]
    public async Task Configuration_uses_the_public_address_and_ignores_the_Host_header(string setting, string begins)
    {
        await using var api = await StartAsync(("WebApi:PublicUrl", setting));
        var answer = await api.SendAsync("GET", "/.well-known/authzen-configuration", headers: ("Host", "evil.example"));
        Assert.Equal((200, "application/json; charset=utf-8"), (answer.Status, answer.ContentType));
        Assert.Equal(begins, answer.Json.GetProperty("policy_decision_point").GetString());
        Assert.All(answer.Json.EnumerateObject().Skip(1), url => Assert.StartsWith($"{begins}/access/v1/", url.Value.GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("engage.example")]
    [InlineData("http://engage.example")]
    [InlineData("https://engage.example?a=b")]
    [InlineData("https://engage.example#a")]
    [InlineData("https://somebody@engage.example")]
    [InlineData("ftp://engage.example")]
    public async Task Invalid_public_address_prevents_the_start(string setting)
    {
        var refused = await Assert.ThrowsAsync<SettingException>(() => StartAsync(("WebApi:PublicUrl", setting)));
        Assert.Contains($"'{setting}'", refused.Message, StringComparison.Ordinal);
    }

    private static void Answers(RunningWebApi api, Func<string, EffectiveAccess> answer) => api.Grains.On<IUserGrain>("Evaluate", arguments =>
    {
        try
        {
            return new ValueTask<EffectiveAccess>(answer((string)arguments[0]!));
        }
        catch (Exception fault)
        {
            return new ValueTask<EffectiveAccess>(Task.FromException<EffectiveAccess>(fault));
        }
    });

    private static int Number(string workspace) => int.Parse(workspace, CultureInfo.InvariantCulture);

    private static async Task<JsonElement[]> Ask(RunningWebApi api, string semantic, IEnumerable<int> workspaces)
    {
        var questions = string.Join(',', workspaces.Select(n => $$"""{"resource":{"type":"workspace","id":"{{n:D32}}"} }"""));
        var answer = await api.SendAsync(
            "POST", "/access/v1/evaluations", ApplicationToken("Access.Evaluate.All"),
            $$"""{"subject":{{subject}},"action":{"name":"RenameSpace"},"evaluations":[{{questions}}],"options":{"evaluations_semantic":"{{semantic}}"} }""");
        Assert.True(answer.Status == 200, answer.Body);
        return [.. answer.Json.GetProperty("evaluations").EnumerateArray()];
    }
}
