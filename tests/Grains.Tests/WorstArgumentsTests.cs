using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Directories;
using EngageCenter.Learning;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests;

/// <summary>Calls every method of every public grain interface with arguments that no endpoint sends. Each call names what is wrong, and changes nothing.</summary>
public sealed class WorstArgumentsTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IAsyncLifetime
{
    private const string Sql = "SqlServer";

    private static readonly PageRequest fine = new(10, null);
    private static readonly PageRequest[] badPages = [new(0, null), new(-1, null), new(PageRequest.MaxSize + 1, null), new(int.MinValue, null), new(int.MaxValue, null)];
    private static readonly string tooLong = new('x', 100_000);

    // Empty, blank, not trimmed, with control characters, with a change of direction, not composed, too long, and null.
    private static readonly string[] badTexts = ["", " ", " padded", "a\nb", "a\u2028b", "\u0000", "a\u202Eb", "e\u0301", tooLong, null!];

    private readonly Contoso contoso = new(cluster);
    private string workspaceId = "";
    private AccessDecision manager;
    private AccessDecision member;

    private IUserGrain User => cluster.User(contoso.Adele);

    private IWorkspaceGrain Workspace => cluster.Workspace(workspaceId);

    private ISupportGrain Support => cluster.Grains.GetGrain<ISupportGrain>(workspaceId);

    private IActivityGrain Activity => cluster.Grains.GetGrain<IActivityGrain>(workspaceId);

    private IAssessmentsGrain Assessments => cluster.Grains.GetGrain<IAssessmentsGrain>(workspaceId);

    private ILearningGrain Learning => cluster.Grains.GetGrain<ILearningGrain>(workspaceId);

    private ICourseCatalogGrain Courses => cluster.Grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key);

    public async Task InitializeAsync()
    {
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca, "unified");
        var miriam = contoso.Somebody();
        workspaceId = (await contoso.Put(agreement with
        {
            Contacts = [.. agreement.Contacts, new(Roles.CustomerSuccessAccountManager, miriam, "Miriam", "miriam@contoso.example", null, true)],
        })).Workspaces.Single().WorkspaceId;
        manager = await User.Decide(contoso.AdeleSignIn, workspaceId);
        member = await cluster.User(miriam).Decide(Contoso.SignIn(miriam, 0), workspaceId);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Each_bad_argument_is_refused_by_name_and_changes_nothing()
    {
        var before = await State();
        cluster.Store.StartCounting();

        foreach (var (method, call) in Refused())
        {
            var thrown = await Record.ExceptionAsync(call);
            Assert.True(
                thrown is ArgumentException { Message.Length: > 0 } or InvalidCursorException or UnauthorizedAccessException,
                $"{method}: {thrown?.ToString() ?? "was done"}");
        }

        foreach (var (method, refused) in Outcomes())
        {
            Assert.True(await refused(), method);
        }

        Assert.Equal(0, cluster.Store.Writes);
        Assert.Equal(before, await State());
    }

    [Fact]
    public void No_method_is_left_out()
    {
        var methods = typeof(IWorkspaceGrain).Assembly.GetTypes()
            .Where(t => t.IsInterface && t.IsPublic && typeof(IGrain).IsAssignableFrom(t))
            .SelectMany(t => t.GetMethods().Select(m => $"{t.Name}.{m.Name}"));

        Assert.Empty(methods.Except([.. Refused().Select(r => r.Method), .. Outcomes().Select(o => o.Method)]));
    }

    private IEnumerable<(string Method, Func<Task> Call)> Refused()
    {
        foreach (var name in badTexts.Append(new('x', WorkspaceHeader.MaxNameLength + 1)))
        {
            yield return ("IWorkspaceGrain.Rename", () => Workspace.Rename(manager, contoso.AdeleActor, new(name, null)));
        }

        foreach (var name in badTexts[..^1])
        {
            yield return ("IWorkspaceGrain.PutGroup", () => Workspace.PutGroup(manager, contoso.AdeleActor, new(Guid.NewGuid(), name, Roles.SupportUser, null)));
        }

        yield return ("IWorkspaceGrain.PutGroup", () => Workspace.PutGroup(manager, contoso.AdeleActor, new(Guid.NewGuid(), null, Roles.None, null)));
        yield return ("IWorkspaceGrain.PutGroup", () => Workspace.PutGroup(manager, contoso.AdeleActor with { DisplayName = tooLong }, new(Guid.NewGuid(), null, Roles.User, null)));
        yield return ("IWorkspaceGrain.PutGroup", () => Workspace.PutGroup(manager, null!, new(Guid.NewGuid(), null, Roles.User, null)));
        yield return ("IWorkspaceGrain.DeleteGroup", () => Workspace.DeleteGroup(manager, null!, new(Guid.NewGuid(), null)));
        yield return ("IWorkspaceGrain.Group", () => Workspace.Group(default, Guid.NewGuid()));
        yield return ("IWorkspaceGrain.Get", () => Workspace.Get(default));
        yield return ("IWorkspaceGrain.Groups", () => Workspace.Groups(manager, new(tooLong, Roles.None, fine)));
        yield return ("IWorkspaceUsersGrain.List", () => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId).List(manager, new(tooLong, Roles.None, null, null, fine)));
        yield return ("IWorkspaceUsersGrain.Get", () => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId).Get(default, contoso.Adele));
        yield return ("IWorkspaceUsersGrain.LeavesOut", () => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId).LeavesOut(default));
        yield return ("IWorkspaceUsersGrain.Preview", () => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId).Preview(manager, Guid.NewGuid(), Roles.IncidentManager));
        yield return ("IWorkspaceUsersGrain.Preview", () => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId).Preview(manager, Guid.NewGuid(), (Roles)(1 << 15)));
        yield return ("IWorkspaceDirectoryGrain.State", () => cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).State(default));
        yield return ("IWorkspaceDirectoryGrain.Group", () => cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).Group(default, Guid.NewGuid()));
        yield return ("IWorkspaceDirectoryGrain.Groups", () => cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).Groups(manager, new(tooLong, fine)));
        yield return ("IWorkspaceDirectoryGrain.Facts", () => cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).Facts(manager, [.. Enumerable.Range(0, PageRequest.MaxSize + 1).Select(_ => Guid.NewGuid())]));
        yield return ("IWorkspaceDirectoryGrain.WithStatus", () => cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).WithStatus(manager, (GroupStatus)99));
        yield return ("ISupportGrain.Cases", () => Support.Cases(manager, new(null, null, tooLong, null, null, null, fine)));
        yield return ("ISupportGrain.Cases", () => Support.Cases(manager, new(null, null, null, tooLong, null, null, fine)));
        yield return ("ISupportGrain.Insights", () => Support.Insights(manager, new(Updates.Start, Updates.Start)));
        yield return ("ISupportGrain.Insights", () => Support.Insights(manager, new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue)));
        yield return ("IActivityGrain.Activities", () => Activity.Activities(manager, new(null, null, tooLong, null, null, fine)));
        yield return ("IActivityGrain.Activity", () => Activity.Activity(default, tooLong));
        yield return ("IActivityGrain.ProofOfExecution", () => Activity.ProofOfExecution(default));
        yield return ("ICourseCatalogGrain.List", () => Courses.List(new(null, null, null, tooLong, fine)));
        var people = cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId);
        foreach (var permission in (Permissions[])[Permissions.None, Permissions.ViewUserRoles | Permissions.RenameSpace, (Permissions)ushort.MaxValue])
        {
            yield return ("IWorkspaceUsersGrain.Holders", () => people.Holders(manager, permission, fine));
            yield return ("IWorkspaceUsersGrain.HoldersFor", () => people.HoldersFor(Applications.With(AppRoles.Evaluate), permission, fine));
        }

        foreach (var (after, count) in ((long, int)[])[(-1, 10), (long.MaxValue, 10), (1_000, 10), (long.MinValue, 10), (0, 0), (0, -1), (0, PageRequest.MaxSize + 1), (0, int.MaxValue)])
        {
            yield return ("IWorkspaceGrain.AuditEventsAfter", () => Workspace.AuditEventsAfter(manager, after, count));
        }

        yield return ("IWorkspaceGrain.AuditEventsAfter", () => Workspace.AuditEventsAfter(default, 0, 10));
        yield return ("IWorkspaceUsersGrain.Holders", () => people.Holders(default, Permissions.RenameSpace, fine));
        foreach (var page in badPages.Append(new(10, tooLong)))
        {
            yield return ("IWorkspaceUsersGrain.Holders", () => people.Holders(manager, Permissions.RenameSpace, page));
            yield return ("IWorkspaceUsersGrain.HoldersFor", () => people.HoldersFor(Applications.With(AppRoles.Evaluate), Permissions.RenameSpace, page));
            yield return ("IWorkspaceGrain.Groups", () => Workspace.Groups(manager, new(null, Roles.None, page)));
            yield return ("IWorkspaceGrain.AuditEvents", () => Workspace.AuditEvents(manager, page));
            yield return ("IWorkspaceUsersGrain.List", () => cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspaceId).List(manager, new(null, Roles.None, null, null, page)));
            yield return ("IWorkspaceDirectoryGrain.Groups", () => cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).Groups(manager, new(null, page)));
            yield return ("ISupportGrain.Cases", () => Support.Cases(manager, new(null, null, null, null, null, null, page)));
            yield return ("IActivityGrain.Activities", () => Activity.Activities(manager, new(null, null, null, null, null, page)));
            yield return ("IAssessmentsGrain.Runs", () => Assessments.Runs(member, Sql, page));
            yield return ("IAssessmentsGrain.Recommendations", () => Assessments.Recommendations(member, new(Sql, null, page)));
            yield return ("ILearningGrain.Transcript", () => Learning.Transcript(member, page));
            yield return ("ICourseCatalogGrain.List", () => Courses.List(new(null, null, null, null, page)));
        }

        foreach (var bad in Cases())
        {
            yield return ("ISupportGrain.Ingest", () => Support.Ingest([Updates.Case("fine", Updates.Start), bad]));
        }

        yield return ("ISupportGrain.Ingest", () => Support.Ingest(default));
        yield return ("ISupportGrain.Ingest", () => Support.Ingest([.. Enumerable.Range(0, SupportCase.MaxBatch + 1).Select(n => Updates.Case($"{n}", Updates.Start))]));
        foreach (var bad in Activities())
        {
            yield return ("IActivityGrain.Put", () => Activity.Put(new(bad, null)));
        }

        foreach (var bad in BadCourses())
        {
            yield return ("ICourseCatalogGrain.Put", () => Courses.Put(new(bad, null)));
        }

        foreach (var bad in Agreements())
        {
            yield return ("IAgreementGrain.Put", () => cluster.Agreement(contoso.AgreementId).Put(Contoso.Automation, new(bad, null)));
            yield return ("IAgreementGrain.Put", () => cluster.Agreement(Guid.NewGuid().ToString("N")).Put(Contoso.Automation, new(bad, null)));
        }

        foreach (var id in (string[])["a b", new('a', 65), "a/b", "ä"])
        {
            yield return ("IAgreementGrain.Put", () => cluster.Agreement(id).Put(Contoso.Automation, new(contoso.Agreement(AgreementType.EnterpriseSupportMca), null)));
        }

        foreach (var interval in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.MinValue, TimeSpan.MaxValue, Assessment.MaxInterval + TimeSpan.FromTicks(1)])
        {
            yield return ("IAssessmentsGrain.Configure", () => Assessments.Configure(member, new(Sql, interval, null)));
        }

        foreach (var technology in (string[])["Nonsense", tooLong, null!])
        {
            yield return ("IAssessmentsGrain.Configure", () => Assessments.Configure(member, new(technology, TimeSpan.FromDays(1), null)));
            yield return ("IAssessmentsGrain.Remove", () => Assessments.Remove(member, new(technology, null)));
            yield return ("IAssessmentsGrain.Start", () => Assessments.Start(member, technology));
            yield return ("IAssessmentsGrain.Get", () => Assessments.Get(member, technology));
            yield return ("IAssessmentsGrain.Run", () => Assessments.Run(member, technology, "one"));
            yield return ("IAssessmentsGrain.RunVersion", () => Assessments.RunVersion(technology, "one"));
            yield return ("IAssessmentsGrain.Report", () => Assessments.Report(new(technology, "one", true, [])));
        }

        yield return ("IAssessmentsGrain.List", () => Assessments.List(default));
        yield return ("IAssessmentsGrain.Summary", () => Assessments.Summary(default));
        foreach (var bad in Recommendations())
        {
            yield return ("IAssessmentsGrain.Report", () => Assessments.Report(new(Sql, "one", true, bad)));
        }

        yield return ("IAssessmentsGrain.Report", () => Assessments.Report(new(Sql, "one", false, [Recommendation])));
        foreach (var percent in (int[])[-1, 101, int.MinValue, int.MaxValue])
        {
            yield return ("ILearningGrain.Put", () => Learning.Put(member, new("one", percent, null)));
        }

        yield return ("ILearningGrain.Consumption", () => Learning.Consumption(default));
        yield return ("ILearningGrain.Summary", () => Learning.Summary(default));
        yield return ("ILearningGrain.Enrollment", () => Learning.Enrollment(default, tooLong));

        foreach (var caller in Callers())
        {
            var other = caller?.AppRole == AppRoles.Agreements ? caller with { AppRole = AppRoles.Learning } : caller!;
            var stranger = caller?.AppRole is null ? caller! : caller with { AppRole = "Dashboard.Read.All" };
            yield return ("IAgreementGrain.Put", () => cluster.Agreement(contoso.AgreementId).Put(other, new(contoso.Agreement(AgreementType.EnterpriseSupportMca), null)));
            yield return ("IAgreementGrain.Get", () => cluster.Agreement(contoso.AgreementId).Get(other));
            yield return ("IWorkspaceGrain.Header", () => Workspace.Header(stranger));
            yield return ("IUserGrain.Evaluate", () => User.Evaluate(workspaceId, caller!).AsTask());
            yield return ("IUserGrain.EvaluateAll", () => User.EvaluateAll(caller!));
            yield return ("IWorkspaceUsersGrain.HoldersFor", () => people.HoldersFor(caller!, Permissions.RenameSpace, fine));
            yield return ("ISupportGrain.Ingest", () => Support.Ingest([Updates.Case("case", Updates.Start)], caller!));
            yield return ("IActivityGrain.Put", () => Activity.Put(new(Puts.Activity(), null), caller!));
            yield return ("IActivityGrain.Version", () => Activity.Version("one", caller!));
            yield return ("IAssessmentsGrain.RunsUnderWay", () => Assessments.RunsUnderWay(caller!));
            yield return ("IAssessmentsGrain.RunVersion", () => Assessments.RunVersion(Sql, "one", caller!));
            yield return ("IAssessmentsGrain.Report", () => Assessments.Report(new(Sql, "one", true, []), caller!));
            yield return ("ICourseCatalogGrain.Put", () => Courses.Put(new(EngageCenter.Learning.Courses.NewCourse("course"), null), caller!));
        }

        var wordy = Applications.With(AppRoles.SupportCases) with { DisplayName = tooLong };
        yield return ("ISupportGrain.Ingest", () => Support.Ingest([], wordy));

        // MadeUpCallerTests tests other invalid sign-ins.
        var future = contoso.AdeleSignIn with { IssuedAt = new(2096, 1, 1, 0, 0, 0, TimeSpan.Zero) };
        yield return ("IUserGrain.Decide", () => User.Decide(future, workspaceId).AsTask());
        yield return ("IUserGrain.Decide", () => User.Decide(null!, workspaceId).AsTask());
        yield return ("IUserGrain.Explain", () => User.Explain(future, workspaceId).AsTask());
        yield return ("IUserGrain.DecideAnywhere", () => User.DecideAnywhere(future, Permissions.None).AsTask());
        yield return ("IUserGrain.AccountTeam", () => User.AccountTeam(future, workspaceId, null).AsTask());
        yield return ("IUserGrain.ExplainLastKnown", () => User.ExplainLastKnown(workspaceId, default).AsTask());
        yield return ("IUserGrain.ExplainLastKnown", () => User.ExplainLastKnown(tooLong, manager).AsTask());
        yield return ("IUserGrain.Me", () => User.Me(future));
        yield return ("IUserGrain.Workspaces", () => User.Workspaces(future));
        yield return ("IUserGrain.Switcher", () => User.Switcher(future, null, new(10, null)));
        yield return ("IUserGrain.Switch", () => User.Switch(future, workspaceId));
        yield return ("IUserGrain.SwitchIf", () => User.SwitchIf(future, workspaceId, default));
        yield return ("IUserGrain.Land", () => User.Land(future));
    }

    /// <summary>Calls whose refusal is an outcome instead of an exception.</summary>
    private IEnumerable<(string Method, Func<Task<bool>> IsRefused)> Outcomes()
    {
        yield return ("IWorkspaceGrain.PutGroup", async () => (await Workspace.PutGroup(manager, contoso.AdeleActor, new(Guid.NewGuid(), null, (Roles)ushort.MaxValue, null))).Status == PutGroupStatus.RoleNotAssignable);
        yield return ("IWorkspaceGrain.PutGroup", async () => (await Workspace.PutGroup(manager, contoso.AdeleActor, new(Guid.NewGuid(), null, Roles.CustomerSupportManager, null))).Status == PutGroupStatus.RoleNotAssignable);
        var nobody = contoso.Agreement(AgreementType.EnterpriseSupportMca) with { Contacts = [] };
        yield return ("IAgreementGrain.Put", async () => (await cluster.Agreement(contoso.AgreementId).Put(Contoso.Automation, new(nobody, null))).Status == PutAgreementStatus.LastAdministrator);
        yield return ("IAgreementGrain.Put", async () => (await cluster.Agreement(Guid.NewGuid().ToString("N")).Put(Contoso.Automation, new(nobody, null))).Status == PutAgreementStatus.AdministratorRequired);
        yield return ("ILearningGrain.Put", async () => (await Learning.Put(member, new(tooLong, 50, null))).Status == PutEnrollmentStatus.CourseNotFound);
        yield return ("IActivityGrain.Version", async () => await Activity.Version(tooLong) is null);
        yield return ("ICourseCatalogGrain.Get", async () => await Courses.Get(tooLong) is null);
        yield return ("IAssessmentsGrain.RunsUnderWay", async () => (await Assessments.RunsUnderWay()).IsEmpty);
        foreach (var id in (string[])["", "nonsense", tooLong, null!, workspaceId.ToUpperInvariant()])
        {
            yield return ("IUserGrain.Decide", async () => (await User.Decide(contoso.AdeleSignIn, id)).Standing == Standing.Outsider);
            yield return ("IUserGrain.Explain", async () => (await User.Explain(contoso.AdeleSignIn, id)).Decision.Standing == Standing.Outsider);
            yield return ("IUserGrain.Switch", async () => (await User.Switch(contoso.AdeleSignIn, id)).Standing == Standing.Outsider);
            yield return ("IUserGrain.SwitchIf", async () => (await User.SwitchIf(contoso.AdeleSignIn, id, default)).Standing == Standing.Outsider);
            yield return ("IUserGrain.AccountTeam", async () => (await User.AccountTeam(contoso.AdeleSignIn, id, null)).Decision.Standing == Standing.Outsider);
        }

        yield return ("IUserGrain.AccountTeam", async () => (await User.AccountTeam(contoso.AdeleSignIn, workspaceId, new(tooLong, tooLong))).Status == AccountTeamStatus.ScopeRefused);
    }

    /// <summary>No caller, a person, an application without a role, an application with another role, and a person with a role.</summary>
    private IEnumerable<Actor?> Callers() =>
    [
        null,
        contoso.AdeleActor,
        Applications.With(null),
        Applications.With(AppRoles.Agreements),
        Applications.With("Everything.ReadWrite.All"),
        contoso.AdeleActor with { AppRole = AppRoles.SupportCases },
    ];

    private static IEnumerable<SupportCase> Cases()
    {
        var fine = Updates.Case("case", Updates.Start);
        return
        [
            null!,
            .. badTexts.SelectMany(text => (SupportCase[])[fine with { CaseId = text }, fine with { Title = text }, fine with { Product = text }]),
            .. badTexts[..^1].SelectMany(text => (SupportCase[])[fine with { Cloud = text }, fine with { Location = text }, fine with { PrimaryContact = text }]),
            fine with { CaseId = new('x', SupportCase.MaxIdLength + 1) },
            fine with { Title = new('x', SupportCase.MaxTitleLength + 1) },
            fine with { Product = new('x', SupportCase.MaxNameLength + 1) },
            fine with { Revision = -1 },
            fine with { Status = (CaseStatus)99 },
            fine with { Severity = (CaseSeverity)(-1) },
        ];
    }

    private static IEnumerable<CustomerActivity> Activities()
    {
        var fine = Puts.Activity();
        return
        [
            null!,
            .. badTexts.SelectMany(text => (CustomerActivity[])[fine with { ActivityId = text }, fine with { Title = text }]),
            fine with { ActivityId = "a/b" },
            fine with { ActivityId = new('x', CustomerActivity.MaxIdLength + 1) },
            fine with { Title = new('x', CustomerActivity.MaxTitleLength + 1) },
            fine with { Kind = (ActivityKind)99 },
            fine with { Status = (ActivityStatus)99 },
            .. ((decimal[])[-1, 1_000_000.0001m, 0.00001m, decimal.MaxValue, decimal.MinValue]).SelectMany(hours => (CustomerActivity[])[fine with { HoursPurchased = hours }, fine with { HoursDelivered = hours }]),
            .. ((string[])["", "file:///etc/passwd", "javascript:alert(1)", "https://user@example.com/", "https://example.com/a b", "https://ex\u00e4mple.com/", "/relative", $"https://example.com/{tooLong}"]).Select(uri => fine with { EvidenceUri = uri }),
        ];
    }

    private static IEnumerable<Course> BadCourses()
    {
        var fine = EngageCenter.Learning.Courses.NewCourse("course");
        return
        [
            null!,
            .. badTexts.SelectMany(text => (Course[])[fine with { CourseId = text }, fine with { Title = text }, fine with { Product = text }, fine with { Language = text }]),
            fine with { CourseId = "a/b" },
            fine with { Title = new('x', Course.MaxTitleLength + 1) },
            fine with { Product = new('x', Course.MaxProductLength + 1) },
            fine with { Language = "en--US" },
            fine with { Language = new('e', Course.MaxLanguageLength + 1) },
            fine with { Format = (CourseFormat)99 },
            fine with { DurationMinutes = 0 },
            fine with { DurationMinutes = Course.MaxDurationMinutes + 1 },
        ];
    }

    private IEnumerable<Agreement> Agreements()
    {
        var fine = contoso.Agreement(AgreementType.EnterpriseSupportMca, "unified");
        var (contact, package) = (fine.Contacts[0], fine.Packages[0]);
        var reader = new BillingReader("account", null, contoso.Tenant, Guid.NewGuid(), null);
        Contact[] contacts =
        [
            null!,
            contact,
            .. badTexts.SelectMany(text => (Contact[])[contact with { DisplayName = text }, contact with { Email = text }]),
            .. badTexts[..^1].Select(text => contact with { Phone = text }),
            contact with { Email = "adele" },
            contact with { Role = Roles.None },
            contact with { Role = Roles.Administrator },
            contact with { Role = Roles.CustomerSupportManager | Roles.IncidentManager },
            contact with { Role = (Roles)(1 << 15) },
        ];
        Package[] packages =
        [
            null!,
            package,
            .. badTexts.SelectMany(text => (Package[])[package with { PackageId = text }, package with { Name = text }, package with { BillingAccountId = text }, package with { BillingProfileId = text }]),
            package with { PackageId = "a/b" },
            package with { Kind = (PackageKind)99 },
            package with { StartDate = new(2026, 1, 2), EndDate = new(2026, 1, 1) },
            package with { HoursPurchased = -1 },
            package with { HoursPurchased = 0.00001m },
            package with { HoursPurchased = 1_000_001 },
        ];
        BillingReader[] readers =
        [
            null!,
            .. badTexts.Select(text => reader with { BillingAccountId = text }),
            .. badTexts[..^1].Select(text => reader with { BillingProfileId = text }),
            reader with { UserId = null },
            reader with { GroupId = Guid.NewGuid() },
        ];
        return
        [
            null!,
            .. badTexts.SelectMany(text => (Agreement[])[fine with { Name = text }, fine with { Organization = fine.Organization with { Name = text } }]),
            fine with { Organization = null! },
            fine with { AgreementType = (AgreementType)99 },
            fine with { StartDate = new(2026, 1, 2), EndDate = new(2026, 1, 1) },
            fine with { Contacts = default },
            fine with { Packages = default },
            fine with { BillingReaders = default },
            fine with { AgreementType = AgreementType.Workload, Packages = [] },
            fine with { Contacts = [.. Enumerable.Range(0, Agreement.MaxContacts + 1).Select(_ => contact with { Person = contoso.Somebody() })] },
            fine with { Packages = [.. Enumerable.Range(0, Agreement.MaxPackages + 1).Select(n => package with { PackageId = $"{n}" })] },
            fine with { BillingReaders = [.. Enumerable.Repeat(reader, Agreement.MaxBillingReaders + 1)] },
            .. contacts.Select(c => fine with { Contacts = [contact, c] }),
            .. packages.Select(p => fine with { Packages = [package, p] }),
            .. readers.Select(r => fine with { BillingReaders = [r] }),
        ];
    }

    private static Recommendation Recommendation { get; } = new("one", FocusArea.OperationsAndMonitoring, "Title", 1, 1, 1, null);

    private static IEnumerable<ImmutableArray<Recommendation>> Recommendations()
    {
        var fine = Recommendation;
        Recommendation[] bad =
        [
            null!,
            .. badTexts.SelectMany(text => (Recommendation[])[fine with { RecommendationId = text }, fine with { Title = text }, fine with { AffectedObjects = new(1, [text]) }]),
            fine with { FocusArea = (FocusArea)99 },
            .. ((int[])[0, 6, int.MinValue, int.MaxValue]).SelectMany(n => (Recommendation[])[fine with { BusinessImpact = n }, fine with { Probability = n }, fine with { Effort = n }]),
            fine with { AffectedObjects = new(-1, null) },
            fine with { AffectedObjects = new(101, [.. Enumerable.Range(0, AffectedObjects.MaxNames + 1).Select(n => $"{n}")]) },
        ];
        return
        [
            default,
            [fine, fine],
            [.. Enumerable.Range(0, MaxRecommendations + 1).Select(n => fine with { RecommendationId = $"{n}" })],
            .. bad.Select(b => ImmutableArray.Create(b)),
        ];
    }

    private const int MaxRecommendations = EngageCenter.Assessments.Recommendation.MaxPerRun;

    /// <summary>Everything that a caller can see of the workspace and its agreement.</summary>
    private async Task<string> State()
    {
        var agreement = await cluster.Agreement(contoso.AgreementId).Get();
        var events = await Workspace.AuditEvents(manager, new(500, null));
        var cases = await Support.Cases(manager, new(null, null, null, null, null, null, new(500, null)));
        var activities = await Activity.Activities(manager, new(null, null, null, null, null, new(500, null)));
        return $"{agreement!.Version} {events!.TotalCount} {cases!.TotalCount} {activities!.TotalCount}";
    }
}
