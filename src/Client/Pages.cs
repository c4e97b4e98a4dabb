using Microsoft.Kiota.Abstractions.Serialization;

namespace EngageCenter.Client.Models;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public interface IPage<T> : IParsable
{
    List<T>? Value { get; }

    /// <summary>The path of the next page; null on the last one.</summary>
    string? NextLink { get; }
}

public partial class ListResponseOfActivityJson : IPage<ActivityJson>;

public partial class ListResponseOfAssessmentJson : IPage<AssessmentJson>;

public partial class ListResponseOfAuditEventResponse : IPage<AuditEventResponse>;

public partial class ListResponseOfCaseJson : IPage<CaseJson>;

public partial class ListResponseOfCourseResponse : IPage<CourseResponse>;

public partial class ListResponseOfDirectoryGroupResponse : IPage<DirectoryGroupResponse>;

public partial class ListResponseOfEnrollmentResponse : IPage<EnrollmentResponse>;

public partial class ListResponseOfGroupResponse : IPage<GroupResponse>;

public partial class ListResponseOfRecommendationJson : IPage<RecommendationJson>;

public partial class ListResponseOfRoleResponse : IPage<RoleResponse>;

public partial class ListResponseOfRunJson : IPage<RunJson>;

public partial class ListResponseOfRunUnderWayJson : IPage<RunUnderWayJson>;

public partial class ListResponseOfUserWorkspaceResponse : IPage<UserWorkspaceResponse>;

public partial class ListResponseOfWorkspaceUserResponse : IPage<WorkspaceUserResponse>;
