using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Directories;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// Somebody reaches a silo's gateway with the client library and knows every interface. Nothing that they make up gives them
/// access. Made-up sign-ins are not tested: only the network can keep those out, as docs/understand/coherence.md says.
/// </summary>
public class MadeUpCallerTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private const Permissions Everything = (Permissions)ushort.MaxValue;

    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task No_grain_acts_on_a_made_up_decision()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var right = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        var elsewhere = await new Contoso(cluster).Workspace();
        List<AccessDecision> madeUp =
        [
            .. Enumerable.Range(0, (int)right.Epoch + 3).Select(epoch => new AccessDecision(contoso.Adele, workspace, Standing.Member, Everything, epoch)),
            right with { Proof = 0 },
            right with { Proof = right.Proof ^ 1 },
            right with { Permissions = Everything },
            right with { Person = contoso.Somebody(), Permissions = Everything },
            right with { WorkspaceId = elsewhere, Permissions = Everything },
        ];
        cluster.Store.StartCounting();

        foreach (var decision in madeUp)
        {
            var some = decision with { Permissions = Everything };
            foreach (var asked in (AccessDecision[])[decision, some])
            {
                foreach (var (call, answer) in Calls(asked, group))
                {
                    if (asked.Allows(call))
                    {
                        Assert.True(await answer() is null or DecideAgain, $"{call} was let in by {asked}");
                    }
                }
            }
        }

        Assert.Equal(0, cluster.Store.Writes);
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(contoso.Somebody(), 0, group), workspace));
    }

    [Fact]
    public async Task Every_grain_acts_on_a_genuine_decision_and_after_the_owner_ended_one_retry_is_enough()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await Everywhere(await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace));

        var old = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        await cluster.Forget();
        Assert.Null(await cluster.Workspace(workspace).Get(old));
        await Everywhere(await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace));

        async Task Everywhere(AccessDecision decision)
        {
            for (var call = 0; call < Calls(decision, group).Count(); call++)
            {
                var (needed, answer) = Calls(decision, group).ElementAt(call);
                if (decision.Allows(needed))
                {
                    Assert.False(await answer() is null or DecideAgain, $"{needed} was not let in.");
                }

                // A write changes the key, so the decision has to be made again.
                decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
            }
        }
    }

    [Fact]
    public async Task The_persons_grain_knows_the_decisions_that_it_made()
    {
        var workspace = await contoso.Workspace();
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        var maker = cluster.WithinSilo.GetGrain<IDecisionMaker>(contoso.Adele.ToString());

        Assert.True(await maker.Made(decision));
        Assert.False(await maker.Made(decision with { Proof = 0 }));
        Assert.False(await maker.Made(decision with { Permissions = Everything }));
        Assert.False(await maker.Made(decision with { WorkspaceId = "another" }));
    }

    [Fact]
    public async Task Nobody_can_act_in_the_name_of_another_person()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        Actor[] others =
        [
            contoso.AdeleActor with { Id = Guid.NewGuid().ToString() },
            contoso.AdeleActor with { TenantId = Guid.NewGuid() },
            contoso.AdeleActor with { Kind = ActorKind.Application },
        ];
        cluster.Store.StartCounting();

        foreach (var other in others)
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Workspace(workspace).PutGroup(decision, other, new(group, null, Roles.Administrator, null)));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Workspace(workspace).DeleteGroup(decision, other, new(group, null)));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Workspace(workspace).Rename(decision, other, new("Fabrikam", null)));
        }

        Assert.Equal(0, cluster.Store.Writes);
    }

    [Fact]
    public async Task Client_is_refused_calls_that_only_silos_may_make()
    {
        var workspace = await contoso.Workspace();
        var person = contoso.Somebody();
        var holder = cluster.Grains.CreateObjectReference<IPolicyHolder>(new Holder());
        var contract = new WorkspaceContract(
            contoso.AgreementId, AgreementType.EnterpriseSupportMca, contoso.Tenant, "Mine", new(2020, 1, 1), new(2099, 12, 31),
            [new(person, Roles.CustomerSupportManager, "Somebody", "somebody@contoso.example")], 99);
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        (Type Interface, Func<Task> Call)[] calls =
        [
            (typeof(IPolicyOwner), () => cluster.Grains.GetGrain<IPolicyOwner>(workspace).Lease(holder)),
            (typeof(IContractedWorkspace), () => cluster.Grains.GetGrain<IContractedWorkspace>(workspace).Provision(Contoso.Automation, contract)),
            (typeof(IContractingAgreement), () => cluster.Grains.GetGrain<IContractingAgreement>(contoso.AgreementId).UpdateWorkspaces()),
            (typeof(INamingAgreement), () => cluster.Grains.GetGrain<INamingAgreement>(contoso.AgreementId).AddKnownIds()),
            (typeof(IContactIndex), () => cluster.Grains.GetGrain<IContactIndex>(contoso.Adele.ToString()).Remove(workspace, 99)),
            (typeof(IGroupGrain), () => cluster.Grains.GetGrain<IGroupGrain>($"{contoso.Tenant}/{Guid.NewGuid()}").Add(workspace, 99)),
            (typeof(IVersionedGroup), () => cluster.Grains.GetGrain<IVersionedGroup>($"{contoso.Tenant}/{Guid.NewGuid()}").WorkspacesAt(0, long.MaxValue)),
            (typeof(IGroupGrain), () => cluster.Grains.GetGrain<IGroupGrain>($"{contoso.Tenant}/{Guid.NewGuid()}").Workspaces(0).AsTask()),
            (typeof(ICleanedIds), () => cluster.Grains.GetGrain<ICleanedIds>(KnownIds.GroupsOf(contoso.Tenant)).Clean()),
            (typeof(ICleanedIds), () => cluster.Grains.GetGrain<ICleanedIds>(KnownIds.GroupsOf(contoso.Tenant)).RemoveAll([])),
            (typeof(ISeenUsers), () => cluster.Grains.GetGrain<ISeenUsers>(workspace).Seen(new(person, new("Somebody", null, UserType.Member), [], default, default))),
            (typeof(IDirectoryGrain), () => cluster.Grains.GetGrain<IDirectoryGrain>($"{contoso.Tenant}").GroupsOf(person.UserId)),
            (typeof(IDirectoryGrain), () => cluster.Grains.GetGrain<IDirectoryGrain>($"{contoso.Tenant}").State()),
            (typeof(IDirectoryGrain), () => cluster.Grains.GetGrain<IDirectoryGrain>($"{contoso.Tenant}").Account(person.UserId)),
            (typeof(IDirectoryGrain), () => cluster.Grains.GetGrain<IDirectoryGrain>($"{contoso.Tenant}").Members(Guid.NewGuid(), null)),
            (typeof(IDirectoryFollower), () => cluster.Grains.GetGrain<IDirectoryFollower>($"{contoso.Tenant}").Since(0)),
            (typeof(IDirectoryFollower), () => cluster.Grains.GetGrain<IDirectoryFollower>($"{contoso.Tenant}").Poll()),
            (typeof(IObservedPerson), () => cluster.Grains.GetGrain<IObservedPerson>(contoso.Adele.ToString()).ObserveAgain()),
            (typeof(IObservedPerson), () => cluster.Grains.GetGrain<IObservedPerson>(contoso.Adele.ToString()).ObserveAccount()),
            (typeof(IPeoplesAccounts), () => cluster.Grains.GetGrain<IPeoplesAccounts>(workspace).Account(contoso.Adele, true, DateTimeOffset.UnixEpoch)),
            (typeof(INamedGroups), () => cluster.Grains.GetGrain<INamedGroups>(workspace).NameGroup(Guid.NewGuid(), "name")),
            (typeof(IPeopleOfGroups), () => cluster.Grains.GetGrain<IPeopleOfGroups>(workspace).In(contoso.Tenant, Guid.NewGuid())),
            (typeof(IDecisionMaker), () => cluster.Grains.GetGrain<IDecisionMaker>(contoso.Adele.ToString()).Made(decision).AsTask()),
            (typeof(IRemindable), () => cluster.Grains.GetGrain<IAssessmentsGrain>(workspace).AsReference<IRemindable>().ReceiveReminder(AssessmentsGrain.ReminderName, default)),
        ];

        // The set's row is written when the grain takes over the set, whoever calls.
        await cluster.Grains.GetGrain<IKnownIdsGrain>(KnownIds.GroupsOf(contoso.Tenant)).Remove(Guid.NewGuid(), 0);
        cluster.Store.StartCounting();

        foreach (var (_, call) in calls)
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(call);
        }

        Assert.Equal(0, cluster.Store.Writes);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 0), workspace));

        // Checks that no interface is left out. The index is called through the interfaces that extend it.
        var silent = typeof(PolicyCache).Assembly.GetTypes().Where(t => t.IsInterface && !t.IsPublic && typeof(IGrain).IsAssignableFrom(t));
        Assert.Empty(silent.Except([typeof(IWorkspaceIndex)]).Except(calls.Select(c => c.Interface)));
    }

    [Theory]
    [InlineData("another person")]
    [InlineData("2096")]
    [InlineData("beyond the skew")]
    [InlineData("half a second")]
    [InlineData("before there were tokens")]
    [InlineData("201 groups")]
    [InlineData("unsorted")]
    [InlineData("twice")]
    [InlineData("no groups at all")]
    [InlineData("long name")]
    [InlineData("no name")]
    [InlineData("long email")]
    [InlineData("no such type")]
    public async Task Impossible_sign_in_is_refused_before_anything_is_stored(string how)
    {
        var workspace = await contoso.Workspace();
        var person = contoso.Somebody();
        var good = Contoso.SignIn(person, 0, [.. Enumerable.Range(0, 3).Select(_ => Guid.NewGuid())]);
        var bad = how switch
        {
            "another person" => good with { Person = contoso.Somebody() },
            "2096" => good with { IssuedAt = new(2096, 1, 1, 0, 0, 0, TimeSpan.Zero) },
            "beyond the skew" => good with { IssuedAt = DateTimeOffset.FromUnixTimeSeconds((cluster.Time.GetUtcNow() + SignIn.MaxClockSkew).ToUnixTimeSeconds() + 60) },
            "half a second" => good with { IssuedAt = good.IssuedAt.AddMilliseconds(500) },
            "before there were tokens" => good with { IssuedAt = default },
            "201 groups" => good with { Groups = [.. Enumerable.Range(0, 201).Select(_ => Guid.NewGuid()).Order()] },
            "unsorted" => good with { Groups = [.. good.Groups.Reverse()] },
            "twice" => good with { Groups = [good.Groups[0], good.Groups[0]] },
            "no groups at all" => good with { Groups = default },
            "long name" => good with { Profile = good.Profile with { DisplayName = new('n', 257) } },
            "no name" => good with { Profile = good.Profile with { DisplayName = null! } },
            "long email" => good with { Profile = good.Profile with { Email = new('e', 321) } },
            _ => good with { Profile = good.Profile with { UserType = (UserType)9 } },
        };
        var user = cluster.User(person);
        cluster.Store.StartCounting();

        await Assert.ThrowsAsync<ArgumentException>(() => user.Decide(bad, workspace).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => user.Explain(bad, workspace).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => user.DecideAnywhere(bad, Permissions.AccessLearning).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => user.AccountTeam(bad, workspace, null).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => user.Me(bad));
        await Assert.ThrowsAsync<ArgumentException>(() => user.Workspaces(bad));
        await Assert.ThrowsAsync<ArgumentException>(() => user.Switch(bad, workspace));
        await Assert.ThrowsAsync<ArgumentException>(() => user.Land(bad));

        Assert.Equal(0, cluster.Store.Writes);
        Assert.Equal(good.Profile, (await user.Me(good)).Profile);
    }

    [Fact]
    public async Task Token_may_be_ahead_by_the_clock_skew()
    {
        var person = contoso.Somebody();
        var ahead = Contoso.SignIn(person, 0) with { IssuedAt = DateTimeOffset.FromUnixTimeSeconds((cluster.Time.GetUtcNow() + SignIn.MaxClockSkew).ToUnixTimeSeconds()) };

        Assert.Equal(person, (await cluster.User(person).Me(ahead)).Person);
    }

    private static object? Again(bool decideAgain) => decideAgain ? new DecideAgain() : "acted";

    /// <summary>Every call that takes a decision: the permission that it needs, and its answer, which is null or <see cref="DecideAgain"/> if the grain does not act.</summary>
    private IEnumerable<(Permissions Needed, Func<Task<object?>> Answer)> Calls(AccessDecision decision, Guid group)
    {
        var id = decision.WorkspaceId;
        var page = new EngageCenter.Paging.PageRequest(10, null);
        var actor = new Actor(ActorKind.User, decision.Person.TenantId, decision.Person.UserId.ToString("D"), "Adele Vance");
        var workspace = cluster.Workspace(id);
        yield return (Permissions.None, async () => await workspace.Get(decision));
        yield return (Permissions.RenameSpace, async () => Again((await workspace.Rename(decision, actor, new("Mine", null))).Status == RenameStatus.DecideAgain));
        yield return (Permissions.ViewEntraGroups, async () => await workspace.Groups(decision, new(null, Roles.None, page)));
        yield return (Permissions.ViewEntraGroups, async () => await workspace.Group(decision, group));
        yield return (Permissions.ManageEntraGroups, async () => Again((await workspace.PutGroup(decision, actor, new(group, null, Roles.Administrator, null))).Status == PutGroupStatus.DecideAgain));
        yield return (Permissions.ManageEntraGroups, async () => Again((await workspace.DeleteGroup(decision, actor, new(Guid.NewGuid(), null))).Status == DeleteGroupStatus.DecideAgain));
        yield return (Permissions.ManageEntraGroups, async () => await workspace.AuditEvents(decision, page));
        yield return (Permissions.ManageEntraGroups, async () => await workspace.AuditEventsAfter(decision, 0, 10));
        yield return (Permissions.ViewUserRoles, async () => await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(id).List(decision, new(null, Roles.None, null, null, page)));
        yield return (Permissions.ViewUserRoles, async () => await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(id).Holders(decision, Permissions.RenameSpace, page));

        var support = cluster.Grains.GetGrain<ISupportGrain>(id);
        yield return (Permissions.ViewSupportInsights, async () => await support.Cases(decision, new(null, null, null, null, null, null, page)));
        yield return (Permissions.ViewSupportInsights, async () => await support.Insights(decision, new(Updates.Start, Updates.Start.AddDays(1))));

        var activity = cluster.Grains.GetGrain<IActivityGrain>(id);
        yield return (Permissions.ViewCustomerActivity, async () => await activity.Activity(decision, "one"));
        yield return (Permissions.ViewCustomerActivity, async () => await activity.Activities(decision, new(null, null, null, null, null, page)));
        yield return (Permissions.ViewCustomerActivity, async () => await activity.ProofOfExecution(decision));

        var assessments = cluster.Grains.GetGrain<IAssessmentsGrain>(id);
        const string sql = "SqlServer";
        yield return (Permissions.AccessAssessments, async () => await assessments.List(decision));
        yield return (Permissions.AccessAssessments, async () => await assessments.Get(decision, sql));
        yield return (Permissions.AccessAssessments, async () => await assessments.Runs(decision, sql, page));
        yield return (Permissions.AccessAssessments, async () => await assessments.Run(decision, sql, "one"));
        yield return (Permissions.AccessAssessments, async () => await assessments.Recommendations(decision, new(sql, null, page)));
        yield return (Permissions.AccessAssessments, async () => await assessments.Summary(decision));
        yield return (Permissions.AccessAssessments, async () => Again((await assessments.Start(decision, sql)).Status == StartRunStatus.DecideAgain));
        yield return (Permissions.ManageAssessments, async () => Again((await assessments.Configure(decision, new(sql, TimeSpan.FromDays(1), null))).Status == ConfigureAssessmentStatus.DecideAgain));
        yield return (Permissions.ManageAssessments, async () => Again((await assessments.Remove(decision, new(sql, null))).Status == RemoveAssessmentStatus.DecideAgain));

        var learning = cluster.Grains.GetGrain<ILearningGrain>(id);
        yield return (Permissions.AccessLearning, async () => await learning.Enrollment(decision, "one"));
        yield return (Permissions.AccessLearning, async () => await learning.Transcript(decision, page));
        yield return (Permissions.AccessLearning, async () => await learning.Consumption(decision));
        yield return (Permissions.AccessLearning, async () => await learning.Summary(decision));
        yield return (Permissions.AccessLearning, async () => Again((await learning.Put(decision, new("one", 50, null))).Status == PutEnrollmentStatus.DecideAgain));
    }

    private sealed record DecideAgain;

    private sealed class Holder : IPolicyHolder
    {
        public Task Recall(string workspaceId) => Task.CompletedTask;
    }
}
