using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Agreements;

/// <summary>Who may read a bill is decided like every right: by the current policy and the groups of the newest token.</summary>
public sealed class AccountTeamTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    [Fact]
    public async Task Reader_removed_from_the_agreement_reads_nothing_after_the_acknowledgement()
    {
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, contoso.Adele.UserId, null));
        Assert.Equal(AccountTeamStatus.Found, (await Ask(contoso.AdeleSignIn, workspace)).Status);

        await Put();

        Assert.Equal(AccountTeamStatus.NoBillingAccess, (await Ask(contoso.AdeleSignIn, workspace)).Status);
    }

    [Fact]
    public async Task Older_token_does_not_bring_back_a_readers_group()
    {
        var workspace = await Put(new BillingReader("account", "profile", contoso.Tenant, null, group));
        var person = contoso.Adele;
        Assert.Equal(AccountTeamStatus.Found, (await Ask(Contoso.SignIn(person, 1, group), workspace)).Status);
        Assert.Equal(AccountTeamStatus.NoBillingAccess, (await Ask(Contoso.SignIn(person, 2), workspace)).Status);

        await cluster.Forget();

        Assert.Equal(AccountTeamStatus.NoBillingAccess, (await Ask(Contoso.SignIn(person, 1, group), workspace)).Status);
    }

    [Fact]
    public async Task Token_without_groups_shows_the_team_only_if_no_group_is_a_reader()
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
    public async Task Account_reader_who_is_not_a_member_gets_no_team()
    {
        var stranger = contoso.Somebody();
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, stranger.UserId, null));

        var outcome = await Ask(Contoso.SignIn(stranger, 0), workspace);

        Assert.Equal((Standing.Outsider, null), (outcome.Decision.Standing, outcome.Team));
    }

    [Fact]
    public async Task Warm_account_team_does_not_use_storage()
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
    public async Task Agreement_gives_terms_to_a_workspace_of_an_earlier_release()
    {
        var workspace = await Put(new BillingReader("account", null, contoso.Tenant, contoso.Adele.UserId, null));
        await cluster.Forget();
        cluster.Store.Change("workspace", cluster.Workspace(workspace).GetGrainId(), row => Assert.True(row["Contract"]!.AsObject().Remove("Terms")));

        // No test code calls the agreement: its row is read because a lease request makes the workspace call it.
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

            // This call comes after the workspace's own.
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
    public async Task Missing_terms_make_the_team_unavailable_but_not_the_rights()
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
