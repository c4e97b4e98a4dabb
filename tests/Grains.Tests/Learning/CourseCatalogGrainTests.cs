using EngageCenter.Grains.Tests;
using EngageCenter.Paging;
using EngageCenter.Storage;
using static EngageCenter.Learning.Courses;

namespace EngageCenter.Learning;

/// <summary>The tests count and break rows of the one catalogue, so they have a cluster to themselves, and each test has its own courses.</summary>
public sealed class CourseCatalogGrainTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IDisposable
{
    private readonly RowStore store = cluster.Store;
    private readonly string prefix = Guid.NewGuid().ToString("N");

    private ICourseCatalogGrain Catalog => cluster.Grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key);

    public void Dispose()
    {
        store.Fate = (_, _) => RowFate.Happens;
        store.Begins = (_, _) => Task.CompletedTask;
        cluster.Called = _ => { };
    }

    [Fact]
    public async Task Course_is_created_changed_and_survives_the_activation()
    {
        var course = NewCourse($"{prefix}-a");
        Assert.Null(await Catalog.Get(course.CourseId));
        Assert.Equal(new(PutCourseStatus.Created, new(course, 1)), await Catalog.Put(new(course, null)));

        store.StartCounting();
        Assert.Equal(new(PutCourseStatus.Updated, new(course, 1)), await Catalog.Put(new(course, null)));
        Assert.Equal(0, store.Writes);

        var changed = course with { Title = "Changed", DurationMinutes = 1 };
        Assert.Equal(new(PutCourseStatus.VersionMismatch), await Catalog.Put(new(changed, new IfMatch(2))));
        Assert.Equal(new(PutCourseStatus.Updated, new(changed, 2)), await Catalog.Put(new(changed, new IfMatch(1))));
        await cluster.Forget();
        Assert.Equal(new(changed, 2), await Catalog.Get(course.CourseId));
        Assert.Equal([changed], await List());
    }

    [Fact]
    public async Task Courses_put_in_parallel_share_writes_and_are_all_stored()
    {
        await Catalog.Put(new(NewCourse($"{prefix}-0"), null));
        store.StartCounting();

        // The first write does not end before the last course has come.
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var came = 0;
        cluster.Called = call => _ = call.MethodName == nameof(ICourseCatalogGrain.Put) && Interlocked.Increment(ref came) == 400 && all.TrySetResult();
        store.Begins = (operation, _) => operation == RowOperation.Write ? all.Task : Task.CompletedTask;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 400).Select(n => Catalog.Put(new(NewCourse($"{prefix}-{n % 200:000}", minutes: n + 1), null))));

        Assert.Equal(200, outcomes.Count(o => o.Status == PutCourseStatus.Created));
        Assert.Equal(200, outcomes.Count(o => o.Status == PutCourseStatus.Updated));
        Assert.Equal(3, store.Writes);
        var before = await List();
        Assert.Equal(201, before.Count);
        await cluster.Forget();
        Assert.Equal(before, await List());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Unconfirmed_write_fails_and_the_next_call_reads_storage(bool written)
    {
        var course = NewCourse($"{prefix}-a");
        store.Fate = (operation, name) => operation != RowOperation.Write || !name.StartsWith("courses-", StringComparison.Ordinal) ? RowFate.Happens
            : written ? RowFate.AnswerIsLost : RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Catalog.Put(new(course, null)));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.Equal(written ? course : null, (await Catalog.Get(course.CourseId))?.Course);
        Assert.Equal(written ? PutCourseStatus.Updated : PutCourseStatus.Created, (await Catalog.Put(new(course, null))).Status);
    }

    [Fact]
    public async Task Failed_read_fails_the_call_and_the_next_call_reads_again()
    {
        var course = NewCourse($"{prefix}-a");
        await Catalog.Put(new(course, null));
        await cluster.Forget();

        store.Fate = (operation, name) => operation == RowOperation.Read && name == "courses-head" ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Catalog.Get(course.CourseId));
        store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(course, (await Catalog.Get(course.CourseId))?.Course);
    }

    [Fact]
    public async Task Unknown_cursor_is_refused() =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => Catalog.List(new(null, null, null, null, new(1, "nonsense"))));

    private async Task<List<Course>> List() => [.. (await Catalog.List(new(null, null, null, prefix, new(PageRequest.MaxSize, null)))).Items];
}
