using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Access;

public class AccessPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Contoso = Guid.Parse("c0000000-0000-0000-0000-000000000001");
    private static readonly Guid Microsoft = Guid.Parse("f0000000-0000-0000-0000-000000000001");
    private static readonly Guid Support = Guid.Parse("00000000-0000-0000-0000-00000000000a");
    private static readonly Guid Admins = Guid.Parse("00000000-0000-0000-0000-00000000000b");
    private static readonly PersonId Adele = new(Contoso, Guid.Parse("00000000-0000-0000-0000-000000000001"));
    private static readonly PersonId Miriam = new(Microsoft, Guid.Parse("00000000-0000-0000-0000-000000000002"));

    private static readonly AccessPolicy Policy = new(
        "contoso-2026", Contoso, new(2026, 1, 1),
        [new(Miriam, Roles.CustomerSuccessAccountManager | Roles.IncidentManager, "Miriam", "miriam@microsoft.example")],
        [new(Support, Roles.SupportUser | Roles.LearningUser), new(Admins, Roles.Administrator)]);

    [Fact]
    public void Person_without_contract_or_group_holds_no_role() => Assert.Empty(Policy.RolesOf(Adele, [], Now));

    [Fact]
    public void Contact_holds_the_roles_of_the_contract_and_User() => Assert.Equal(
        [
            new(Roles.CustomerSuccessAccountManager, RoleSource.Contract, "contoso-2026"),
            new(Roles.IncidentManager, RoleSource.Contract, "contoso-2026"),
            new(Roles.User, RoleSource.Default, null),
        ],
        Policy.RolesOf(Miriam, [], Now).ToArray());

    [Fact]
    public void Member_of_a_group_holds_its_roles_and_User() => Assert.Equal(
        [
            new(Roles.LearningUser, RoleSource.EntraGroup, Support.ToString()),
            new(Roles.SupportUser, RoleSource.EntraGroup, Support.ToString()),
            new(Roles.User, RoleSource.Default, null),
        ],
        Policy.RolesOf(Adele, [Support], Now).ToArray());

    [Fact]
    public void Group_with_the_same_id_in_another_tenant_gives_no_role() =>
        Assert.Empty(Policy.RolesOf(Adele with { TenantId = Microsoft }, [Support, Admins], Now));

    [Fact]
    public void Contact_is_identified_by_tenant_and_id() =>
        Assert.Empty(Policy.RolesOf(Miriam with { TenantId = Contoso }, [], Now));

    [Theory]
    [InlineData("2025-12-31T23:59:59Z", false)]
    [InlineData("2026-01-01T00:00:00Z", true)]
    [InlineData("2099-01-01T00:00:00Z", true)]
    public void Policy_gives_no_role_before_the_start_date(string now, bool holds) =>
        Assert.Equal(holds, !Policy.RolesOf(Miriam, [], DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)).IsEmpty);

    [Fact]
    public void Roles_of_groups_equal_a_comparison_of_each_pair()
    {
        var group = Gen.Int[0, 30].Select(i => new Guid(i, 0, 0, new byte[8]));
        var someRoles = Gen.Int[1, (1 << 10) - 1].Select(i => (Roles)i);

        // Some people are in so many other groups that the few with roles are looked for, one by one.
        Gen.Select(group.List[0, 20], Gen.Select(group, someRoles).List[0, 20], Gen.Bool.Select(many => many ? 400 : 0)).Sample((mine, granted, others) =>
        {
            ImmutableArray<Guid> groups = [.. mine.Distinct().Concat(Enumerable.Range(100, others).Select(i => new Guid(i, 0, 0, new byte[8]))).Order()];
            ImmutableArray<PolicyGroup> grants =
                [.. granted.DistinctBy(g => g.Item1).OrderBy(g => g.Item1).Select(g => new PolicyGroup(g.Item1, g.Item2))];
            var held = grants.Where(g => groups.Contains(g.GroupId))
                .SelectMany(g => RoleTable.All.Where(d => g.Roles.HasFlag(d.Role)).Select(d => new HeldRole(d.Role, RoleSource.EntraGroup, $"{g.GroupId}")))
                .ToList();
            IEnumerable<HeldRole> expected = held.Count == 0 ? [] : [.. held, new(Roles.User, RoleSource.Default, null)];

            var roles = (Policy with { Contacts = [], Groups = grants }).RolesOf(Adele, groups, Now);
            Assert.Equal(expected, roles);
            Assert.Equal(expected.Aggregate(Roles.None, (all, one) => all | one.Role), roles.Union());
        });
    }

    [Fact]
    public void Role_names_its_group_even_after_the_groups_changed()
    {
        var first = Policy.RolesOf(Adele, [Support], Now)[0].SourceId;
        Assert.Equal(Support.ToString(), first);
        Assert.Same(first, Policy.RolesOf(Adele, [Support], Now)[0].SourceId);

        var changed = Policy with { Groups = [new(Admins, Roles.Administrator)] };
        Assert.Equal(Admins.ToString(), changed.RolesOf(Adele, [Support, Admins], Now)[0].SourceId);
    }

    [Fact]
    public void Policy_with_other_roles_of_a_group_keeps_the_rest_in_order()
    {
        var first = Guid.Parse("00000000-0000-0000-0000-000000000009");

        Assert.Equal([(first, Roles.User), (Support, Roles.SupportUser | Roles.LearningUser), (Admins, Roles.Administrator)], Groups(Policy.With(first, Roles.User)));
        Assert.Equal([(Support, Roles.User), (Admins, Roles.Administrator)], Groups(Policy.With(Support, Roles.User)));
        Assert.Equal([(Support, Roles.SupportUser | Roles.LearningUser)], Groups(Policy.With(Admins, Roles.None)));
        Assert.Equal(Groups(Policy), Groups(Policy.With(first, Roles.None)));

        static IEnumerable<(Guid, Roles)> Groups(AccessPolicy policy) => policy.Groups.Select(g => (g.GroupId, g.Roles));
    }

    [Fact]
    public void Group_that_the_policy_does_not_name_holds_nothing()
    {
        Assert.Equal(Roles.Administrator, Policy.RolesOf(Admins));
        Assert.Equal(Roles.None, Policy.RolesOf(Guid.Empty));
    }
}
