using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Directories;
using EngageCenter.Learning;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Storage;

/// <summary>A kind of row that grains store.</summary>
/// <param name="GrainType">The type of the grain that owns it.</param>
/// <param name="Name">The name of the row; for numbered rows the part before the number.</param>
/// <param name="IsNumbered">Whether there are many of these rows: <c>{Name}-0</c>, <c>{Name}-1</c> and so on.</param>
/// <param name="Type">The type of the stored state.</param>
public sealed record StoredRowKind(string GrainType, string Name, bool IsNumbered, Type Type)
{
    /// <summary>Everything that the service stores as state.</summary>
    public static ImmutableArray<StoredRowKind> All { get; } =
    [
        new("agreement", "agreement", false, typeof(StoredAgreement)),
        new("workspace", "workspace", false, typeof(Workspace)),
        new("workspace", RowNames.Audit, true, typeof(AuditSegment)),
        new("user", "user", false, typeof(UserState)),
        new("user", "observation", false, typeof(UserObservation)),
        new("user", "account", false, typeof(UserAccount)),
        new("directory-follower", "following", false, typeof(Following)),
        new("directory-follower", "followed-accounts", false, typeof(FollowedAccounts)),
        new("group", "group", false, typeof(WorkspaceIndex)),
        new("known-ids", "known-ids", false, typeof(StoredIds)),
        new("known-ids-build", "known-ids-build", false, typeof(BuiltIds)),
        new("assessments", "assessments", false, typeof(AssessmentSchedules)),
        .. TechnologyTable.All.Select(technology => new StoredRowKind("assessments", RowNames.Recommendations(technology.Id), true, typeof(RankedRecommendations))),
        .. Log<SeenEntry>("workspace-users", "people"),
        .. Log<AccountEntry>("workspace-users", "accounts"),
        .. Log<StoredCase>("support", "cases"),
        .. Log<StoredActivity>("activity", "activities"),
        .. Log<StoredEnrollment>("learning", "enrollments"),
        .. Log<StoredCourse>("course-catalog", "courses"),
    ];

    /// <returns>Null if no grain of this release stores such a row.</returns>
    public static StoredRowKind? Of(string grainType, string name) => All.FirstOrDefault(kind => kind.GrainType == grainType && kind.Is(name));

    /// <summary>Whether a row of the grain is of this kind, by its name.</summary>
    public bool Is(string name) => !IsNumbered ? name == Name : RowNames.TryParse(name, out var of, out _) && of == Name;

    private static StoredRowKind[] Log<TEntry>(string grainType, string name) =>
        [
            new(grainType, name, true, typeof(LogSegment<TEntry>)),
            new(grainType, RowNames.Head(name), false, typeof(LogHead)),
            new(grainType, RowNames.End(name), false, typeof(LogEnd)),
        ];
}
