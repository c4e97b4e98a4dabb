using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.LoadTests;

/// <summary>
/// The courses of a learner in a workspace, which advance by one percent at a time, in one operation at a time. Progress never
/// goes back, so the steps come to an end. After that an operation fails, because a report that changes nothing would cost less.
/// </summary>
internal sealed class EnrollmentBlock(IGrainFactory grains, Dataset data, string workspaceId, int slot)
{
    private readonly SignIn learner = data.Learners[slot];
    private readonly int[] progress = new int[DatasetSize.CoursesPerSlot];
    private int last;

    private ILearningGrain Learning => grains.GetGrain<ILearningGrain>(workspaceId);

    /// <summary>Starts the courses that are not started yet, and reads how far the others are.</summary>
    public async Task StartAllAsync()
    {
        for (var n = 0; n < progress.Length; n++)
        {
            progress[n] = (await PutAsync(n, 1)).ProgressPercent;
        }
    }

    /// <summary>Does <c>PUT /v1/workspaces/{id}/learning/enrollments/{courseId}</c>.</summary>
    public async Task MoveOnAsync()
    {
        var n = Enumerable.Range(1, progress.Length).Select(step => (last + step) % progress.Length).FirstOrDefault(c => progress[c] < 100, -1);
        if (n < 0)
        {
            throw new InvalidOperationException($"{learner.Profile.DisplayName} has completed every course: use data of another name, or more workspaces.");
        }

        var next = progress[n] + 1;
        var enrollment = await PutAsync(n, next);
        if (enrollment.ProgressPercent != next)
        {
            throw Wrong($"reported {next} %, and was answered {enrollment}");
        }

        (progress[n], last) = (next, n);
    }

    /// <summary>Does <c>GET /v1/workspaces/{id}/learning/transcript</c>. Several operations may do this at the same time.</summary>
    public async Task ReadTranscriptAsync()
    {
        var page = await new Visit(grains, learner, workspaceId, Permissions.AccessLearning).ActAsync(
            decision => Learning.Transcript(decision, new(PageRequest.DefaultSize, null)));
        if (page is not { Next: null, TotalCount: DatasetSize.CoursesPerSlot }
            || !page.Items.Select(e => e.Course).SequenceEqual(Enumerable.Range(0, progress.Length).Select(data.Course))
            || !page.Items.All(IsRight))
        {
            throw Wrong($"has started {progress.Length} courses, and read {page}");
        }
    }

    private async Task<Enrollment> PutAsync(int course, int percent)
    {
        var outcome = await new Visit(grains, learner, workspaceId, Permissions.AccessLearning).ActAsync(async decision =>
            await Learning.Put(decision, new(data.CourseId(course), percent, null))
                is { Status: not PutEnrollmentStatus.DecideAgain } answer ? answer : null);
        return outcome is { Status: PutEnrollmentStatus.Created or PutEnrollmentStatus.Updated, Enrollment: { } enrollment }
            && enrollment.Course == data.Course(course) && enrollment.ProgressPercent >= percent && IsRight(enrollment)
                ? enrollment
                : throw Wrong($"reported {percent} % of {data.CourseId(course)}, and was answered {outcome}");
    }

    private static bool IsRight(Enrollment enrollment) => (enrollment.ProgressPercent == 100) == enrollment.CompletedAt is not null;

    private WrongAnswerException Wrong(string what) => new($"{learner.Profile.DisplayName} {what}.");
}
