using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests;

/// <summary>Calls that applications make, each with the app role that it needs.</summary>
internal static class Applications
{
    public static Actor With(string? appRole) => new(ActorKind.Application, Guid.Empty, "automation", null, appRole);

    public static Task<AgreementView?> Get(this IAgreementGrain agreement) => agreement.Get(With(AppRoles.Agreements));

    public static Task<IngestOutcome> Ingest(this ISupportGrain support, ImmutableArray<SupportCase> updates) => support.Ingest(updates, With(AppRoles.SupportCases));

    public static Task<PutActivityOutcome> Put(this IActivityGrain activity, PutActivity command) => activity.Put(command, With(AppRoles.CustomerActivity));

    public static Task<long?> Version(this IActivityGrain activity, string activityId) => activity.Version(activityId, With(AppRoles.CustomerActivity));

    public static Task<ImmutableArray<AssessmentRun>> RunsUnderWay(this IAssessmentsGrain assessments) => assessments.RunsUnderWay(With(AppRoles.Assessments));

    public static Task<long?> RunVersion(this IAssessmentsGrain assessments, string technology, string runId) =>
        assessments.RunVersion(technology, runId, With(AppRoles.Assessments));

    public static Task<ReportRunOutcome> Report(this IAssessmentsGrain assessments, ReportRun command) => assessments.Report(command, With(AppRoles.Assessments));

    public static Task<PutCourseOutcome> Put(this ICourseCatalogGrain catalog, PutCourse command) => catalog.Put(command, With(AppRoles.Learning));
}
