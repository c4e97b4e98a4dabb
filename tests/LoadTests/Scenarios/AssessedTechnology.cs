using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.Users;

namespace EngageCenter.LoadTests;

/// <summary>
/// A technology of a workspace. Runs of it are started and get results repeatedly. It is used by one operation at a time, so
/// that it is known between operations whether a run is in progress.
/// </summary>
internal sealed class AssessedTechnology(IGrainFactory grains, SignIn starter, string workspaceId, string technology)
{
    private string? runId;
    private long revision;

    // An unacknowledged start may have happened, also in an earlier load test.
    private bool mayHaveStarted = true;

    /// <summary>Whether a run waits for its results.</summary>
    public bool IsRunning => runId is not null;

    /// <summary>Does <c>POST /v1/workspaces/{id}/assessments/{technology}/runs</c>.</summary>
    public async Task StartAsync()
    {
        var takesOver = mayHaveStarted;
        mayHaveStarted = true;
        var outcome = await new Visit(grains, starter, workspaceId, Permissions.AccessAssessments).ActAsync(async decision =>
            await grains.GetGrain<IAssessmentsGrain>(workspaceId).Start(decision, technology)
                is { Status: not StartRunStatus.DecideAgain } answer ? Tuple.Create(answer.Status, answer.Run) : null);
        if (!(outcome.Item1 == StartRunStatus.Started || (outcome.Item1 == StartRunStatus.InProgress && takesOver))
            || outcome.Item2 is not { Status: RunStatus.Running } run || run.Technology != technology)
        {
            throw new WrongAnswerException($"To start a run of {technology} was answered {outcome}.");
        }

        runId = run.RunId;
    }

    /// <summary>Does <c>PUT /v1/workspaces/{id}/assessments/{technology}/runs/{runId}/results</c>.</summary>
    public async Task ReportAsync()
    {
        var application = Visit.Application(AppRoles.Assessments);
        await Visit.ExistsAsync(grains, workspaceId, application);
        var outcome = await grains.GetGrain<IAssessmentsGrain>(workspaceId).Report(new(technology, runId!, true, Dataset.Recommendations(revision)), application);
        if (outcome is not { Status: ReportRunStatus.Accepted, Run: { Status: RunStatus.Completed, RecommendationCount: DatasetSize.RecommendationsPerRun } run }
            || run.RunId != runId)
        {
            throw new WrongAnswerException($"The results of {runId} were answered {outcome}.");
        }

        (runId, mayHaveStarted, revision) = (null, false, revision + 1);
    }
}
