using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Directories;

/// <summary>
/// The directory is asked about a person who comes for the first time, because what changed before that was not reported about them.
/// </summary>
public sealed class NewcomersTests(WarmCluster silos) : DirectoryTest(silos), IClassFixture<WarmCluster>, IDisposable
{
    public void Dispose() => (cluster.Directory.Poll, cluster.Time.Shift, cluster.Time.Passed) = (null, TimeSpan.Zero, TimeSpan.Zero);

    [Theory]
    [InlineData("the account is blocked")]
    [InlineData("the person is taken out of the group")]
    public async Task Change_from_before_the_first_sign_in_counts_after_the_next_round_whatever_token_they_have(string what)
    {
        var (workspace, newcomer, stayer) = await Newcomer();
        directory.Groups[newcomer.UserId] = [];
        if (what == "the account is blocked")
        {
            directory.Groups[newcomer.UserId] = [group];
            directory.Block(newcomer.UserId);
        }

        directory.Tell(new(group, false, [newcomer.UserId], false));
        Assert.True(await Poll());

        await GrainCluster.Until(() => PollUntilOut(newcomer, workspace), "the directory is asked about the newcomer");
        await cluster.Forget();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(newcomer, 30, group), workspace));
        Assert.Equal(Standing.Member, await StandingOf(stayer, workspace));
    }

    [Fact]
    public async Task Contact_who_was_blocked_before_the_contract_named_them_holds_nothing()
    {
        await Newcomer();
        var contact = contoso.Somebody();
        directory.Block(contact.UserId);
        Assert.True(await Poll());

        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        var put = await contoso.Put(agreement with { Contacts = [.. agreement.Contacts, new(Roles.IncidentManager, contact, "Isaiah Langer", "isaiah@contoso.example", null, true)] });

        await GrainCluster.Until(() => PollUntilEvaluatedOut(contact, put.Workspaces.Single().WorkspaceId), "the directory is asked about the contact");
    }

    [Fact]
    public async Task Contact_who_was_not_asked_about_when_their_silo_was_lost_is_asked_about_with_the_next_activation()
    {
        await Newcomer();
        cluster.Directory.Poll = null;
        var contact = contoso.Somebody();
        directory.Block(contact.UserId);
        Assert.True(await Poll());
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        var put = await contoso.Put(agreement with { Contacts = [.. agreement.Contacts, new(Roles.IncidentManager, contact, "Isaiah Langer", "isaiah@contoso.example", null, true)] });
        await cluster.Settle();
        cluster.Directory.Poll = TimeSpan.FromMinutes(1);

        await GrainCluster.Until(() => PollUntilEvaluatedOut(contact, put.Workspaces.Single().WorkspaceId), "the directory is asked about the contact");
    }

    [Fact]
    public async Task Newcomer_is_asked_about_again_until_the_directory_answers()
    {
        var (workspace, newcomer, _) = await Newcomer();
        directory.IsSilentAboutPeople = true;
        Assert.Equal(Standing.Member, await StandingOf(newcomer, workspace));
        await GrainCluster.Until(
            async () =>
            {
                await Poll();
                return directory.AskedAccounts.Contains(newcomer.UserId);
            },
            "the directory is asked about the newcomer");
        Assert.Equal(Standing.Member, await StandingOf(newcomer, workspace));

        directory.IsSilentAboutPeople = false;
        await GrainCluster.Until(
            () =>
            {
                cluster.Time.Elapse(UserGrain.AskAgainAfter);
                return PollUntilOut(newcomer, workspace);
            },
            "the directory is asked again");
    }

    [Fact]
    public async Task Newcomer_who_was_not_asked_about_when_their_silo_was_lost_is_asked_about_with_the_next_activation()
    {
        var (workspace, newcomer, _) = await Newcomer();
        cluster.Directory.Poll = null;
        var token = Contoso.SignIn(newcomer, 0, group) with { IssuedAt = DateTimeOffset.FromUnixTimeSeconds(cluster.Time.GetUtcNow().ToUnixTimeSeconds() - 60) };
        Assert.Equal(Standing.Member, await contoso.StandingOf(token, workspace));
        await cluster.Settle();
        cluster.Directory.Poll = TimeSpan.FromMinutes(1);

        await GrainCluster.Until(() => PollUntilOut(newcomer, workspace), "the directory is asked about the newcomer");
    }

    [Fact]
    public async Task Missing_consent_for_accounts_leaves_the_groups_of_newcomers_to_be_asked_for()
    {
        directory.ForbidsAccounts = true;
        var (workspace, newcomer, _) = await Newcomer();

        await GrainCluster.Until(() => PollUntilOut(newcomer, workspace), "the directory is asked about the newcomer");
    }

    [Fact]
    public async Task Person_whose_first_token_has_expired_is_not_asked_about_when_they_come_back()
    {
        var (workspace, newcomer, stayer) = await Newcomer();
        cluster.Time.Shift = UserGrain.LongestToken + TimeSpan.FromHours(1);
        await cluster.Settle();
        var asked = directory.AskedAccounts.Count;

        // The newcomer comes when nobody waits for lent decisions any more, so whoever was reported before them is asked about as well.
        Assert.Equal(Standing.Member, await StandingOf(stayer, workspace));
        cluster.Time.Passed = DecisionLease.Longest;
        await GrainCluster.Until(() => PollUntilOut(newcomer, workspace), "the directory is asked about the newcomer");

        Assert.Equal([newcomer.UserId], directory.AskedAccounts.Skip(asked).Distinct());
    }

    /// <summary>Creates a member whom the directory knows, and somebody who has not come yet and is in no group.</summary>
    private async Task<(string Workspace, PersonId Newcomer, PersonId Stayer)> Newcomer()
    {
        var (workspace, stayer, _) = await Members();
        cluster.Directory.Poll = TimeSpan.FromMinutes(1);
        return (workspace, contoso.Somebody(), stayer);
    }

    /// <summary>Asks about a person without a sign-in.</summary>
    private async Task<bool> PollUntilEvaluatedOut(PersonId person, string workspace)
    {
        await Poll();
        return (await cluster.User(person).Evaluate(workspace, Applications.With(AppRoles.Evaluate))).Decision.Standing == Standing.Outsider;
    }

    private async Task<bool> PollUntilOut(PersonId person, string workspace)
    {
        await Poll();
        return (await cluster.User(person).Decide(Contoso.SignIn(person, 0, group), workspace)).Standing == Standing.Outsider;
    }
}
