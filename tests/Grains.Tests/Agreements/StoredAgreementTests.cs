using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Agreements;

public class StoredAgreementTests
{
    private static readonly Actor Automation = new(ActorKind.Application, Guid.Empty, "automation", null);
    private static readonly PersonId Adele = new(Guid.Empty, new(1, 0, 0, new byte[8]));
    private static readonly PersonId Miriam = new(Guid.Empty, new(2, 0, 0, new byte[8]));

    [Theory]
    [InlineData(AgreementType.EnterpriseSupportMca, "Contoso")]
    [InlineData(AgreementType.DigitalNativeSupport, "Contoso")]
    [InlineData(AgreementType.Workload, "Azure, Security")]
    public void Type_of_the_agreement_determines_its_workspaces(AgreementType type, string names)
    {
        var (status, stored) = Put(new(), Contract(type, "Azure", "Security"));

        Assert.Equal(PutAgreementStatus.Created, status);
        Assert.Equal(names, string.Join(", ", stored.Workspaces.Select(w => w.DefaultName)));
    }

    [Fact]
    public void The_same_agreement_again_changes_nothing()
    {
        var stored = Put(new(), Contract(AgreementType.Workload, "Azure")).Next;
        var (status, next) = Put(stored, Contract(AgreementType.Workload, "Azure"));

        Assert.Equal(PutAgreementStatus.Updated, status);
        Assert.Same(stored, next);
    }

    [Fact]
    public void New_package_adds_a_workspace_and_a_removed_package_keeps_its_own()
    {
        var stored = Put(new(), Contract(AgreementType.Workload, "Azure", "Security")).Next;
        var next = Put(stored, Contract(AgreementType.Workload, "Security", "Data")).Next;

        Assert.Equal(["Azure", "Security", "Data"], next.Workspaces.Select(w => w.DefaultName));
        Assert.Equal(stored.Workspaces.Select(w => w.WorkspaceId), next.Workspaces.Take(2).Select(w => w.WorkspaceId));
    }

    [Fact]
    public void Renamed_package_keeps_its_workspace()
    {
        var stored = Put(new(), Contract(AgreementType.Workload, "Azure")).Next;
        var renamed = Contract(AgreementType.Workload, "Azure") with { Packages = [Package("Azure") with { Name = "Azure Plus" }] };
        var next = Put(stored, renamed).Next;

        Assert.Equal([(stored.Workspaces[0].WorkspaceId, "Azure Plus")], next.Workspaces.Select(w => (w.WorkspaceId, w.DefaultName)));
    }

    [Fact]
    public void An_agreement_stays_with_its_organization_and_type_and_keeps_a_support_manager()
    {
        var contract = Contract(AgreementType.Workload, "Azure");
        var stored = Put(new(), contract).Next;

        Assert.Equal(
            (PutAgreementStatus.OrganizationFixed, stored),
            Put(stored, contract with { Organization = new(Guid.NewGuid(), "Fabrikam") }));
        Assert.Equal(
            (PutAgreementStatus.AgreementTypeFixed, stored),
            Put(stored, contract with { AgreementType = AgreementType.EnterpriseSupportMca }));
        Assert.Equal(
            (PutAgreementStatus.LastAdministrator, stored),
            Put(stored, contract with { Contacts = [Contact(Miriam, Roles.IncidentManager)] }));
    }

    [Fact]
    public void Workspaces_of_one_agreement_are_limited_over_all_its_versions()
    {
        var stored = new StoredAgreement();
        for (var batch = 0; batch < StoredAgreement.MaxWorkspaces / 100; batch++)
        {
            stored = Put(stored, Contract(AgreementType.Workload, Names(batch))).Next;
        }

        Assert.Equal(StoredAgreement.MaxWorkspaces, stored.Workspaces.Length);
        Assert.Equal((PutAgreementStatus.TooManyWorkspacesInAgreement, stored), Put(stored, Contract(AgreementType.Workload, "One more")));

        static string[] Names(int batch) => [.. Enumerable.Range(0, 100).Select(i => $"{batch}-{i}")];
    }

    [Fact]
    public void A_person_with_several_contract_roles_is_one_contact_of_the_workspace()
    {
        var stored = Put(new(), Contract(AgreementType.Workload, "Azure") with
        {
            Contacts =
            [
                Contact(Adele, Roles.CustomerSupportManager),
                Contact(Miriam, Roles.IncidentManager),
                Contact(Miriam, Roles.CustomerSuccessAccountManager),
            ],
        }).Next;
        var contacts = stored.ContractOf("contoso-2026", stored.Workspaces[0]).Contacts;

        Assert.Equal(2, contacts.Length);
        Assert.Equal(Roles.IncidentManager | Roles.CustomerSuccessAccountManager, contacts.Single(c => c.Person == Miriam).Roles);
    }

    private static (PutAgreementStatus Status, StoredAgreement Next) Put(StoredAgreement stored, Agreement agreement) =>
        stored.Put(Automation, agreement);

    private static Agreement Contract(AgreementType type, params string[] packages) => new(
        "Contoso 2026", type, new(Guid.Empty, "Contoso"), new(2026, 1, 1), new(2026, 12, 31),
        [Contact(Adele, Roles.CustomerSupportManager)], [.. packages.Select(Package)], []);

    private static Contact Contact(PersonId person, Roles role) => new(role, person, "Somebody", "somebody@contoso.example", null, false);

    private static Package Package(string name) =>
        new(name.Replace(' ', '-'), PackageKind.AddOn, name, new(2026, 1, 1), new(2026, 12, 31), "account", "profile", null);
}
