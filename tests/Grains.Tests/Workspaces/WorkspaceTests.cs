using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

public class WorkspaceTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Actor Adele = new(ActorKind.User, Guid.Empty, "adele", "Adele Vance");
    private static readonly WorkspaceContract Contract = new(
        "contoso-2026", AgreementType.EnterpriseSupportMca, Guid.Empty, "Contoso", new(2026, 1, 1), new(2026, 12, 31),
        [new(new(Guid.Empty, GroupId(1)), Roles.CustomerSupportManager, "Adele Vance", "adele@contoso.example")], 1);

    private static readonly PersonId Ann = new(GroupId(8), GroupId(9));

    private static readonly Workspace Contoso = new Workspace().Provision(Adele, Contract, Now);

    [Fact]
    public void Repeated_or_older_contract_changes_nothing()
    {
        var newer = Contoso.Provision(Adele, Contract with { Version = 2, DefaultName = "Contoso Ltd" }, Now);

        Assert.Same(newer, newer.Provision(Adele, Contract with { Version = 2 }, Now));
        Assert.Same(newer, newer.Provision(Adele, Contract, Now));
    }

    [Fact]
    public void Contract_without_terms_gets_them_once_without_changing_rights()
    {
        var terms = new ContractTerms([], [], []);
        var given = Contoso.Provision(Adele, Contract with { Terms = terms }, Now);

        Assert.Same(terms, given.Policy(Id).Terms);
        Assert.Equal((Contoso.Epoch, Contoso.Version, Contoso.Audit), (given.Epoch, given.Version, given.Audit));
        Assert.Same(given, given.Provision(Adele, Contract with { Terms = new([], [], []) }, Now));
        Assert.Same(given, given.Provision(Adele, Contract, Now));
    }

    [Fact]
    public void Event_contains_changes_of_packages_and_billing_readers()
    {
        Package package = new("azure", PackageKind.AddOn, "Azure", new(2026, 1, 1), new(2026, 12, 31), "account", "profile", 40);
        BillingReader reader = new("account", null, Guid.Empty, GroupId(1), null);
        var before = Contoso.Provision(Adele, Contract with { Version = 2, Terms = new([], [package], [reader]) }, Now);
        var after = before.Provision(Adele, Contract with { Version = 3, Terms = new([], [package], []) }, Now);

        var told = after.Audit.Recent[^1];
        Assert.Equal(AuditAction.ContractChanged, told.Action);
        Assert.Equal(["billingReaders"], told.Before!.Keys);
        Assert.Equal([$"account * {Guid.Empty}/{GroupId(1)}"], told.Before["billingReaders"].ToArray());
        Assert.Equal(["billingReaders"], told.After!.Keys);
        Assert.Empty(told.After["billingReaders"]);
        Assert.Equal(["billingReaders", "packages"], before.Audit.Recent[^1].After!.Keys);
    }

    public static TheoryData<string, string, string[], string[]> ContractValues => new()
    {
        { "the name", "name", ["Contoso"], ["Contoso Ltd"] },
        { "the start date", "startDate", ["2026-01-01"], ["2026-02-01"] },
        { "the end date", "endDate", ["2026-12-31"], ["2028-12-31"] },
        { "a contact's e-mail", "contacts", [$"{Ann} CustomerSupportManager Ann <ann@contoso.example>"], [$"{Ann} CustomerSupportManager Ann <ann.lee@contoso.example>"] },
        { "a contact's name", "contacts", [$"{Ann} CustomerSupportManager Ann <ann@contoso.example>"], [$"{Ann} CustomerSupportManager Ann Lee <ann@contoso.example>"] },
        { "a contact's roles", "contacts", [$"{Ann} CustomerSupportManager Ann <ann@contoso.example>"], [$"{Ann} CustomerSupportManager, IncidentManager Ann <ann@contoso.example>"] },
        { "a contact who leaves", "contacts", [$"{Ann} CustomerSupportManager Ann <ann@contoso.example>"], [] },
        { "the phone of the account team", "accountTeam", [$"IncidentManager {Ann} +1"], [$"IncidentManager {Ann} +2"] },
        { "a package's hours", "packages", ["azure AddOn Azure, 2026-01-01 to 2026-12-31, account profile, 40 h"], ["azure AddOn Azure, 2026-01-01 to 2026-12-31, account profile, 40.5 h"] },
        { "a package's end date", "packages", ["azure AddOn Azure, 2026-01-01 to 2026-12-31, account profile, 40 h"], ["azure AddOn Azure, 2026-01-01 to 2027-12-31, account profile, 40 h"] },
        { "a package's name", "packages", ["azure AddOn Azure, 2026-01-01 to 2026-12-31, account profile, 40 h"], ["azure AddOn Azure cloud, 2026-01-01 to 2026-12-31, account profile, 40 h"] },
        { "a billing reader", "billingReaders", [$"account * {Ann}"], [$"account profile {Ann}"] },
    };

    [Theory]
    [MemberData(nameof(ContractValues))]
    public void A_changed_contract_records_each_value_before_and_after(string changed, string name, string[] before, string[] after)
    {
        PolicyContact ann = new(Ann, Roles.CustomerSupportManager, "Ann", "ann@contoso.example");
        Contact team = new(Roles.IncidentManager, Ann, "Ann", "ann@contoso.example", "+1", true);
        Package package = new("azure", PackageKind.AddOn, "Azure", new(2026, 1, 1), new(2026, 12, 31), "account", "profile", 40);
        BillingReader reader = new("account", null, Ann.TenantId, Ann.UserId, null);
        ContractTerms terms = new([team], [package], [reader]);
        var first = Contract with { Version = 2, Contacts = [.. Contract.Contacts, ann], Terms = terms };
        var second = changed switch
        {
            "the name" => first with { DefaultName = "Contoso Ltd" },
            "the start date" => first with { StartDate = new(2026, 2, 1) },
            "the end date" => first with { EndDate = new(2028, 12, 31) },
            "a contact's e-mail" => first with { Contacts = first.Contacts.Replace(ann, ann with { Email = "ann.lee@contoso.example" }) },
            "a contact's name" => first with { Contacts = first.Contacts.Replace(ann, ann with { DisplayName = "Ann Lee" }) },
            "a contact's roles" => first with { Contacts = first.Contacts.Replace(ann, ann with { Roles = ann.Roles | Roles.IncidentManager }) },
            "a contact who leaves" => first with { Contacts = first.Contacts.Remove(ann) },
            "the phone of the account team" => first with { Terms = terms with { Team = [team with { Phone = "+2" }] } },
            "a package's hours" => first with { Terms = terms with { Packages = [package with { HoursPurchased = 40.5m }] } },
            "a package's end date" => first with { Terms = terms with { Packages = [package with { EndDate = new(2027, 12, 31) }] } },
            "a package's name" => first with { Terms = terms with { Packages = [package with { Name = "Azure cloud" }] } },
            "a billing reader" => first with { Terms = terms with { BillingReaders = [reader with { BillingProfileId = "profile" }] } },
            _ => throw new ArgumentException(changed),
        };

        var recorded = Contoso.Provision(Adele, first, Now).Provision(Adele, second with { Version = 3 }, Now).Audit.Recent[^1];

        Assert.Equal(AuditAction.ContractChanged, recorded.Action);
        Assert.Equal((name, name), (Assert.Single(recorded.Before!.Keys), Assert.Single(recorded.After!.Keys)));
        Assert.Equal(before, recorded.Before[name].ToArray());
        Assert.Equal(after, recorded.After[name].ToArray());
    }

    [Fact]
    public void Change_of_the_agreement_that_does_not_concern_the_workspace_records_nothing()
    {
        var next = Contoso.Provision(Adele, Contract with { Version = 2 }, Now);

        Assert.Equal(2, next.Contract!.Version);
        Assert.Equal(Contoso.Audit, next.Audit);
    }

    [Fact]
    public void Name_given_by_a_member_stays_when_the_contracts_name_changes()
    {
        var renamed = Contoso.Rename(Adele, new("Our space", null), Id, Now).Next;
        var header = renamed.Provision(Adele, Contract with { Version = 2, DefaultName = "Contoso Ltd" }, Now).Header(Id);

        Assert.Equal("Our space", header.Name);
        Assert.Equal("Contoso Ltd", header.DefaultName);
    }

    [Fact]
    public void Name_follows_the_contract_if_no_member_gave_one() =>
        Assert.Equal("Contoso Ltd", Contoso.Provision(Adele, Contract with { Version = 2, DefaultName = "Contoso Ltd" }, Now).Header(Id).Name);

    [Fact]
    public void A_rename_changes_the_version_and_not_the_epoch()
    {
        var before = Contoso.View(Id, Now).Version;
        var (status, next) = Contoso.Rename(Adele, new("Our space", new(before)), Id, Now);

        Assert.Equal(RenameStatus.Renamed, status);
        Assert.Equal(Contoso.Epoch, next.Epoch);
        Assert.NotEqual(before, next.View(Id, Now).Version);
        Assert.Equal(RenameStatus.VersionMismatch, next.Rename(Adele, new("Again", new(before)), Id, Now).Status);
    }

    [Theory]
    [InlineData("2025-12-31", AgreementStatus.Pending)]
    [InlineData("2026-01-01", AgreementStatus.Active)]
    [InlineData("2026-12-31", AgreementStatus.Active)]
    [InlineData("2027-01-01", AgreementStatus.Expired)]
    public void Status_and_version_change_with_the_date(string date, AgreementStatus expected)
    {
        var day = new DateTimeOffset(DateOnly.Parse(date, System.Globalization.CultureInfo.InvariantCulture), new(12, 0), TimeSpan.Zero);
        var view = Contoso.View(Id, day);

        Assert.Equal(expected, view.Status);
        Assert.Equal(expected == AgreementStatus.Active, view.Version == Contoso.View(Id, Now).Version);
    }

    [Fact]
    public void A_contract_role_is_not_assignable()
    {
        foreach (var definition in RoleTable.All)
        {
            var status = Contoso.PutGroup(Adele, Put(1, definition.Role | Roles.SupportUser), Now).Outcome.Status;

            Assert.Equal(
                definition.Assignment == RoleAssignment.Contract ? PutGroupStatus.RoleNotAssignable : PutGroupStatus.Created, status);
        }
    }

    [Fact]
    public void Repeated_grant_changes_nothing()
    {
        var granted = Contoso.PutGroup(Adele, Put(1, Roles.SupportUser), Now).Next;
        var (outcome, next) = granted.PutGroup(Adele, Put(1, Roles.SupportUser), Now.AddHours(1));

        Assert.Equal(PutGroupStatus.Updated, outcome.Status);
        Assert.Same(granted, next);
    }

    [Fact]
    public void New_name_of_a_group_does_not_change_the_policy()
    {
        var granted = Contoso.PutGroup(Adele, Put(1, Roles.SupportUser), Now).Next;
        var named = granted.PutGroup(Adele, Put(1, Roles.SupportUser) with { DisplayName = "Service Desk" }, Now).Next;

        Assert.Equal(granted.Epoch, named.Epoch);
        Assert.Equal("Service Desk", named.Group(GroupId(1))!.DisplayName);
        Assert.Equal(granted.Epoch + 1, named.PutGroup(Adele, Put(1, Roles.LearningUser), Now).Next.Epoch);
    }

    [Fact]
    public void Deleting_an_unknown_group_succeeds_unless_a_version_is_given()
    {
        Assert.Equal(DeleteGroupStatus.Deleted, Contoso.DeleteGroup(Adele, new(GroupId(1), null), Now).Status);
        Assert.Equal(DeleteGroupStatus.VersionMismatch, Contoso.DeleteGroup(Adele, new(GroupId(1), new IfMatch(null)), Now).Status);
    }

    [Fact]
    public void The_number_of_groups_is_limited()
    {
        var full = Enumerable.Range(1, GroupGrant.MaxPerWorkspace)
            .Aggregate(Contoso, (w, i) => w.PutGroup(Adele, Put(i, Roles.User), Now).Next);

        Assert.Equal(PutGroupStatus.TooManyGroups, full.PutGroup(Adele, Put(0, Roles.User), Now).Outcome.Status);
        Assert.Equal(PutGroupStatus.Updated, full.PutGroup(Adele, Put(1, Roles.LearningUser), Now).Outcome.Status);
    }

    [Fact]
    public void Grants_equal_a_map_and_the_trail_has_every_change()
    {
        var command = Gen.Select(Gen.Int[1, 5], Gen.Int[0, 3]);
        command.List[0, 120].Sample(commands =>
        {
            var workspace = Contoso;
            var model = new Dictionary<Guid, Roles>();
            var events = new List<AuditEvent>(workspace.Audit.Recent);
            foreach (var (group, roles) in commands)
            {
                var granted = (Roles)(roles << 8);
                var next = granted == Roles.None
                    ? workspace.DeleteGroup(Adele, new(GroupId(group), null), Now).Next
                    : workspace.PutGroup(Adele, Put(group, granted), Now).Next;
                var changes = model.GetValueOrDefault(GroupId(group)) != granted;
                _ = granted == Roles.None ? model.Remove(GroupId(group)) : (model[GroupId(group)] = granted) == granted;

                Assert.Equal(changes, !ReferenceEquals(workspace, next));
                Assert.Equal(workspace.Epoch + (changes ? 1 : 0), next.Epoch);
                events.AddRange(next.Audit.Recent.Where(e => e.Sequence > workspace.Audit.Last));
                workspace = next;
            }

            Assert.Equal(model.OrderBy(m => m.Key).Select(m => (m.Key, m.Value)), workspace.Groups.Select(g => (g.GroupId, g.Roles)));
            Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Sequence));
            Assert.True(workspace.Audit.Recent.Length <= AuditTrail.SegmentSize);
        });
    }

    [Fact]
    public void Pages_of_any_size_give_every_matching_group_once()
    {
        var workspace = Enumerable.Range(1, 23).Aggregate(Contoso, (w, i) =>
            w.PutGroup(Adele, Put(i, i % 2 == 0 ? Roles.User : Roles.SupportUser) with { DisplayName = $"Group {i}" }, Now).Next);
        for (var size = 1; size < 15; size++)
        {
            var seen = new List<Guid>();
            string? after = null;
            do
            {
                var page = workspace.List(new("group", Roles.SupportUser, new(size, after)));
                Assert.Equal(12, page.TotalCount);
                Assert.InRange(page.Items.Length, 1, size);
                seen.AddRange(page.Items.Select(g => g.GroupId));
                after = page.Next;
            }
            while (after is not null);

            Assert.Equal(workspace.Groups.Where(g => g.Roles == Roles.SupportUser).Select(g => g.GroupId), seen);
        }
    }

    [Fact]
    public void A_cursor_of_another_list_is_refused() =>
        Assert.Throws<InvalidCursorException>(() => Contoso.List(new(null, Roles.None, new(10, "17"))));

    [Fact]
    public void Groups_are_ordered_by_name_or_by_id_if_they_have_none()
    {
        string?[] names = ["émile", "Zoe", null, "Team 10", "Team 9", "adele"];
        var workspace = names.Index().Aggregate(Contoso, (w, n) =>
            w.PutGroup(Adele, Put(n.Index, Roles.User) with { DisplayName = n.Item }, Now).Next);

        Assert.Equal([null, "adele", "émile", "Team 9", "Team 10", "Zoe"], workspace.List(new(null, Roles.None, new(10, null))).Items.Select(g => g.DisplayName));
    }

    [Fact]
    public void Renamed_group_between_two_pages_ends_the_paging()
    {
        var workspace = Enumerable.Range(1, 3).Aggregate(Contoso, (w, i) =>
            w.PutGroup(Adele, Put(i, Roles.User) with { DisplayName = $"Group {i}" }, Now).Next);
        var after = workspace.List(new(null, Roles.None, new(2, null))).Next;

        var regranted = workspace.PutGroup(Adele, Put(1, Roles.SupportUser), Now).Next.DeleteGroup(Adele, new(GroupId(2), null), Now).Next;
        var renamed = workspace.PutGroup(Adele, Put(3, Roles.User) with { DisplayName = "A" }, Now).Next;

        Assert.Equal(GroupId(3), Assert.Single(regranted.List(new(null, Roles.None, new(2, after))).Items).GroupId);
        Assert.Throws<ListChangedException>(() => renamed.List(new(null, Roles.None, new(2, after))));
    }

    private static Guid GroupId(int i) => new(i, 0, 0, new byte[8]);

    private static PutGroup Put(int group, Roles roles) => new(GroupId(group), null, roles, null);
}
