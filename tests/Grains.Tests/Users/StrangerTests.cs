using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>People who are not members of any workspace. The tests count the use of storage, so they have a cluster to themselves.</summary>
public sealed class StrangerTests(WarmCluster cluster) : IClassFixture<WarmCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    public void Dispose() => (cluster.Store.Fate, cluster.Store.Begins) = ((_, _) => RowFate.Happens, (_, _) => Task.CompletedTask);

    [Fact]
    public async Task No_call_of_a_stranger_stores_anything()
    {
        var workspace = await contoso.Workspace();
        await contoso.StandingOf(contoso.AdeleSignIn, workspace);
        var written = new ConcurrentBag<string>();
        cluster.Store.Fate = (operation, name) =>
        {
            if (operation == RowOperation.Write)
            {
                written.Add(name);
            }

            return RowFate.Happens;
        };

        foreach (var tenant in (Guid[])[contoso.Tenant, Guid.NewGuid()])
        {
            for (var n = 0; n < 20; n++)
            {
                await AskEverything(Contoso.SignIn(new(tenant, Guid.NewGuid()), 0, group, Guid.NewGuid()), workspace);
            }
        }

        // The sets that tell strangers from members are read by the first call: 256 of tenants, and one of Contoso's groups.
        Assert.DoesNotContain(written, name => name != "known-ids");
    }

    [Fact]
    public async Task Stranger_is_forgotten_after_the_time_limit()
    {
        await cluster.Settle();
        var workspace = await contoso.Workspace();
        var strangers = Enumerable.Range(0, 20).Select(_ => Contoso.SignIn(contoso.Somebody(), 0)).ToList();
        var before = await cluster.Activations("user");
        foreach (var stranger in strangers)
        {
            Assert.Equal(Standing.Outsider, await contoso.StandingOf(stranger, workspace));
        }

        Assert.Equal(before + strangers.Count, await cluster.Activations("user"));
        Assert.True(cluster.Time.Elapse(UserGrain.MemoryOfStrangers) >= strangers.Count);
        await GrainCluster.Until(async () => await cluster.Activations("user") == before, "strangers are gone");
    }

    [Fact]
    public async Task Member_is_not_forgotten_after_the_time_limit_of_strangers()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var person = contoso.Somebody();
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
        var (members, stranger) = (await cluster.Activations("user"), contoso.Somebody());
        await contoso.StandingOf(Contoso.SignIn(stranger, 0), workspace);

        cluster.Time.Elapse(UserGrain.MemoryOfStrangers);

        await GrainCluster.Until(async () => await cluster.Activations("user") <= members, "the stranger is gone");
        cluster.Store.StartCounting();
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
        Assert.Equal(0, cluster.Store.Reads);
    }

    [Fact]
    public async Task First_decision_of_a_member_is_answered_after_their_sign_in_is_stored()
    {
        var workspace = await contoso.Workspace();
        var signIn = Contoso.SignIn(contoso.Somebody(), 0, group);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(signIn, workspace));
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var (writing, stored) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Store.Begins = (operation, name) =>
        {
            if (operation != RowOperation.Write || name != "user")
            {
                return Task.CompletedTask;
            }

            writing.TrySetResult();
            return stored.Task;
        };

        var first = contoso.StandingOf(signIn, workspace);
        await writing.Task;
        var second = contoso.StandingOf(signIn, workspace);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(signIn, Guid.NewGuid().ToString("N")));
        Assert.False(first.IsCompleted || second.IsCompleted);
        stored.SetResult();

        Assert.Equal((Standing.Member, Standing.Member), (await first, await second));
    }

    [Fact]
    public async Task A_sign_in_that_cannot_be_stored_lets_nobody_in()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var person = contoso.Somebody();
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == "user" ? RowFate.Fails : RowFate.Happens;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));

        cluster.Store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
    }

    /// <summary>Tests G2 for a former member: the newest token counts, also after a restart.</summary>
    [Fact]
    public async Task Sign_in_of_a_former_member_survives_the_activation()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var person = contoso.Somebody();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 0), workspace));
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 60, group), workspace));
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 120), workspace));

        await cluster.Forget();

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 60, group), workspace));
    }

    /// <summary>Tests G2 for a stranger: the newest token counts while it is remembered.</summary>
    [Fact]
    public async Task Older_token_of_a_stranger_brings_back_no_group_while_the_newer_one_is_remembered()
    {
        var workspace = await contoso.Workspace();
        var person = contoso.Somebody();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 60), workspace));

        await contoso.Grant(workspace, group, Roles.SupportUser);

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
    }

    [Fact]
    public async Task Person_named_by_a_contract_keeps_their_earlier_sign_in()
    {
        var workspace = await contoso.Workspace();
        var joni = contoso.Somebody();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(joni, 60), workspace));
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        await contoso.Put(agreement with { Contacts = agreement.Contacts.Add(new(Roles.IncidentManager, joni, "Joni", "joni@microsoft.example", null, true)) });
        await contoso.Grant(workspace, group, Roles.Administrator);
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(joni, 60), workspace));

        await cluster.Forget();

        var access = await cluster.User(joni).Decide(Contoso.SignIn(joni, 0, group), workspace);
        Assert.False(access.Allows(Permissions.ManageEntraGroups));
    }

    [Fact]
    public async Task Unknown_workspace_ids_leave_nothing_in_memory_or_storage()
    {
        await contoso.StandingOf(contoso.AdeleSignIn, await contoso.Workspace());
        var stranger = Contoso.SignIn(contoso.Somebody(), 0);
        await cluster.Settle();
        cluster.Store.StartCounting();

        foreach (var signIn in (SignIn[])[stranger, contoso.AdeleSignIn])
        {
            for (var n = 0; n < 100; n++)
            {
                var id = Guid.NewGuid().ToString("N");
                await AskIn(signIn, id);
                Assert.Null(await cluster.Workspace(id).Header(Contoso.Automation));
            }
        }

        await GrainCluster.Until(async () => (await Kinds()).SetEquals(["user"]), "nobody but users is in memory");
        Assert.Equal(0, cluster.Store.Writes);
    }

    private async Task AskEverything(SignIn signIn, string workspace)
    {
        var user = cluster.User(signIn.Person);
        Assert.Null((await user.Me(signIn)).LastAccessedWorkspaceId);
        Assert.Empty((await user.Workspaces(signIn))!.Value);
        Assert.Equal(Standing.Outsider, await user.DecideAnywhere(signIn, Permissions.AccessLearning));
        Assert.Equal(Standing.Outsider, (await user.Land(signIn)).Standing);
        await AskIn(signIn, workspace);
    }

    private async Task AskIn(SignIn signIn, string workspace)
    {
        var user = cluster.User(signIn.Person);
        Assert.Equal(Standing.Outsider, (await user.Decide(signIn, workspace)).Standing);
        Assert.Equal(Standing.Outsider, (await user.Explain(signIn, workspace)).Decision.Standing);
        Assert.Null(await user.ExplainLastKnown(workspace, new(signIn.Person, workspace, Standing.Member, Permissions.ViewUserRoles, 1)));
        Assert.Equal(Standing.Outsider, (await user.Switch(signIn, workspace)).Standing);
        Assert.Equal(Standing.Outsider, (await user.AccountTeam(signIn, workspace, null)).Decision.Standing);
    }

    /// <summary>Returns which of our grain types have activations.</summary>
    private async Task<HashSet<string>> Kinds()
    {
        var statistics = await cluster.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return [.. statistics.Where(s => s.GrainType.StartsWith("EngageCenter", StringComparison.Ordinal)).Select(s => s.GrainId.Type.ToString()!)];
    }
}
