using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>Rules 10 to 12 of docs/understand/coherence.md with real silos. The web nodes are two caches of one client.</summary>
public sealed class DecisionLeaseTests : IClassFixture<WarmCluster>, IDisposable
{
    private const int Max = 1_000;

    private readonly WarmCluster cluster;
    private readonly Contoso contoso;
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().AddSingleton<AccessMetrics>().BuildServiceProvider();
    private readonly List<DecisionCache> webs;
    private readonly ConcurrentDictionary<string, int> asked = new();

    public DecisionLeaseTests(WarmCluster cluster)
    {
        this.cluster = cluster;
        contoso = new(cluster);
        webs = [NewWeb(), NewWeb()];
        cluster.Called = call => _ = call.InterfaceMethod.DeclaringType == typeof(IUserGrain) ? asked.AddOrUpdate(call.TargetId.Key.ToString()!, 1, (_, calls) => calls + 1) : 0;
    }

    public void Dispose()
    {
        cluster.Called = _ => { };
        services.Dispose();
    }

    [Fact]
    public async Task Warm_check_makes_no_call_and_a_revoked_right_stops_at_every_web_node()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        var members = Enumerable.Range(0, 20).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, group)).ToList();
        for (var round = 0; round < 3; round++)
        {
            await contoso.Grant(workspace, group, Roles.SupportUser);
            foreach (var (web, member) in Each(members))
            {
                // The first check calls the person's grain. The second one makes no call and returns the same decision with its proof.
                var calls = Calls(member);
                var cold = await Check(web, member, workspace);
                Assert.True(cold.Allows(Permissions.ViewSupportInsights));
                Assert.Equal(calls + 1, Calls(member));

                Assert.Equal(cold, await Check(web, member, workspace));
                Assert.Equal(calls + 1, Calls(member));
            }

            await contoso.Grant(workspace, group, Roles.LearningUser);
            foreach (var (web, member) in Each(members))
            {
                Assert.Null(web.Find(member, workspace));
                Assert.False((await Check(web, member, workspace)).Allows(Permissions.ViewSupportInsights));
                Assert.False(web.Find(member, workspace)!.Decision.Allows(Permissions.ViewSupportInsights));
            }

            await contoso.Revoke(workspace, group);
            foreach (var (web, member) in Each(members))
            {
                Assert.Null(web.Find(member, workspace));
                Assert.Equal(Standing.Outsider, (await Check(web, member, workspace)).Standing);

                // Nothing is kept about a person who is not a member.
                Assert.Null(web.Find(member, workspace));
            }
        }
    }

    [Fact]
    public async Task Change_recalls_once_from_each_silo_and_web_node_for_any_number_of_members()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        foreach (var (web, member) in Each([.. Enumerable.Range(0, 100).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, group))]))
        {
            await Check(web, member, workspace);
        }

        using var meter = new AccessMeter(cluster);
        await contoso.Revoke(workspace, group);

        Assert.InRange(meter["decisions.recalls"], webs.Count, GrainCluster.Silos * webs.Count);
        Assert.Equal(0, meter["silent_holders"]);
    }

    [Fact]
    public async Task Workspace_acts_on_a_kept_decision()
    {
        var workspace = await contoso.Workspace();
        await Check(webs[0], contoso.AdeleSignIn, workspace);
        var kept = webs[0].Find(contoso.AdeleSignIn, workspace)!.Decision;

        Assert.Equal(RenameStatus.Renamed, (await cluster.Workspace(workspace).Rename(kept, contoso.AdeleActor, new("Renamed", null))).Status);

        // A rename creates a new key, which makes the decision void as well.
        Assert.Null(webs[0].Find(contoso.AdeleSignIn, workspace));
        Assert.Equal(RenameStatus.DecideAgain, (await cluster.Workspace(workspace).Rename(kept, contoso.AdeleActor, new("Again", null))).Status);
    }

    [Fact]
    public async Task Sign_in_with_fewer_groups_at_one_web_node_ends_the_older_decision_at_the_other()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var person = contoso.Somebody();
        var (older, newer) = (Contoso.SignIn(person, 0, group), Contoso.SignIn(person, 60));
        Assert.Equal(Standing.Member, (await Check(webs[0], older, workspace)).Standing);
        Assert.NotNull(webs[0].Find(older, workspace));

        // The activation is new, but the person had no row, so no earlier activation has lent anything.
        var since = TimeProvider.System.GetTimestamp();
        Assert.Equal(Standing.Outsider, (await Check(webs[1], newer, workspace)).Standing);
        Assert.InRange(TimeProvider.System.GetElapsedTime(since), TimeSpan.Zero, DecisionLease.Longest / 2);
        Assert.Null(webs[0].Find(older, workspace));
        Assert.Equal(Standing.Outsider, (await Check(webs[0], older, workspace)).Standing);
    }

    [Fact]
    public async Task Sign_in_with_more_groups_does_not_wait_and_gets_a_new_decision()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.Grant(workspace, contoso.Tenant, Roles.LearningUser);
        var person = contoso.Somebody();
        var (older, newer) = (Contoso.SignIn(person, 0, group), Contoso.SignIn(person, 60, group, contoso.Tenant));
        Assert.False((await Check(webs[0], older, workspace)).Allows(Permissions.AccessLearning));

        Assert.True((await Check(webs[0], newer, workspace)).Allows(Permissions.AccessLearning));

        // From now on the newer decision answers both tokens.
        Assert.True(webs[0].Find(newer, workspace)!.Decision.Allows(Permissions.AccessLearning));
        Assert.True(webs[0].Find(older, workspace)!.Decision.Allows(Permissions.AccessLearning));
    }

    [Fact]
    public async Task New_activation_waits_for_decisions_of_an_earlier_one_before_it_takes_groups_away()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var person = contoso.Somebody();
        var older = Contoso.SignIn(person, 0, group);
        await Check(webs[0], older, workspace);
        await cluster.Forget();

        // The same groups, or more, do not wait.
        Assert.Equal(Standing.Member, (await Check(webs[1], Contoso.SignIn(person, 60, group), workspace)).Standing);

        await ElapseWait(Check(webs[1], Contoso.SignIn(person, 120), workspace).AsTask(), older, workspace);
    }

    [Fact]
    public async Task Blocked_account_loses_contract_roles_at_every_web_node()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        var workspace = await contoso.Workspace();
        var follower = cluster.WithinSilo.GetGrain<IDirectoryFollower>($"{contoso.Tenant}");
        Assert.True(await follower.Poll());
        foreach (var web in webs)
        {
            await Check(web, contoso.AdeleSignIn, workspace);
            Assert.NotNull(web.Find(contoso.AdeleSignIn, workspace));
        }

        directory.Block(contoso.Adele.UserId);
        Assert.True(await follower.Poll());
        foreach (var web in webs)
        {
            Assert.Null(web.Find(contoso.AdeleSignIn, workspace));
            Assert.Equal(Standing.Outsider, (await Check(web, contoso.AdeleSignIn, workspace)).Standing);
        }
    }

    [Fact]
    public async Task Silo_lends_only_on_request_and_only_if_the_groups_are_known()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);

        Assert.Null((await cluster.User(member.Person).Explain(member, workspace)).Lease);

        // Adele is a contact. Without her groups the contract alone decides.
        var partial = contoso.AdeleSignIn with { LeavesGroupsOut = true };
        Assert.Equal(Standing.Member, (await Check(webs[0], partial, workspace)).Standing);
        Assert.Null(webs[0].Find(partial, workspace));
    }

    [Fact]
    public async Task Web_node_with_a_limit_of_0_keeps_no_decisions()
    {
        var off = new DecisionCache(cluster.Grains, services.GetRequiredService<AccessMetrics>(), TimeProvider.System, max: 0);
        var workspace = await contoso.Workspace();

        Assert.Equal(Standing.Member, (await Check(off, contoso.AdeleSignIn, workspace)).Standing);
        Assert.False(off.IsOn);
        Assert.Null(off.Find(contoso.AdeleSignIn, workspace));
    }

    [Fact]
    public async Task Silo_lends_nothing_while_another_silo_does_not_wait_for_lent_decisions()
    {
        var workspace = await contoso.Workspace();
        await Check(webs[0], contoso.AdeleSignIn, workspace);
        Assert.NotNull(webs[0].Find(contoso.AdeleSignIn, workspace));

        await using (await cluster.StartEarlierSilo())
        {
            // Each silo notices it by itself. Decisions that are out expire or are recalled.
            await Until.True(
                async () =>
                {
                    webs[0].Recall(workspace).Ignore();
                    await Check(webs[0], contoso.AdeleSignIn, workspace);
                    return cluster.Each<WaitingSilos>().All(silos => !silos.AreAll) && webs[0].Find(contoso.AdeleSignIn, workspace) is null;
                },
                TimeSpan.FromSeconds(30), "the silos lend nothing");
        }

        await Until.True(
            async () =>
            {
                await Check(webs[0], contoso.AdeleSignIn, workspace);
                return webs[0].Find(contoso.AdeleSignIn, workspace) is not null;
            },
            TimeSpan.FromSeconds(30), "the silos lend again");
    }

    private static async ValueTask<AccessDecision> Check(IGrainFactory grains, DecisionCache web, SignIn signIn, string workspace) =>
        (web.Find(signIn, workspace) ?? await web.Ask(grains.GetGrain<IUserGrain>(signIn.Person.ToString()), signIn, workspace)).Decision;

    private ValueTask<AccessDecision> Check(DecisionCache web, SignIn signIn, string workspace) => Check(cluster.Grains, web, signIn, workspace);

    // How many calls the person's grain got from outside.
    private int Calls(SignIn signIn) => asked.GetValueOrDefault(signIn.Person.ToString());

    private IEnumerable<(DecisionCache Web, SignIn Member)> Each(IReadOnlyList<SignIn> members) => webs.SelectMany(web => members.Select(member => (web, member)));

    private DecisionCache NewWeb() => new(cluster.Grains, services.GetRequiredService<AccessMetrics>(), TimeProvider.System, Max);

    // While the grain waits, it answers other calls. Then the test lets the time pass that it waits for.
    private async Task ElapseWait(Task waiting, SignIn older, string workspace)
    {
        for (var call = 0; call < 20; call++)
        {
            Assert.Equal(Standing.Member, await contoso.StandingOf(older, workspace));
        }

        Assert.False(waiting.IsCompleted, "It did not wait.");
        await Until.True(
            () =>
            {
                cluster.Time.Elapse(due => due > DecisionLease.Longest / 2 && due < DecisionLease.Longest);
                return Task.FromResult(waiting.IsCompleted);
            },
            TimeSpan.FromSeconds(20), "the grain goes on");
        await waiting;
    }
}

/// <summary>A change waits for a web node that does not answer until its decisions have expired, and not longer.</summary>
public sealed class SilentWebNodeTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Change_waits_until_decisions_of_a_silent_web_node_have_expired()
    {
        var workspace = await contoso.Workspace();
        var silent = new Silent();
        var signIn = contoso.AdeleSignIn with { Holder = cluster.Grains.CreateObjectReference<IDecisionHolder>(silent) };
        var took = TimeSpan.Zero;
        await Until.True(
            async () =>
            {
                // A decision that expires before the change begins is not recalled.
                await cluster.User(contoso.Adele).Explain(signIn, workspace);
                var since = TimeProvider.System.GetTimestamp();
                await contoso.Grant(workspace, Guid.NewGuid(), Roles.LearningUser);
                took = TimeProvider.System.GetElapsedTime(since);
                return silent.WasAsked;
            },
            TimeSpan.FromMinutes(2), "a change recalls the decision");

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        silent.Answer.SetResult();
        GC.KeepAlive(silent);
    }

    private sealed class Silent : IDecisionHolder
    {
        public TaskCompletionSource Answer { get; } = new();

        public bool WasAsked { get; private set; }

        public Task Recall(string workspaceId)
        {
            WasAsked = true;
            return Answer.Task;
        }

        public Task RecallPerson(PersonId person) => Answer.Task;
    }
}
