using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>The answers to an application that evaluates the access of people.</summary>
public class EvaluateTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private static readonly Actor gateway = Applications.With(AppRoles.Evaluate);

    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Right_is_allowed_from_its_grant_until_its_revocation()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(workspace, group, Roles.LearningUser);
        var never = await cluster.User(member.Person).Evaluate(workspace, gateway);
        Assert.Equal((Standing.Outsider, 2L), (never.Decision.Standing, never.Decision.Epoch));

        // The groups are those of the person's newest token.
        await cluster.User(member.Person).Decide(member, workspace);
        for (var times = 0; times < 10; times++)
        {
            var allowed = await cluster.User(member.Person).Evaluate(workspace, gateway);
            Assert.True(allowed.Decision.Allows(Permissions.AccessLearning));
            Assert.Contains(new HeldRole(Roles.LearningUser, RoleSource.EntraGroup, $"{group}"), allowed.Roles);
            Assert.Equal([member.Person], await Holders(workspace, Permissions.AccessLearning));
            Assert.Equal([workspace], (await cluster.User(member.Person).EvaluateAll(gateway))!.Value.Select(w => w.Workspace.WorkspaceId));

            await contoso.Revoke(workspace, group);
            Assert.False((await cluster.User(member.Person).Evaluate(workspace, gateway)).Decision.Allows(Permissions.AccessLearning));
            Assert.Empty(await Holders(workspace, Permissions.AccessLearning));
            Assert.Empty((await cluster.User(member.Person).EvaluateAll(gateway))!.Value);
            await contoso.Grant(workspace, group, Roles.LearningUser);
        }
    }

    [Fact]
    public async Task Contract_decides_for_a_person_never_seen_and_nothing_is_stored()
    {
        var workspace = await contoso.Workspace();
        cluster.Store.StartCounting();
        var adele = await cluster.User(contoso.Adele).Evaluate(workspace, gateway);
        Assert.Equal((Standing.Member, RoleTable.PermissionsOf(Roles.CustomerSupportManager | Roles.User)), (adele.Decision.Standing, adele.Decision.Permissions));
        Assert.Equal([workspace], (await cluster.User(contoso.Adele).EvaluateAll(gateway))!.Value.Select(w => w.Workspace.WorkspaceId));
        Assert.Equal([contoso.Adele], await Holders(workspace, Permissions.RenameSpace));
        Assert.Equal(Standing.Outsider, (await cluster.User(contoso.Somebody()).Evaluate(workspace, gateway)).Decision.Standing);
        Assert.Equal(0, cluster.Store.Writes);
    }

    [Fact]
    public async Task Unknown_workspace_has_no_holders_and_no_epoch()
    {
        await contoso.Workspace();
        foreach (var id in (string[])[Guid.NewGuid().ToString("N"), "no workspace"])
        {
            var access = await cluster.User(contoso.Adele).Evaluate(id, gateway);
            Assert.Equal((Standing.Outsider, 0L), (access.Decision.Standing, access.Decision.Epoch));
        }

        Assert.Null(await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(Guid.NewGuid().ToString("N")).HoldersFor(gateway, Permissions.RenameSpace, new(10, null)));
    }

    [Fact]
    public async Task Pages_of_holders_have_everybody_once_and_one_epoch()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var people = Enumerable.Range(0, 25).Select(_ => contoso.Somebody()).ToList();
        foreach (var person in people)
        {
            await cluster.User(person).Decide(Contoso.SignIn(person, 0, group), workspace);
        }

        var (found, after, epochs) = (new List<PersonId>(), (string?)null, new HashSet<long>());
        do
        {
            var page = (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).HoldersFor(gateway, Permissions.ViewSupportInsights, new(4, after)))!;
            Assert.Equal(26, page.People.TotalCount);
            found.AddRange(page.People.Items);
            (after, _) = (page.People.Next, epochs.Add(page.Epoch));
        }
        while (after is not null);

        Assert.Equal(people.Append(contoso.Adele).Order(ById), found.Order(ById));
        Assert.Single(epochs);
    }

    private static Comparer<PersonId> ById { get; } = Comparer<PersonId>.Create((one, other) => one.UserId.CompareTo(other.UserId));

    private async Task<IEnumerable<PersonId>> Holders(string workspace, Permissions permission) =>
        (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).HoldersFor(gateway, permission, new(PageRequest.MaxSize, null)))!.People.Items;
}
