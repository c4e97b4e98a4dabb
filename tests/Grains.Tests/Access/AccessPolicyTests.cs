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
    public void Somebody_whom_nothing_names_holds_nothing() => Assert.Empty(Policy.RolesOf(Adele, [], Now));

    [Fact]
    public void A_contact_holds_the_contracts_roles_and_User() => Assert.Equal(
        [
            new(Roles.CustomerSuccessAccountManager, RoleSource.Contract, "contoso-2026"),
            new(Roles.IncidentManager, RoleSource.Contract, "contoso-2026"),
            new(Roles.User, RoleSource.Default, null),
        ],
        Policy.RolesOf(Miriam, [], Now).ToArray());

    [Fact]
    public void A_groups_member_holds_the_groups_roles_and_User() => Assert.Equal(
        [
            new(Roles.LearningUser, RoleSource.EntraGroup, Support.ToString()),
            new(Roles.SupportUser, RoleSource.EntraGroup, Support.ToString()),
            new(Roles.User, RoleSource.Default, null),
        ],
        Policy.RolesOf(Adele, [Support], Now).ToArray());

    [Fact]
    public void A_group_of_the_same_id_in_another_tenant_is_another_group() =>
        Assert.Empty(Policy.RolesOf(Adele with { TenantId = Microsoft }, [Support, Admins], Now));

    [Fact]
    public void A_contact_is_named_together_with_the_tenant() =>
        Assert.Empty(Policy.RolesOf(Miriam with { TenantId = Contoso }, [], Now));

    [Theory]
    [InlineData("2025-12-31T23:59:59Z", false)]
    [InlineData("2026-01-01T00:00:00Z", true)]
    [InlineData("2099-01-01T00:00:00Z", true)]
    public void Nobody_holds_anything_before_the_start_date(string now, bool holds) =>
        Assert.Equal(holds, !Policy.RolesOf(Miriam, [], DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)).IsEmpty);

    [Fact]
    public void Groups_give_what_a_look_at_each_pair_would_find()
    {
        var group = Gen.Int[0, 30].Select(i => new Guid(i, 0, 0, new byte[8]));
        var roles = Gen.Int[1, (1 << 10) - 1].Select(i => (Roles)i);
        Gen.Select(group.List[0, 20], Gen.Select(group, roles).List[0, 20]).Sample((mine, granted) =>
        {
            ImmutableArray<Guid> groups = [.. mine.Distinct().Order()];
            ImmutableArray<PolicyGroup> grants =
                [.. granted.DistinctBy(g => g.Item1).OrderBy(g => g.Item1).Select(g => new PolicyGroup(g.Item1, g.Item2))];
            var expected = grants.Where(g => groups.Contains(g.GroupId))
                .Aggregate(Roles.None, (all, g) => all | g.Roles | Roles.User);

            Assert.Equal(expected, (Policy with { Contacts = [], Groups = grants }).RolesOf(Adele, groups, Now).Union());
        });
    }
}
