using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>The size of the data of a load test.</summary>
/// <param name="Name">Part of all ids, so that one cluster can have several datasets.</param>
/// <param name="Workspaces">1 to <see cref="MaxWorkspaces"/>, all of one agreement.</param>
/// <param name="People">1 to <see cref="MaxPeople"/>.</param>
/// <param name="Batch">Cases in one batch, 1 to <see cref="SupportCase.MaxBatch"/>.</param>
internal sealed record DatasetSize(string Name, int Workspaces, int People, int Batch)
{
    /// <summary>An agreement has at most this many packages, each with a workspace.</summary>
    public const int MaxWorkspaces = Agreement.MaxPackages;

    public const int MaxPeople = 10_000;

    /// <summary>
    /// How many groups each workspace has that are granted and revoked, and how many blocks of cases, activities and enrolments that
    /// are updated. Each is used by one operation at a time, so that the correct answer is known.
    /// </summary>
    public const int SlotsPerWorkspace = 20;

    /// <summary>Activities of a slot; each is put by itself. They are enough for a second page.</summary>
    public const int ActivitiesPerSlot = 5;

    public const int ActivitiesPerWorkspace = SlotsPerWorkspace * ActivitiesPerSlot;

    /// <summary>Recommendations of each technology. They are enough for a second page.</summary>
    public const int RecommendationsPerRun = 100;

    /// <summary>Courses in the catalogue of the whole cluster.</summary>
    public const int Courses = 100;

    /// <summary>
    /// Courses that the learner of a slot has started. Progress never goes back, so this limits how many steps are available; see
    /// <see cref="EnrollmentBlock"/>.
    /// </summary>
    public const int CoursesPerSlot = 20;

    public const int EnrollmentsPerWorkspace = SlotsPerWorkspace * CoursesPerSlot;

    public int CasesPerWorkspace => SlotsPerWorkspace * Batch;

    public override string ToString() =>
        $"{Workspaces} workspaces; {People} people; in each workspace {SlotsPerWorkspace} groups to grant and revoke, {CasesPerWorkspace} cases in batches of {Batch}, "
        + $"{ActivitiesPerWorkspace} activities, {TechnologyTable.All.Length} technologies with {RecommendationsPerRun} recommendations each, "
        + $"and {EnrollmentsPerWorkspace} enrolments; {Courses} courses";
}

/// <summary>
/// An organization that is computed from its size, so that every run knows the same people, groups and rights. Data of another
/// size has other ids, so two datasets do not affect each other.
/// </summary>
internal sealed class Dataset
{
    /// <summary>The permissions that the group of a workspace gives, which are the ones that requests need.</summary>
    public const Permissions Rights =
        Permissions.ViewSupportInsights | Permissions.ViewCustomerActivity | Permissions.AccessAssessments | Permissions.AccessLearning;
    public const Roles RolesWithRights = Roles.SupportUser | Roles.CustomerContractManager | Roles.AssessmentUser | Roles.LearningUser;

    private const string BillingAccount = "account";

    /// <summary>The purchased hours of each activity. Only the delivered hours change.</summary>
    public const decimal HoursPurchased = 16;

    /// <summary>The greatest age of a case. All cases are in the last six months, which the home page shows.</summary>
    private const int OldestCaseDays = 150;

    // When everybody signed in. Tokens are the same in every run.
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
        Learners = [.. Enumerable.Range(0, DatasetSize.SlotsPerWorkspace).Select(slot => Token(
            Id("learner", slot), $"Learner {slot}", Enumerable.Range(0, size.Workspaces).Select(Group)))];
    }

    public DatasetSize Size { get; }

    public Guid Tenant { get; }

    public string AgreementId => $"load-{key}";

    /// <summary>The Customer Support Manager, who grants and revokes.</summary>
    public SignIn Manager { get; }

    public Actor ManagerActor => new(ActorKind.User, Tenant, Manager.Person.UserId.ToString("D"), Manager.Profile.DisplayName);

    /// <summary>People who are members of some workspaces by groups that do not change.</summary>
    public ImmutableArray<SignIn> People { get; }

    /// <summary>People who are in one changing group of every workspace and in no other group.</summary>
    public ImmutableArray<SignIn> Witnesses { get; }

    /// <summary>People who are members of every workspace, take courses there, and start runs of assessments.</summary>
    public ImmutableArray<SignIn> Learners { get; }

    /// <summary>Whether a person is a member of a workspace. Three of four are, and everybody is a member of at least one.</summary>
    public bool IsMember(int person, int workspace) => (person + workspace) % 4 != 3 || workspace == person % Size.Workspaces;

    /// <summary>Returns the group of a workspace, whose members have the rights.</summary>
    public Guid Group(int workspace) => Id("group", workspace);

    /// <summary>Returns a group that is granted and revoked.</summary>
    public Guid ChangingGroup(int workspace, int slot) => Id("changing", (workspace * DatasetSize.SlotsPerWorkspace) + slot);

    public static string WorkspaceName(int workspace) => $"Load {workspace.ToString("D3", CultureInfo.InvariantCulture)}";

    /// <summary>Returns the agreement, which has one workspace for each package.</summary>
    public Agreement Agreement() => new(
        $"Load tests {key}", AgreementType.Workload, new(Tenant, "Load tests"), new(2020, 1, 1), new(2099, 12, 31),
        [new(Roles.CustomerSupportManager, Manager.Person, Manager.Profile.DisplayName, Manager.Profile.Email!, null, true), AccountManager],
        [.. Enumerable.Range(0, Size.Workspaces).Select(w => new Package(
            PackageId(w), PackageKind.AddOn, WorkspaceName(w), new(2020, 1, 1), new(2099, 12, 31), BillingAccount, $"profile-{w}", null))],
        [.. Enumerable.Range(0, Size.Workspaces).Where(ShowsBill).Select(w => new BillingReader(BillingAccount, $"profile-{w}", Tenant, null, Group(w)))]);

    /// <summary>The contact for all packages.</summary>
    public Contact AccountManager => new(
        Roles.CustomerSuccessAccountManager, new(Tenant, Id("account-manager", 0)), "Account Manager", "account.manager@load.example", null, true);

    /// <summary>Whether the members of a workspace may read its bill, and so see the account team. It is every second workspace.</summary>
    public static bool ShowsBill(int workspace) => workspace % 2 == 0;

    /// <summary>Returns a batch with an update of every case of a block.</summary>
    /// <param name="today">The day of the run, from which the age of the cases counts.</param>
    public ImmutableArray<SupportCase> Batch(int slot, DateTimeOffset today, DateTimeOffset now, long revision) =>
        [.. Enumerable.Range(slot * Size.Batch, Size.Batch).Select(n => Case(n, today, now, revision))];

    /// <param name="n">Below <see cref="DatasetSize.ActivitiesPerWorkspace"/>.</param>
    /// <param name="revision">The delivered hours depend on it.</param>
    public static CustomerActivity Activity(int workspace, int n, long revision)
    {
        var (kind, status) = ((ActivityKind)(n % 4), (ActivityStatus)(n % 3));
        var planned = signedIn.AddDays(n);
        return new(
            ActivityId(n), PackageId(workspace), kind, $"Activity {n} of a load test", status, HoursPurchased, revision % 33 / 2m,
            planned, status == ActivityStatus.Delivered ? planned.AddDays(1) : null, null);
    }

    /// <summary>Returns an id; ids have the order of the numbers.</summary>
    public static string ActivityId(int n) => $"activity-{n.ToString("D3", CultureInfo.InvariantCulture)}";

    /// <param name="revision">Distinguishes the results of different runs.</param>
    public static ImmutableArray<Recommendation> Recommendations(long revision) =>
    [
        .. Enumerable.Range(0, DatasetSize.RecommendationsPerRun).Select(n => new Recommendation(
            $"REC-{n}", (FocusArea)(n % 6), $"Recommendation {n} of a load test", 1 + (n % 5), 1 + (n / 5 % 5), 1 + (n / 25), new(revision, null))),
    ];

    /// <param name="n">Below <see cref="DatasetSize.Courses"/>.</param>
    public Course Course(int n) => new(CourseId(n), $"Course {n} of a load test", (CourseFormat)(n % 4), $"Product {n % 20}", "en", 60);

    /// <summary>Returns an id; ids have the order of the numbers.</summary>
    public string CourseId(int n) => $"{AgreementId}-{n.ToString("D2", CultureInfo.InvariantCulture)}";

    private static string PackageId(int workspace) => $"package-{workspace}";

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
