using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

public class UserGrainTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Of_several_switches_that_expect_the_same_workspace_one_opens_and_its_version_is_expected_next()
    {
        var names = Enumerable.Range(0, 5).Select(n => $"{n}").ToArray();
        string[] ids = [.. (await contoso.Put(contoso.Agreement(AgreementType.Workload, names))).Workspaces.Select(w => w.WorkspaceId)];
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        foreach (var id in ids)
        {
            await contoso.Grant(id, group, Roles.SupportUser);
        }

        var user = cluster.User(member.Person);
        for (var turn = 0; turn < 3; turn++)
        {
            var before = await user.Land(member);
            var outcomes = await Task.WhenAll(ids.Where(id => id != before.Decision.WorkspaceId).Select(id => user.SwitchIf(member, id, new(before.Version))));

            var opened = Assert.Single(outcomes, outcome => outcome.Workspace is not null);
            Assert.All(outcomes, outcome => Assert.Equal(Standing.Member, outcome.Standing));
            var after = await user.Land(member);
            Assert.Equal((opened.Workspace!.Workspace.WorkspaceId, opened.Version), (after.Decision.WorkspaceId, after.Version));
            Assert.NotEqual(before.Version, after.Version);
        }
    }

    [Fact]
    public async Task Person_lands_in_the_last_workspace_then_in_the_most_recent_open_one_then_in_the_first_by_name()
    {
        var agreement = contoso.Agreement(AgreementType.Workload, "beta", "Alpha", "gamma");
        var ids = (await contoso.Put(agreement)).Workspaces.ToDictionary(w => w.Name, w => w.WorkspaceId);
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        foreach (var id in ids.Values)
        {
            await contoso.Grant(id, group, Roles.SupportUser);
        }

        Assert.Equal(ids["Alpha"], await Land(member));
        await cluster.User(member.Person).Switch(member, ids["beta"]);
        await cluster.User(member.Person).Switch(member, ids["gamma"]);
        Assert.Equal(ids["gamma"], await Land(member));
        await contoso.Revoke(ids["gamma"], group);
        Assert.Equal(ids["beta"], await Land(member));
        await contoso.Revoke(ids["beta"], group);
        Assert.Equal(ids["Alpha"], await Land(member));
        await contoso.Revoke(ids["Alpha"], group);
        Assert.Equal(Standing.Outsider, (await cluster.User(member.Person).Land(member)).Standing);
    }

    [Fact]
    public async Task Token_without_groups_is_decided_by_the_contract_and_changes_nothing()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.LearningUser);
        var adele = cluster.User(contoso.Adele);
        var full = Contoso.SignIn(contoso.Adele, 60, group);
        var partial = Contoso.SignIn(contoso.Adele, 120) with { LeavesGroupsOut = true };
        Assert.True((await adele.Decide(full, workspace)).Allows(Permissions.AccessLearning));

        var decision = await adele.Decide(partial, workspace);
        Assert.Equal((Standing.Member, RoleTable.PermissionsOf(Roles.CustomerSupportManager | Roles.User)), (decision.Standing, decision.Permissions));
        Assert.Equal([RoleSource.Contract, RoleSource.Default], (await adele.Explain(partial, workspace)).Roles.Select(r => r.Source));
        Assert.NotNull(await cluster.Workspace(workspace).Get(decision));
        Assert.Equal(Standing.Member, await adele.DecideAnywhere(partial, Permissions.RenameSpace));
        Assert.Equal(Standing.Unconfirmed, await adele.DecideAnywhere(partial, Permissions.AccessLearning));
        Assert.Equal(Standing.Member, (await adele.Switch(partial, workspace)).Standing);
        Assert.Equal(workspace, (await adele.Me(partial)).LastAccessedWorkspaceId);
        Assert.Equal(workspace, await Land(partial));
        Assert.Null(await adele.Workspaces(partial));

        // A newer token without groups does not take away the known ones.
        Assert.True((await adele.Decide(full, workspace)).Allows(Permissions.AccessLearning));
    }

    [Fact]
    public async Task Token_without_groups_is_unconfirmed_for_a_person_who_is_not_a_contact()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.LearningUser);
        var member = contoso.Somebody();
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(member, 60, group), workspace));

        // What an earlier token said does not count, and nobody learns which workspaces exist.
        var partial = Contoso.SignIn(member, 120) with { LeavesGroupsOut = true };
        foreach (var id in (string[])[workspace, Guid.NewGuid().ToString("N"), "no workspace"])
        {
            Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(partial, id));
        }

        Assert.Equal(Standing.Unconfirmed, (await cluster.User(member).Switch(partial, workspace)).Standing);
        Assert.Equal(Standing.Unconfirmed, (await cluster.User(member).Land(partial)).Standing);
        await Assert.ThrowsAsync<ArgumentException>(() => contoso.StandingOf(partial with { Groups = [group] }, workspace));
    }

    [Fact]
    public async Task Contact_who_left_the_contract_is_refused_with_any_token()
    {
        var (successor, partial) = (contoso.Somebody(), Contoso.SignIn(contoso.Adele, 0) with { LeavesGroupsOut = true });
        var workspace = await contoso.Workspace();
        Assert.Equal(Standing.Member, await contoso.StandingOf(partial, workspace));

        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        await contoso.Put(agreement with { Contacts = [agreement.Contacts[0] with { Person = successor }] });

        Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(partial, workspace));
    }

    [Fact]
    public async Task Workspaces_are_complete_ordered_by_name_and_marked_if_opened()
    {
        var agreement = contoso.Agreement(AgreementType.Workload, [.. Enumerable.Range(0, 100).Select(i => $"Workspace {i:D2}")]);
        var ids = (await contoso.Put(agreement)).Workspaces.ToDictionary(w => w.Name, w => w.WorkspaceId);
        await cluster.User(contoso.Adele).Switch(contoso.AdeleSignIn, ids["Workspace 07"]);
        await cluster.Forget();

        var all = (await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value;

        Assert.Equal(ids.Keys.Order(StringComparer.Ordinal), all.Select(w => w.Workspace.Name));
        var opened = Assert.Single(all, w => w.LastAccessedAt is not null);
        Assert.Equal((ids["Workspace 07"], true), (opened.Workspace.WorkspaceId, opened.IsCurrent));
    }

    [Fact]
    public async Task Cancelled_list_of_workspaces_stops_waiting()
    {
        await contoso.Workspace();
        await cluster.Forget();
        var (reading, held) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Store.Begins = (operation, name) =>
        {
            if (operation != RowOperation.Read || name != "workspace")
            {
                return Task.CompletedTask;
            }

            reading.TrySetResult();
            return held.Task;
        };
        using var ended = new SemaphoreSlim(0);
        cluster.Cancelled = call => _ = call.MethodName is nameof(IUserGrain.Workspaces) or nameof(IUserGrain.EvaluateAll) ? ended.Release() : 0;
        try
        {
            using var gone = new CancellationTokenSource();
            Task[] asked =
            [
                cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn, gone.Token),
                cluster.User(contoso.Adele).EvaluateAll(Applications.With(AppRoles.Evaluate), gone.Token),
            ];
            await reading.Task;

            await gone.CancelAsync();

            foreach (var call in asked)
            {
                Assert.True(await ended.WaitAsync(TimeSpan.FromMinutes(1)));
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            }
        }
        finally
        {
            held.SetResult();
            (cluster.Store.Begins, cluster.Cancelled) = ((_, _) => Task.CompletedTask, _ => { });
        }

        Assert.Single((await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value);
    }

    [Fact]
    public async Task Workspace_opens_on_the_start_date_and_shows_that_it_expired()
    {
        var soon = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(30);
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca) with { StartDate = soon, EndDate = soon.AddDays(30) };
        try
        {
            var pending = await contoso.Put(agreement);
            Assert.Equal((AgreementStatus.Pending, 0), (pending.Status, pending.Workspaces.Length));
            Assert.Empty((await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value);

            cluster.Time.Shift = TimeSpan.FromDays(31);
            await cluster.Forget();
            var active = (await cluster.Agreement(contoso.AgreementId).Get())!;
            var workspace = Assert.Single(active.Workspaces).WorkspaceId;
            Assert.Equal(AgreementStatus.Active, active.Status);
            Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));

            cluster.Time.Shift = TimeSpan.FromDays(100);
            var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
            Assert.Equal(AgreementStatus.Expired, (await cluster.Workspace(workspace).Get(decision))!.Status);
        }
        finally
        {
            cluster.Time.Shift = TimeSpan.Zero;
        }
    }

    private async Task<string> Land(SignIn signIn) => (await cluster.User(signIn.Person).Land(signIn)).Decision.WorkspaceId;
}
