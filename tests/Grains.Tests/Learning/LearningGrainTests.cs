using EngageCenter.Access;
using EngageCenter.Grains.Tests;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;
using static EngageCenter.Learning.Courses;

namespace EngageCenter.Learning;

/// <summary>The tests count and break rows of enrolments, so they have a cluster to themselves, and each test has its own workspace and courses.</summary>
public sealed class LearningGrainTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IAsyncLifetime
{
    private readonly Contoso contoso = new(cluster);
    private readonly RowStore store = cluster.Store;
    private readonly Guid learners = Guid.NewGuid();
    private readonly string courseId = Guid.NewGuid().ToString("N");
    private string workspaceId = "";

    private SignIn Learner => field ??= Another();

    private ILearningGrain Learning => cluster.Grains.GetGrain<ILearningGrain>(workspaceId);

    private ICourseCatalogGrain Catalog => cluster.Grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key);

    public async Task InitializeAsync()
    {
        workspaceId = await contoso.Workspace();
        await contoso.Grant(workspaceId, learners, Roles.LearningUser);
        await Catalog.Put(new(NewCourse(courseId), null));
    }

    public Task DisposeAsync()
    {
        store.Fate = (_, _) => RowFate.Happens;
        store.Begins = (_, _) => Task.CompletedTask;
        cluster.Time.Shift = TimeSpan.Zero;
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Enrolment_is_started_continued_completed_and_survives_the_activation()
    {
        var started = await Report(40);
        Assert.Equal((PutEnrollmentStatus.Created, 40, 1L), (started.Status, started.Enrollment!.ProgressPercent, started.Enrollment.Version));
        Assert.Null(started.Enrollment.CompletedAt);
        var moved = await Report(70);
        var completed = await Report(100);
        Assert.Equal((PutEnrollmentStatus.Updated, PutEnrollmentStatus.Updated), (moved.Status, completed.Status));
        Assert.NotNull(completed.Enrollment!.CompletedAt);
        Assert.Equal(started.Enrollment.StartedAt, completed.Enrollment.StartedAt);

        await cluster.Forget();

        Assert.Equal(completed.Enrollment, Assert.Single((await Transcript()).Items));
        Assert.Equal(completed.Enrollment, (await Learning.Enrollment(await Decide(), courseId))!.Enrollment);
        Assert.Equal(new LearningSummary(0, 1), await Learning.Summary(await Decide()));
        Assert.Equal(new ConsumptionCounts(1, 1), (await Consumption()).Totals);
    }

    [Fact]
    public async Task Progress_that_is_not_greater_writes_nothing()
    {
        var reported = await Report(60);
        store.StartCounting();
        foreach (var late in (int[])[60, 59, 0])
        {
            Assert.Equal(reported.Enrollment, (await Report(late)).Enrollment);
        }

        Assert.Equal(0, store.Writes);
    }

    [Fact]
    public async Task Enrolment_keeps_the_course_as_it_was_at_the_start()
    {
        var changed = NewCourse(courseId, "Another title", CourseFormat.Lab, "Another product", "de", 1);
        await Report(10);
        await Catalog.Put(new(changed, null));
        await Report(100);
        await cluster.Forget();

        Assert.Equal(NewCourse(courseId), (await Transcript()).Items.Single().Course);
        Assert.Equal(["Azure"], (await Consumption()).ByProduct.Select(p => p.Product));

        // A person who starts the course now gets it as it is now.
        var other = Another();
        await Report(10, of: other);
        Assert.Equal(changed, (await Transcript(other)).Items.Single().Course);
    }

    [Fact]
    public async Task Unknown_course_is_not_started()
    {
        await Decide();
        store.StartCounting();
        Assert.Equal(new(PutEnrollmentStatus.CourseNotFound), await Report(10, $"{courseId}-no"));
        Assert.Equal(0, store.Writes);
        Assert.Empty((await Transcript()).Items);
    }

    [Fact]
    public async Task Unavailable_catalogue_stops_new_enrolments_but_not_started_ones()
    {
        await Report(10);
        await Catalog.Put(new(NewCourse($"{courseId}-2"), null));
        await cluster.Forget();
        store.Fate = (operation, name) => operation == RowOperation.Read && name.StartsWith("courses", StringComparison.Ordinal) ? RowFate.Fails : RowFate.Happens;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Report(10, $"{courseId}-2"));
        Assert.Equal(20, (await Report(20)).Enrollment!.ProgressPercent);
        Assert.Single((await Transcript()).Items);

        store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(PutEnrollmentStatus.Created, (await Report(10, $"{courseId}-2")).Status);
    }

    [Theory]
    [InlineData(true, 50)]
    [InlineData(false, 10)]
    public async Task Unconfirmed_write_fails_and_the_next_call_reads_storage(bool written, int percent)
    {
        await Report(10);
        store.Fate = (operation, name) => operation != RowOperation.Write || name != "enrollments-0" ? RowFate.Happens
            : written ? RowFate.AnswerIsLost : RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Report(50));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Report(100, of: Another()));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.Equal(percent, (await Transcript()).Items.Single().ProgressPercent);
        var counted = (await Consumption()).Totals;
        Assert.Equal(50, (await Report(50)).Enrollment!.ProgressPercent);
        Assert.Equal(counted, (await Consumption()).Totals);
        Assert.Equal(written ? new(2, 1) : new ConsumptionCounts(1, 0), counted);
    }

    [Fact]
    public async Task Greatest_of_parallel_reports_counts()
    {
        var people = Enumerable.Range(0, 20).Select(_ => Another()).ToList();
        await Task.WhenAll(people.Select(p => Decide(p)));

        // A write takes a turn, so that other reports come during it.
        store.Begins = async (_, _) => await Task.Yield();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 600).Select(n => Report(1 + (n * 7 % 100), of: people[n % people.Count])));

        Assert.Equal(people.Count, outcomes.Count(o => o.Status == PutEnrollmentStatus.Created));
        Assert.Equal(600 - people.Count, outcomes.Count(o => o.Status == PutEnrollmentStatus.Updated));
        await cluster.Forget();
        foreach (var (n, person) in people.Index())
        {
            var greatest = Enumerable.Range(0, 30).Max(k => 1 + ((n + (k * people.Count)) * 7 % 100));
            Assert.Equal(greatest, (await Transcript(person)).Items.Single().ProgressPercent);
        }

        Assert.Equal(people.Count, (await Consumption()).Totals.Started);
    }

    [Fact]
    public async Task Condition_needs_its_version()
    {
        Assert.Equal(PutEnrollmentStatus.VersionMismatch, (await Report(10, condition: new(null))).Status);
        var version = (await Report(10)).Enrollment!.Version;
        Assert.Equal(PutEnrollmentStatus.VersionMismatch, (await Report(20, condition: new(version + 1))).Status);
        Assert.Equal(20, (await Report(20, condition: new(version))).Enrollment!.ProgressPercent);
        Assert.Equal(PutEnrollmentStatus.VersionMismatch, (await Report(30, condition: new(version))).Status);
    }

    [Fact]
    public async Task Decision_of_an_older_policy_is_answered_with_null()
    {
        await Report(10);
        var old = await Decide();
        await contoso.Grant(workspaceId, Guid.NewGuid(), Roles.User);

        Assert.Equal(new(PutEnrollmentStatus.DecideAgain), await Learning.Put(old, new(courseId, 50, null)));
        Assert.Null(await Learning.Enrollment(old, courseId));
        Assert.Null(await Learning.Transcript(old, new(1, null)));
        Assert.Null(await Learning.Consumption(old));
        Assert.Null(await Learning.Summary(old));
        Assert.Equal(10, (await Transcript()).Items.Single().ProgressPercent);
    }

    [Fact]
    public async Task Call_without_AccessLearning_throws()
    {
        var decision = await Decide();
        AccessDecision[] refused =
        [
            decision with { Permissions = ~Permissions.AccessLearning },
            decision with { Standing = Standing.Unconfirmed },
            decision with { Standing = Standing.Outsider },
            decision with { WorkspaceId = "another" },
            default,
        ];
        foreach (var bad in refused)
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Learning.Put(bad, new(courseId, 50, null)));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Learning.Enrollment(bad, courseId));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Learning.Transcript(bad, new(1, null)));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Learning.Consumption(bad));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Learning.Summary(bad));
        }

        Assert.Empty((await Transcript()).Items);
    }

    [Fact]
    public async Task Transcript_has_one_persons_courses_and_figures_have_everybodys()
    {
        var other = Another();
        await Report(100);
        await Report(30, of: other);

        Assert.Equal([100], (await Transcript()).Items.Select(e => e.ProgressPercent));
        Assert.Equal([30], (await Transcript(other)).Items.Select(e => e.ProgressPercent));
        Assert.Equal(new LearningSummary(1, 0), await Learning.Summary(await Decide(other)));
        Assert.Equal(new ConsumptionCounts(2, 1), (await Consumption()).Totals);
    }

    [Fact]
    public async Task Person_who_regains_access_still_has_their_courses()
    {
        await Report(30);
        await contoso.Revoke(workspaceId, learners);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Learner, workspaceId));

        await contoso.Grant(workspaceId, learners, Roles.LearningUser);
        Assert.Equal(30, (await Transcript()).Items.Single().ProgressPercent);
    }

    [Fact]
    public async Task Completion_is_never_before_the_start_if_the_clock_goes_back()
    {
        await Report(10);
        cluster.Time.Shift = TimeSpan.FromDays(-40);
        var completed = (await Report(100)).Enrollment!;

        Assert.Equal(completed.StartedAt, completed.CompletedAt);
        Assert.Equal(completed.StartedAt, completed.UpdatedAt);
        Assert.Equal(new ConsumptionCounts(1, 1), (await Consumption()).ByMonth.Single().Counts);
    }

    [Fact]
    public async Task Unknown_cursor_is_refused()
    {
        await Report(10);
        await Assert.ThrowsAsync<InvalidCursorException>(async () => await Learning.Transcript(await Decide(), new(1, "nonsense")));
        await Assert.ThrowsAsync<InvalidCursorException>(async () => await Learning.Transcript(await Decide(), new(1, $"courses/{courseId}")));
    }

    private SignIn Another() => Contoso.SignIn(contoso.Somebody(), 0, learners);

    private async Task<AccessDecision> Decide(SignIn? of = null) => await cluster.User((of ?? Learner).Person).Decide(of ?? Learner, workspaceId);

    private async Task<PutEnrollmentOutcome> Report(int percent, string? course = null, SignIn? of = null, IfMatch? condition = null) =>
        await Learning.Put(await Decide(of), new(course ?? courseId, percent, condition));

    private async Task<Page<Enrollment>> Transcript(SignIn? of = null) => (await Learning.Transcript(await Decide(of), new(PageRequest.MaxSize, null)))!;

    private async Task<Consumption> Consumption() => (await Learning.Consumption(await Decide()))!;
}
