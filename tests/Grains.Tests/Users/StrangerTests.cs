using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>Whoever is a member of nothing. Counts what storage is asked for, so it has a cluster to itself.</summary>
public sealed class StrangerTests(WarmCluster cluster) : IClassFixture<WarmCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    public void Dispose() => (cluster.Store.Fate, cluster.Store.Begins) = ((_, _) => RowFate.Happens, (_, _) => Task.CompletedTask);

    [Fact]
    public async Task Nothing_of_a_stranger_is_stored_whatever_they_ask()
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

        // The sets that tell strangers from members are read by who comes first: 256 of tenants, and one of Contoso's groups.
        Assert.DoesNotContain(written, name => name != "known-ids");
    }

    [Fact]
    public async Task A_stranger_is_gone_from_memory_when_their_time_is_over()
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
    public async Task A_member_stays_when_the_time_of_strangers_is_over()
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
    public async Task The_first_decision_that_finds_a_member_is_answered_when_their_sign_in_is_stored()
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

    /// <summary>G2 of somebody who was a member once: the newest token counts, also after a restart.</summary>
    [Fact]
    public async Task The_sign_in_of_whoever_was_a_member_outlives_the_activation()
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

    /// <summary>G2 of a stranger: the newest token counts while it is remembered.</summary>
    [Fact]
    public async Task A_strangers_older_token_brings_no_group_back_while_the_newer_one_is_remembered()
    {
        var workspace = await contoso.Workspace();
        var person = contoso.Somebody();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 60), workspace));

        await contoso.Grant(workspace, group, Roles.SupportUser);

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
    }

    [Fact]
    public async Task Whoever_a_contract_names_keeps_the_sign_in_that_they_came_with_before()
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
    public async Task Ids_of_no_workspace_leave_nothing_in_memory_or_in_storage()
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

    /// <summary>Of which types of ours there are activations.</summary>
    private async Task<HashSet<string>> Kinds()
    {
        var statistics = await cluster.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return [.. statistics.Where(s => s.GrainType.StartsWith("EngageCenter", StringComparison.Ordinal)).Select(s => s.GrainId.Type.ToString()!)];
    }
}
