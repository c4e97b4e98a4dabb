using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Agreements;

/// <summary>Who reads a bill is decided as every right is: by the policy of the moment and the groups of the newest token.</summary>
public sealed class AccountTeamTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    [Fact]
    public async Task A_reader_who_left_the_agreement_reads_nothing_once_that_is_acknowledged()
    {
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, contoso.Adele.UserId, null));
        Assert.Equal(AccountTeamStatus.Found, (await Ask(contoso.AdeleSignIn, workspace)).Status);

        await Put();

        Assert.Equal(AccountTeamStatus.NoBillingAccess, (await Ask(contoso.AdeleSignIn, workspace)).Status);
    }

    [Fact]
    public async Task An_older_token_does_not_bring_a_readers_group_back()
    {
        var workspace = await Put(new BillingReader("account", "profile", contoso.Tenant, null, group));
        var person = contoso.Adele;
        Assert.Equal(AccountTeamStatus.Found, (await Ask(Contoso.SignIn(person, 1, group), workspace)).Status);
        Assert.Equal(AccountTeamStatus.NoBillingAccess, (await Ask(Contoso.SignIn(person, 2), workspace)).Status);

        await cluster.Forget();

        Assert.Equal(AccountTeamStatus.NoBillingAccess, (await Ask(Contoso.SignIn(person, 1, group), workspace)).Status);
    }

    [Fact]
    public async Task Without_its_groups_a_token_shows_the_team_only_if_no_group_may_read_a_bill()
    {
        BillingReader adele = new("account", null, contoso.Tenant, contoso.Adele.UserId, null);
        BillingReader elsewhere = new("account", null, Guid.NewGuid(), null, group);
        var partial = contoso.AdeleSignIn with { LeavesGroupsOut = true };

        var workspace = await Put(adele, elsewhere);
        Assert.Equal((Standing.Member, AccountTeamStatus.Found), (await Ask(partial, workspace) is var open ? (open.Decision.Standing, open.Status) : default));

        await Put(adele, new("account", null, contoso.Tenant, null, group));
        Assert.Equal(Standing.Unconfirmed, (await Ask(partial, workspace)).Decision.Standing);
    }

    [Fact]
    public async Task Who_is_no_member_is_told_nothing_though_they_read_the_account()
    {
        var stranger = contoso.Somebody();
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, stranger.UserId, null));

        var outcome = await Ask(Contoso.SignIn(stranger, 0), workspace);

        Assert.Equal((Standing.Outsider, null), (outcome.Decision.Standing, outcome.Team));
    }

    [Fact]
    public async Task From_warm_state_storage_is_asked_for_nothing()
    {
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, contoso.Adele.UserId, null));
        await Ask(contoso.AdeleSignIn, workspace);
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        cluster.Store.StartCounting();

        var outcome = await Ask(contoso.AdeleSignIn, workspace);

        Assert.Equal((decision, 0, 0), (outcome.Decision, cluster.Store.Reads, cluster.Store.Writes));
        Assert.Equal(["azure"], outcome.Team!.Scopes.Single().Packages.Select(p => p.PackageId));
    }

    [Fact]
    public async Task A_workspace_that_an_earlier_release_stored_is_given_its_terms_by_the_agreement()
    {
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, contoso.Adele.UserId, null));
        await cluster.Forget();
        cluster.Store.Change("workspace", cluster.Workspace(workspace).GetGrainId(), row => Assert.True(row["Contract"]!.AsObject().Remove("Terms")));

        // Nobody here asks the agreement: its row is read because asking for a lease has the workspace do so.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Store.Fate = (operation, name) =>
        {
            if (operation == RowOperation.Read && name == "agreement")
            {
                asked.TrySetResult();
            }

            return RowFate.Happens;
        };
        try
        {
            var epoch = (await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace)).Epoch;
            await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

            // Behind what the workspace asked.
            await cluster.Agreement(contoso.AgreementId).Get();
            var outcome = await Ask(contoso.AdeleSignIn, workspace);
            Assert.Equal((AccountTeamStatus.Found, epoch), (outcome.Status, outcome.Decision.Epoch));
        }
        finally
        {
            cluster.Store.Fate = (_, _) => RowFate.Happens;
        }
    }

    [Fact]
    public async Task Without_terms_the_team_cannot_be_had_and_rights_can()
    {
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, contoso.Adele.UserId, null));
        await cluster.Forget();
        cluster.Store.Change("workspace", cluster.Workspace(workspace).GetGrainId(), row => Assert.True(row["Contract"]!.AsObject().Remove("Terms")));
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Read && name == "agreement" ? RowFate.Fails : RowFate.Happens;
        try
        {
            Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Ask(contoso.AdeleSignIn, workspace).AsTask());
        }
        finally
        {
            cluster.Store.Fate = (_, _) => RowFate.Happens;
        }
    }

    private ValueTask<AccountTeamOutcome> Ask(SignIn signIn, string workspace) => cluster.User(signIn.Person).AccountTeam(signIn, workspace, null);

    private async Task<string> Put(params BillingReader[] readers) =>
        (await contoso.Put(contoso.Agreement(AgreementType.EnterpriseSupportMca, "azure") with { BillingReaders = [.. readers] })).Workspaces.Single().WorkspaceId;
}
