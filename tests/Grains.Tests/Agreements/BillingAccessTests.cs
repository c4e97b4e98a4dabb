using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Agreements;

public class BillingAccessTests
{
    private static readonly Guid Tenant = new(1, 0, 0, new byte[8]);
    private static readonly Guid OtherTenant = new(2, 0, 0, new byte[8]);
    private static readonly PersonId Adele = new(Tenant, Id(1));
    private static readonly Contact Miriam = new(Roles.CustomerSuccessAccountManager, new(OtherTenant, Id(8)), "Miriam", "m@microsoft.example", "+1", true);
    private static readonly Contact Joni = new(Roles.IncidentManager, new(OtherTenant, Id(9)), "Joni", "j@microsoft.example", null, true);

    private static readonly ImmutableArray<Package> packages =
    [
        Package("enterprise", PackageKind.EnterpriseWide, "north", "a"),
        Package("security", PackageKind.AddOn, "north", "b"),
        Package("data", PackageKind.AddOn, "north", "a"),
        Package("retail", PackageKind.AddOn, "south", "a"),
    ];

    [Fact]
    public void Reader_of_an_account_reads_all_its_profiles()
    {
        var (status, team) = TeamFor(new BillingReader("north", null, Tenant, Adele.UserId, null));

        Assert.Equal(AccountTeamStatus.Found, status);
        Assert.Equal([("north", "a", "enterprise data"), ("north", "b", "security")], team!.Scopes.Select(s =>
            (s.BillingAccountId, s.BillingProfileId, string.Join(' ', s.Packages.Select(p => p.PackageId)))));
        Assert.Equal(new BillingScope("north", "a"), team.Selected);
    }

    [Fact]
    public void Kinds_of_packages_in_the_selected_scope_determine_the_contacts()
    {
        BillingReader reader = new("north", null, Tenant, Adele.UserId, null);

        Assert.Equal(["EnterpriseWide Miriam", "EnterpriseWide Joni", "AddOn Miriam", "AddOn Joni"], Shown(reader, new("north", "a")));
        Assert.Equal(["AddOn Miriam", "AddOn Joni"], Shown(reader, new("north", "b")));
        Assert.Equal(["EnterpriseWide Miriam", "EnterpriseWide Joni", "AddOn Miriam", "AddOn Joni"], Shown(reader, new("north", null)));
    }

    [Fact]
    public void Group_can_be_a_reader_only_for_people_of_its_tenant()
    {
        BillingReader reader = new("south", "a", Tenant, null, Id(70));

        Assert.Equal(AccountTeamStatus.Found, TeamFor(Adele, [Id(70)], [reader], null).Status);
        Assert.Equal(AccountTeamStatus.NoBillingAccess, TeamFor(Adele, [Id(71)], [reader], null).Status);
        Assert.Equal(AccountTeamStatus.NoBillingAccess, TeamFor(Adele with { TenantId = OtherTenant }, [Id(70)], [reader], null).Status);
    }

    [Theory]
    [InlineData("south", null)]
    [InlineData("north", "b")]
    [InlineData("north", "nobody's")]
    [InlineData("nobody's", null)]
    [InlineData("NORTH", "a")]
    public void Scope_that_the_person_may_not_read_is_refused_whether_or_not_it_exists(string account, string? profile)
    {
        BillingReader reader = new("north", "a", Tenant, Adele.UserId, null);

        Assert.Equal((AccountTeamStatus.ScopeRefused, null), TeamFor(Adele, [], [reader], new(account, profile)));
        Assert.Equal((AccountTeamStatus.ScopeRefused, null), TeamFor(Adele, [], [], new(account, profile)));
    }

    [Fact]
    public void Person_without_a_readable_billed_scope_has_no_billing_access()
    {
        Assert.Equal((AccountTeamStatus.NoBillingAccess, null), TeamFor());
        Assert.Equal((AccountTeamStatus.NoBillingAccess, null), TeamFor(new BillingReader("north", "empty", Tenant, Adele.UserId, null)));
    }

    [Fact]
    public void Workspace_of_one_package_has_only_that_package_and_its_account()
    {
        BillingReader[] readers = [new("north", "a", Tenant, Adele.UserId, null), new("south", null, Tenant, Adele.UserId, null)];
        Agreement agreement = new(
            "Contoso", AgreementType.Workload, new(Tenant, "Contoso"), new(2026, 1, 1), new(2026, 12, 31),
            [Miriam, Joni with { IsPrimary = false }, new(Roles.CustomerSupportManager, Adele, "Adele", "a@contoso.example", null, true)], packages, [.. readers]);

        var terms = ContractTerms.Of(agreement, "retail");

        Assert.Equal(["retail"], terms.Packages.Select(p => p.PackageId));
        Assert.Equal([readers[1]], terms.BillingReaders.ToArray());
        Assert.Equal([Miriam], terms.Team.ToArray());
        Assert.Equal(packages.ToArray(), ContractTerms.Of(agreement, null).Packages.ToArray());
        Assert.Empty(ContractTerms.Of(agreement, "left").Packages);
    }

    [Fact]
    public void Nobody_sees_a_scope_without_being_its_reader()
    {
        var ids = Gen.Int[0, 3].Select(Id);
        var readers = Gen.Select(Gen.OneOf(Gen.Const("north"), Gen.Const("south")), Gen.OneOf(Gen.Const("a"), Gen.Const("b"), Gen.Const((string?)null)), Gen.OneOf(Gen.Const(Tenant), Gen.Const(OtherTenant)), ids, Gen.Bool, (account, profile, tenant, id, isGroup) =>
            new BillingReader(account, profile, tenant, isGroup ? null : id, isGroup ? id : null)).Array[0, 6];
        Gen.Select(readers, ids, ids.Array[0, 3]).Sample((all, user, groups) =>
        {
            var person = new PersonId(Tenant, user);
            var expected = packages.Select(p => (p.BillingAccountId, p.BillingProfileId)).Distinct().Where(s => all.Any(r =>
                r.TenantId == Tenant && r.BillingAccountId == s.BillingAccountId && (r.BillingProfileId ?? s.BillingProfileId) == s.BillingProfileId
                && (r.UserId == user || (r.GroupId is { } group && groups.Contains(group))))).Order();
            var team = TeamFor(person, [.. groups], all, null).Team;
            return expected.SequenceEqual(team?.Scopes.Select(s => (s.BillingAccountId, s.BillingProfileId)) ?? []);
        });
    }

    private static Guid Id(int number) => new(number, 1, 0, new byte[8]);

    private static Package Package(string id, PackageKind kind, string account, string profile) =>
        new(id, kind, id, new(2026, 1, 1), new(2026, 12, 31), account, profile, null);

    private static (AccountTeamStatus Status, AccountTeam? Team) TeamFor(params BillingReader[] readers) => TeamFor(Adele, [], readers, null);

    private static (AccountTeamStatus Status, AccountTeam? Team) TeamFor(PersonId person, ImmutableArray<Guid> groups, BillingReader[] readers, BillingScope? asked) =>
        BillingAccess.TeamFor(person, groups, new([Miriam, Joni], packages, [.. readers]), asked);

    private static IEnumerable<string> Shown(BillingReader reader, BillingScope asked) =>
        TeamFor(Adele, [], [reader], asked).Team!.Contacts.Select(c => $"{c.PackageKind} {c.Contact.DisplayName}");
}
