using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

public sealed class GroupPreviewTests(WarmCluster cluster) : IClassFixture<WarmCluster>
{
    private static readonly Guid Tenant = Group(0);
    private static readonly DateTimeOffset Morning = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly Roles[] Assignable = [.. RoleTable.All.Select(d => d.Role).Where(role => (role & RoleTable.Assignable) != 0)];

    private readonly Contoso contoso = new(cluster);

    [Fact]
    public void Preview_equals_deciding_everybody_by_the_next_policy()
    {
        var roles = Gen.Int[0, Assignable.Length - 1].List[0, 3].Select(list => list.Aggregate(Roles.None, (all, role) => all | Assignable[role]));
        var policy = Gen.Select(Gen.Int[1, 6], roles).List[0, 6];
        var people = Gen.Int[1, 6].List[0, 5].List[0, 12];
        Gen.Select(policy, people, Gen.Int[1, 6], roles).Sample((granted, everybody, group, next) =>
        {
            var now = Policy([.. granted.Where(g => g.Item2 != Roles.None).DistinctBy(g => g.Item1)]);
            var seen = everybody.Select((groups, n) => new SeenUser(
                new(n % 5 == 4 ? Group(9) : Tenant, Group(100 + n)), new($"Person {n}", null, UserType.Member), [.. groups.Distinct().Order().Select(Group)], Morning, Morning)).ToList();

            var preview = GroupPreviews.Of(new(null!, now, 7, null), seen.Where(user => user.Groups.Contains(Group(group))), Group(group), next, Morning);

            var then = now.With(Group(group), next);
            Assert.Equal(next, then.RolesOf(Group(group)));
            var expected = seen.Select(user => (user.Person, Before: Of(now, user), After: Of(then, user))).ToList();
            Assert.Equal(expected.Where(p => (p.After & ~p.Before) != 0).Select(p => (p.Person, p.After & ~p.Before)).ToHashSet(), preview.Gains.People.Select(p => (p.Person, p.Permissions)).ToHashSet());
            Assert.Equal(expected.Where(p => (p.Before & ~p.After) != 0).Select(p => (p.Person, p.Before & ~p.After)).ToHashSet(), preview.Loses.People.Select(p => (p.Person, p.Permissions)).ToHashSet());
            Assert.Equal((preview.Gains.People.Length, preview.Loses.People.Length), (preview.Gains.Count, preview.Loses.Count));
        });
    }

    [Fact]
    public void Preview_names_the_first_hundred_and_counts_all()
    {
        var people = Enumerable.Range(0, 250).Select(n => new SeenUser(new(Tenant, Group(1000 + n)), new($"Person {n:d3}", null, UserType.Member), [Group(1)], Morning, Morning));

        var preview = GroupPreviews.Of(new(null!, Policy([]), 7, null), people.Reverse(), Group(1), Roles.SupportUser, Morning);

        Assert.Equal((7, 250, 0), (preview.Epoch, preview.Gains.Count, preview.Loses.Count));
        Assert.Equal(Enumerable.Range(0, PreviewedChange.MaxPeople).Select(n => $"Person {n:d3}"), preview.Gains.People.Select(p => p.Profile.DisplayName));
    }

    [Fact]
    public async Task Preview_changes_nothing_and_predicts_the_change()
    {
        var (workspace, group, other) = (await contoso.Workspace(), Guid.NewGuid(), Guid.NewGuid());
        var (both, one) = (contoso.Somebody(), contoso.Somebody());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.Grant(workspace, other, Roles.SupportUser);
        await contoso.StandingOf(Contoso.SignIn(both, 0, group, other), workspace);
        await contoso.StandingOf(Contoso.SignIn(one, 0, group), workspace);
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        var people = cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace);

        var removal = await people.Preview(decision, group, Roles.None);
        var change = await people.Preview(decision, group, Roles.AssessmentUser);

        Assert.Equal(0, removal!.Gains.Count);
        Assert.Equal([(one, RoleTable.PermissionsOf(Roles.SupportUser | Roles.User))], removal.Loses.People.Select(p => (p.Person, p.Permissions)));
        Assert.Equal(new HashSet<PersonId> { both, one }, change!.Gains.People.Select(p => p.Person).ToHashSet());
        Assert.Equal([(one, Permissions.ViewSupportInsights)], change.Loses.People.Select(p => (p.Person, p.Permissions)));
        Assert.Equal(decision.Epoch, removal.Epoch);
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(one, 0, group), workspace));

        await contoso.Revoke(workspace, group);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(one, 0, group), workspace));
        Assert.Null(await people.Preview(decision, group, Roles.None));
        await Assert.ThrowsAsync<ArgumentException>(() => people.Preview(decision, group, Roles.CustomerSupportManager));
    }

    [Fact]
    public async Task Person_is_found_while_they_hold_a_role()
    {
        var (workspace, group, person) = (await contoso.Workspace(), Guid.NewGuid(), contoso.Somebody());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace);
        var people = cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace);

        Assert.Equal([person], (await people.Get(await Decision(), person))!.Items.Select(user => user.Person));
        Assert.Equal([contoso.Adele], (await people.Get(await Decision(), contoso.Adele))!.Items.Select(user => user.Person));
        Assert.Empty((await people.Get(await Decision(), contoso.Somebody()))!.Items);

        await contoso.Revoke(workspace, group);
        Assert.Empty((await people.Get(await Decision(), person))!.Items);

        async Task<AccessDecision> Decision() => await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
    }

    private static Guid Group(int number) => new(number, 0, 0, new byte[8]);

    private static AccessPolicy Policy(ImmutableArray<(int Group, Roles Roles)> groups) =>
        new("a", Tenant, new(2020, 1, 1), [], [.. groups.Select(g => new PolicyGroup(Group(g.Group), g.Roles)).OrderBy(g => g.GroupId)]);

    private static Permissions Of(AccessPolicy policy, SeenUser user) => RoleTable.PermissionsOf(policy.RolesOf(user.Person, user.Groups, Morning).Union());
}
