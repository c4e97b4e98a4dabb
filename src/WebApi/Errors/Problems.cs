using System.Collections.Immutable;
using System.Reflection;
using EngageCenter.WebApi.Requests;

namespace EngageCenter.WebApi.Errors;

/// <summary>Lists every problem that this API returns. docs/use/http-status.md says when.</summary>
internal static class Problems
{
    public static readonly Problem InvalidRequest = new(400, "invalid-request", "The request is not valid",
        "Part of the request is malformed or out of range. 'errors' names each field and says what is wrong.");

    public static readonly Problem Unauthenticated = new(401, "unauthenticated", "No valid access token",
        "The request has no access token, or the token is not valid.");

    public static readonly Problem WrongCaller = new(403, "wrong-caller", "Not for this kind of caller",
        "The endpoint is for persons and the token belongs to an application, or the other way round.");

    public static readonly Problem MissingScope = new(403, "missing-scope", "The token lacks the scope",
        "The access token does not carry the delegated scope that 'scope' names.");

    public static readonly Problem MissingPermission = new(403, "missing-permission", "Not permitted",
        "The caller lacks the permission that 'permission' names, or the app role that 'appRole' names.");

    public static readonly Problem BillingAccess = new(403, "billing-access", "No access to the billing scope",
        "The caller may not read this billing account or profile.");

    public static readonly Problem NotFound = new(404, "not-found", "Not found",
        "There is nothing at this address.");

    public static readonly Problem WorkspaceNotFound = new(404, "workspace-not-found", "No such workspace",
        "The workspace does not exist, or the caller is not a member of it.");

    public static readonly Problem AgreementNotFound = new(404, "agreement-not-found", "No such agreement",
        "There is no agreement with this id.");

    public static readonly Problem GroupNotFound = new(404, "group-not-found", "No such group",
        "The group holds no role in this workspace.");

    public static readonly Problem UserNotFound = new(404, "user-not-found", "No such person",
        "The person holds no role in this workspace, or is not known to hold one.");

    public static readonly Problem ActivityNotFound = new(404, "activity-not-found", "No such activity",
        "There is no activity with this id in the workspace.");

    public static readonly Problem TechnologyNotFound = new(404, "technology-not-found", "No such technology",
        "There is no technology with this id. The list of assessments contains all technologies.");

    public static readonly Problem RunNotFound = new(404, "run-not-found", "No such run",
        "The technology has no run with this id, or the run is so old that it is no longer kept.");

    public static readonly Problem CourseNotFound = new(404, "course-not-found", "No such course",
        "The catalogue has no course with this id.");

    public static readonly Problem EnrollmentNotFound = new(404, "enrollment-not-found", "Not started",
        "The caller has not started this course in this workspace.");

    public static readonly Problem MethodNotAllowed = new(405, "method-not-allowed", "Method not allowed",
        "This address does not support this method. The header 'Allow' lists the methods that it supports.");

    public static readonly Problem NotAcceptable = new(406, "not-acceptable", "No acceptable representation",
        "The response is not available in any of the types that the Accept header names.");

    public static readonly Problem RequestTimeout = new(408, "request-timeout", "The request came too slowly",
        "The body did not arrive in time.");

    public static readonly Problem RoleNotAssignable = new(409, "role-not-assignable", "The role cannot be granted",
        "A contract role comes only from the agreement and cannot be granted to a group.");

    public static readonly Problem LastAdministrator = new(409, "last-administrator", "Nobody would be left to administer",
        "The update would leave the workspaces without any Customer Support Manager.");

    public static readonly Problem OrganizationFixed = new(409, "organization-fixed", "The organization cannot change",
        "The organization of an agreement cannot change, because its groups hold roles in the workspaces.");

    public static readonly Problem AgreementTypeFixed = new(409, "agreement-type-fixed", "The type cannot change",
        "The type of an agreement cannot change, because its workspaces were created for that type.");

    public static readonly Problem TooManyWorkspaces = new(409, "too-many-workspaces", "Too many workspaces",
        "A person or a group can hold roles in at most 5,000 workspaces. With this change, a contact or the group would exceed the limit.");

    public static readonly Problem TooManyWorkspacesInAgreement = new(409, "too-many-workspaces-in-agreement", "Too many workspaces in the agreement",
        "An agreement can have at most 500 workspaces. Workspaces of removed packages count, because a workspace is never deleted.");

    public static readonly Problem TooManyGroups = new(409, "too-many-groups", "Too many groups",
        "A workspace can have at most 1,000 groups with roles.");

    public static readonly Problem TooManyGroupsInTenant = new(409, "too-many-groups-in-tenant", "Too many groups in the tenant",
        "A tenant can have at most 10,000 groups that hold roles in its organization's workspaces.");

    public static readonly Problem TooManyTenants = new(409, "too-many-tenants", "Too many tenants",
        "All agreements together can name at most 8,192 tenants whose ids start with the same two digits. The organization, a contact or a billing reader belongs to a further tenant.");

    public static readonly Problem TooManyCases = new(409, "too-many-cases", "Too many cases",
        "A workspace can have at most 500,000 support cases.");

    public static readonly Problem UnknownPackage = new(409, "unknown-package", "No such package",
        "The workspace's agreement has no package with the id in 'packageId'.");

    public static readonly Problem TooManyActivities = new(409, "too-many-activities", "Too many activities",
        "A workspace can have at most 100,000 activities.");

    public static readonly Problem RunInProgress = new(409, "run-in-progress", "A run is under way",
        "A technology can have only one run at a time. 'runId' names the run in progress.");

    public static readonly Problem RunEnded = new(409, "run-ended", "The run has ended",
        "The run has already ended: with other results, or without results because they did not arrive in time.");

    public static readonly Problem TooManyCourses = new(409, "too-many-courses", "Too many courses",
        "The catalogue can have at most 10,000 courses.");

    public static readonly Problem TooManyEnrollments = new(409, "too-many-enrollments", "Too many enrolments",
        "A workspace can have at most 200,000 enrolments.");

    public static readonly Problem TooManyProducts = new(409, "too-many-products", "Too many products",
        "The courses started in a workspace can cover at most 500 products, and this course is about a further product.");

    public static readonly Problem ListChanged = new(409, "list-changed", "The list has changed",
        "The list was reordered or replaced after the page before, so further pages could miss or repeat items. Read the list again from its first page.");

    public static readonly Problem PreconditionFailed = new(412, "precondition-failed", "The condition is not met",
        "The resource has changed since the version in If-Match, or does not exist. Read it again.");

    public static readonly Problem ContentTooLarge = new(413, "content-too-large", "The body is too large",
        "The body is larger than this endpoint accepts.");

    public static readonly Problem UriTooLong = new(414, "uri-too-long", "The address is too long",
        "The request line is longer than the server accepts.");

    public static readonly Problem UnsupportedMediaType = new(415, "unsupported-media-type", "Unsupported media type",
        "The endpoint does not accept a body of this media type.");

    public static readonly Problem TooManyRequests = new(429, "too-many-requests", "Too many requests",
        "The caller sent more requests than allowed. Wait for the time in Retry-After.", RetryAfter: 1);

    public static readonly Problem HeadersTooLarge = new(431, "headers-too-large", "The headers are too large",
        "The headers of the request are larger than the server accepts.");

    public static readonly Problem InternalError = new(500, "internal-error", "Something went wrong",
        "The service failed unexpectedly. Report the 'traceId', with which the failure can be found in the log.");

    public static readonly Problem ServiceUnavailable = new(503, "service-unavailable", "Temporarily unavailable",
        "Storage or the cluster did not respond. It is safe to repeat the request.", RetryAfter: 2);

    public static readonly Problem AccessUnconfirmed = new(503, "access-unconfirmed", "Access cannot be confirmed now",
        "The caller's rights cannot be confirmed at the moment. Try again.", RetryAfter: 1);

    /// <summary>All problems, in no particular order.</summary>
    public static ImmutableArray<Problem> All { get; } =
    [
        .. typeof(Problems).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f.FieldType == typeof(Problem))
            .Select(f => (Problem)f.GetValue(null)!),
    ];

    /// <summary>
    /// Returns the problem for a status that the framework set without a body: the most general problem with that status.
    /// </summary>
    public static Problem Of(int status) => status switch
    {
        401 => Unauthenticated,
        403 => WrongCaller,
        404 => NotFound,
        405 => MethodNotAllowed,
        406 => NotAcceptable,
        408 => RequestTimeout,
        412 => PreconditionFailed,
        413 => ContentTooLarge,
        414 => UriTooLong,
        415 => UnsupportedMediaType,
        429 => TooManyRequests,
        431 => HeadersTooLarge,
        503 => ServiceUnavailable,
        _ => status < 500 ? InvalidRequest : InternalError,
    };

    public static IResult Invalid(RequestErrors errors) =>
        InvalidRequest.Answer(null, ("errors", errors.ToDictionary()));

    public static IResult Invalid(string field, string message)
    {
        var errors = new RequestErrors();
        errors.Add(field, message);
        return Invalid(errors);
    }
}
