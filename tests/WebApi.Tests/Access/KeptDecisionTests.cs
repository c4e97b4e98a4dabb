using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Access;

/// <summary>Tests what a web node answers from a stored decision, without asking the person's grain.</summary>
public sealed class KeptDecisionTests(ITestOutputHelper output)
{
    private const string ByDefault = "";
    private const string Path = $"/v1/workspaces/{WorkspaceId}";
    private const string Body = """{ "permissions": ["RenameSpace"] }""";

    private int calls;
    private SignIn? asked;

    [Fact]
    public async Task Stored_decision_answers_without_a_call_until_it_is_recalled()
    {
        await using var api = await Start("100", lease: true);

        await Check(api, allowed: true);
        await Check(api, allowed: true);
        Assert.Equal(1, calls);
        Assert.NotNull(asked!.Holder);

        // Another route of the same workspace uses the same decision.
        Assert.Equal(200, (await api.SendAsync("GET", $"{Path}/permissions", token)).Status);
        Assert.Equal(1, calls);

        await api.Services.GetRequiredService<DecisionCache>().Recall(WorkspaceId);
        await Check(api, allowed: true);
        await api.Services.GetRequiredService<DecisionCache>().RecallPerson(Ann);
        await Check(api, allowed: true);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Evaluation_of_the_callers_own_rights_uses_the_stored_decision()
    {
        await using var api = await Start("100", lease: true);
        await Check(api, allowed: true);

        var answer = await api.SendAsync("POST", "/access/v1/evaluation", token, $$"""
            {
              "subject": { "type": "user", "id": "{{Ann}}" },
              "action": { "name": "RenameSpace" },
              "resource": { "type": "workspace", "id": "{{WorkspaceId}}" }
            }
            """);

        Assert.Equal((200, true), (answer.Status, answer.Json.GetProperty("decision").GetBoolean()));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Decisions_are_kept_without_any_setting()
    {
        await using var api = await Start(ByDefault, lease: true);

        await Check(api, allowed: true);
        await Check(api, allowed: true);

        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData("0", true, false)]
    [InlineData("100", false, true)]
    public async Task Without_the_setting_or_a_lease_every_check_asks_the_grain(string max, bool lease, bool isHolder)
    {
        await using var api = await Start(max, lease);

        await Check(api, allowed: true);
        await Check(api, allowed: true);

        Assert.Equal(2, calls);
        Assert.Equal(isHolder, asked!.Holder is not null);
    }

    [Fact]
    public async Task Outdated_decision_is_not_taken_from_memory_again()
    {
        await using var api = await Start("100", lease: true);
        await Check(api, allowed: true);
        var acts = 0;
        api.Grains.On<IWorkspaceGrain>("Rename", _ => Task.FromResult(
            ++acts < 3 ? new RenameOutcome(RenameStatus.DecideAgain, null) : new RenameOutcome(RenameStatus.VersionMismatch, null)));

        Assert.Equal(412, (await api.SendAsync("PATCH", Path, token, """{ "name": "Renamed" }""", headers: ("If-Match", "\"1\""))).Status);

        // The first decision comes from memory, and then one call follows for each decision that was outdated.
        Assert.Equal((3, 3), (acts, calls));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [InlineData(null, 1)]
    public async Task Grant_looks_the_group_up_unless_the_organization_has_no_directory(bool? hasDirectory, int lookUps)
    {
        await using var api = await StartAsync();
        var asks = 0;
        api.Grains.On<IUserGrain>("Explain", _ => new ValueTask<EffectiveAccess>(
            new EffectiveAccess(Member(Permissions.ManageEntraGroups), [], HasDirectory: hasDirectory)));
        api.Grains.On<IWorkspaceDirectoryGrain>("Group", _ =>
        {
            asks++;
            return Task.FromResult<DirectoryGroupAnswer?>(new(DirectoryAnswer.NotFound));
        });
        api.Grains.On<IWorkspaceGrain>("PutGroup", _ => Task.FromResult(new PutGroupOutcome(PutGroupStatus.TooManyGroups)));

        var answer = await api.SendAsync("PUT", $"{Path}/groups/{Guid.NewGuid()}", token, """{ "roles": ["SupportUser"] }""");

        Assert.Equal((lookUps, lookUps == 0 ? 409 : 400), (asks, answer.Status));
    }

    [Fact]
    public void Decisions_of_large_sign_ins_take_no_more_memory_than_the_default_counts_with()
    {
        const int count = 20_000;
        var groups = Enumerable.Range(0, SignIn.MaxGroups).Select(_ => Guid.NewGuid()).ToArray();
        var held = new HeldDecisions<EffectiveAccess>(count);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < count; n++)
        {
            // As each comes from a token of its own, and by the wire. All that is made for it is counted, also what is not kept.
            var person = new PersonId(Tenant, Guid.NewGuid());
            var signIn = new SignIn(person, DateTimeOffset.UnixEpoch, new(new('a', 30), new('b', 30), UserType.Member), [.. groups]);
            var roles = ImmutableArray.Create<HeldRole>(new(Roles.Administrator, RoleSource.EntraGroup, $"{groups[0]}"), new(Roles.User, RoleSource.Default, null));
            var access = new EffectiveAccess(new(person, new('c', 32), Standing.Member, Permissions.RenameSpace, 1), roles);
            held.Keep(held.Ask(person, access.Decision.WorkspaceId, TimeSpan.Zero), signIn, access.Decision.WorkspaceId, access, new(TimeSpan.FromSeconds(10), signIn.IssuedAt));
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / count;
        output.WriteLine($"{each} bytes");
        Assert.InRange(each, SignIn.MaxGroups * 16, WebApiOptions.DecisionBytes);
        GC.KeepAlive(held);
    }

    private readonly string token = Token();

    private async Task<RunningWebApi> Start(string max, bool lease)
    {
        var api = max == ByDefault ? await StartAsync() : await StartAsync(("WebApi:Decisions:Max", max));
        api.Grains.On<IUserGrain>("Explain", arguments =>
        {
            calls++;
            asked = (SignIn)arguments[0]!;
            return new ValueTask<EffectiveAccess>(new EffectiveAccess(
                Member(Permissions.RenameSpace), [], lease ? new(TimeSpan.FromMinutes(1), asked.IssuedAt) : null));
        });
        return api;
    }

    private async Task Check(RunningWebApi api, bool allowed)
    {
        var answer = await api.SendAsync("POST", $"{Path}/permissions/check", token, Body);
        Assert.Equal(200, answer.Status);
        Assert.Equal(allowed, answer.Json.GetProperty("results")[0].GetProperty("allowed").GetBoolean());
    }
}
