using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>How large the data is that a load test works on.</summary>
/// <param name="Name">In all ids, so that several can be in one cluster.</param>
/// <param name="Workspaces">1 to <see cref="MaxWorkspaces"/>, all of one agreement.</param>
/// <param name="People">1 to <see cref="MaxPeople"/>.</param>
/// <param name="Batch">Cases in one batch, 1 to <see cref="SupportCase.MaxBatch"/>.</param>
internal sealed record DatasetSize(string Name, int Workspaces, int People, int Batch)
{
    /// <summary>An agreement has as many packages, each with a workspace.</summary>
    public const int MaxWorkspaces = Agreement.MaxPackages;

    public const int MaxPeople = 10_000;

    /// <summary>
    /// In each workspace so many groups that are granted and revoked, and so many blocks of cases that are updated. Whoever
    /// changes one has it alone, so that it is known what the answer has to be.
    /// </summary>
    public const int SlotsPerWorkspace = 20;

    public int CasesPerWorkspace => SlotsPerWorkspace * Batch;

    /// <summary>Operations that can have a slot each.</summary>
    public int Slots => Workspaces * SlotsPerWorkspace;

    public override string ToString() =>
        $"{Workspaces} workspaces; {People} people; in each workspace {SlotsPerWorkspace} groups to grant and revoke, and {CasesPerWorkspace} cases in batches of {Batch}";
}

/// <summary>
/// An organization that is made up from its size alone: every run knows the same people and groups, and who may what.
/// Data of another size has other ids, so that nothing is left of it in this.
/// </summary>
internal sealed class Dataset
{
    /// <summary>What the group of a workspace gives, and so what is asked for.</summary>
    public const Permissions Right = Permissions.ViewSupportInsights;
    public const Roles RoleWithRight = Roles.SupportUser;

    /// <summary>A case's age, so that all of them are in the last six months, which a home page shows.</summary>
    private const int OldestCaseDays = 150;

    // When everybody signed in: the same token in every run.
    private static readonly DateTimeOffset signedIn = new(2026, 1, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly string key;

    public Dataset(DatasetSize size)
    {
        Size = size;
        key = string.Create(CultureInfo.InvariantCulture, $"{size.Name}-{size.Workspaces}-{size.People}-{size.Batch}");
        Tenant = Id("tenant", 0);
        Manager = Token(Id("manager", 0), "Manager", []);
        People = [.. Enumerable.Range(0, size.People).Select(p => Token(
            Id("person", p), $"Person {p}", Enumerable.Range(0, size.Workspaces).Where(w => IsMember(p, w)).Select(Group)))];
        Witnesses = [.. Enumerable.Range(0, DatasetSize.SlotsPerWorkspace).Select(slot => Token(
            Id("witness", slot), $"Witness {slot}", Enumerable.Range(0, size.Workspaces).Select(w => ChangingGroup(w, slot))))];
    }

    public DatasetSize Size { get; }

    public Guid Tenant { get; }

    public string AgreementId => $"load-{key}";

    /// <summary>The Customer Support Manager, who grants and revokes.</summary>
    public SignIn Manager { get; }

    public Actor ManagerActor => new(ActorKind.User, Tenant, Manager.Person.UserId.ToString("D"), Manager.Profile.DisplayName);

    /// <summary>Members of some workspaces, by groups that stay.</summary>
    public ImmutableArray<SignIn> People { get; }

    /// <summary>Each is in one changing group of every workspace, and in nothing else.</summary>
    public ImmutableArray<SignIn> Witnesses { get; }

    /// <summary>Three of four are members of a workspace, and everybody of at least one.</summary>
    public bool IsMember(int person, int workspace) => (person + workspace) % 4 != 3 || workspace == person % Size.Workspaces;

    /// <summary>The group of a workspace, whose members have the right.</summary>
    public Guid Group(int workspace) => Id("group", workspace);

    /// <summary>A group that is granted and revoked.</summary>
    public Guid ChangingGroup(int workspace, int slot) => Id("changing", (workspace * DatasetSize.SlotsPerWorkspace) + slot);

    public static string WorkspaceName(int workspace) => $"Load {workspace.ToString("D3", CultureInfo.InvariantCulture)}";

    /// <summary>One workspace for each package.</summary>
    public Agreement Agreement() => new(
        $"Load tests {key}", AgreementType.Workload, new(Tenant, "Load tests"), new(2020, 1, 1), new(2099, 12, 31),
        [new(Roles.CustomerSupportManager, Manager.Person, Manager.Profile.DisplayName, Manager.Profile.Email!, null, true)],
        [.. Enumerable.Range(0, Size.Workspaces).Select(w => new Package(
            $"package-{w}", PackageKind.AddOn, WorkspaceName(w), new(2020, 1, 1), new(2099, 12, 31), "account", "profile", null))],
        []);

    /// <summary>A batch: an update of every case of a block.</summary>
    /// <param name="today">Of the run; a case is so many days older.</param>
    public ImmutableArray<SupportCase> Batch(int slot, DateTimeOffset today, DateTimeOffset now, long revision) =>
        [.. Enumerable.Range(slot * Size.Batch, Size.Batch).Select(n => Case(n, today, now, revision))];

    private static SupportCase Case(int n, DateTimeOffset today, DateTimeOffset now, long revision)
    {
        var created = today.AddDays(-(n % OldestCaseDays)).AddHours(-1);
        var status = (CaseStatus)((n + revision) % 5);
        return new(
            $"CASE-{n}", revision, now, created, $"Case {n} of a load test, as update {revision} left it", status, (CaseSeverity)(n % 4),
            $"Product {n % 20}", "Public", "West Europe", n % 3 != 0, created.AddMinutes(20), null,
            status == CaseStatus.Closed ? created.AddHours(1 + (n % 40)) : null, "contact@load.example");
    }

    private SignIn Token(Guid person, string name, IEnumerable<Guid> groups) => SignIn.Create(
        new(Tenant, person), signedIn, new(name, $"{name.Replace(' ', '.')}@load.example", UserType.Member), groups);

    private Guid Id(string kind, int number) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{key}/{kind}/{number}"))).AsSpan(0, 16));
}
