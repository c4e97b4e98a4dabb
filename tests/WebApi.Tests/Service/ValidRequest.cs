using System.Globalization;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>A request that an endpoint answers with success to a caller who has the required right.</summary>
/// <param name="Endpoint">The method and the route's pattern.</param>
/// <param name="Required">
/// The permission that it needs in the workspace, or in any workspace; null if it needs none or is for applications.
/// </param>
/// <param name="AppRole">The app role that it needs; null if it is for persons.</param>
/// <param name="MaxBytes">The maximum size of the body.</param>
internal sealed record ValidRequest(
    string Endpoint, HttpMethod Method, string Path, JsonNode? Body, Permissions? Required, string? AppRole = null, int MaxBytes = 1024 * 1024)
{
    /// <summary>Whether it is for applications and not for persons.</summary>
    public bool IsApplications => AppRole is not null;

    /// <summary>The contact of the contract who may send it: the Customer Support Manager if possible.</summary>
    public Roles Holder => new[] { Roles.CustomerSupportManager, Roles.CustomerSuccessAccountManager }
        .First(role => (RoleTable.PermissionsOf(role | Roles.User) & (Required ?? Permissions.None)) == (Required ?? Permissions.None));

    /// <summary>Whether a group can be granted the permission that it needs.</summary>
    public bool IsGroups => (RoleTable.PermissionsOf(RoleTable.Assignable) & (Required ?? Permissions.None)) == (Required ?? Permissions.None);

    /// <summary>The app role of applications that may send it as well as persons.</summary>
    public string? AppRoleBeside => Endpoint.Contains("/access/v1/", StringComparison.Ordinal) ? "Access.Evaluate.All" : null;

    /// <summary>The problem for a body of another type than JSON.</summary>
    public (int Status, string Slug) WrongType => AppRoleBeside is null ? (415, "unsupported-media-type") : (400, "invalid-request");

    /// <summary>Whether it is also valid without a body.</summary>
    public bool MayBeWithoutBody => Endpoint == "PUT /v1/workspaces/{id}/assessments/{technology}";

    /// <summary>Whether a response with a body is JSON.</summary>
    public bool IsJson => !Endpoint.EndsWith("/stream", StringComparison.Ordinal);

    /// <summary>Whether its path names a workspace.</summary>
    public bool IsInWorkspace => Endpoint.Contains("/{id}", StringComparison.Ordinal);

    /// <summary>Whether the response depends on the caller's roles in a workspace.</summary>
    public bool NeedsDecision => !IsApplications && Endpoint != "GET /v1/roles";

    /// <summary>
    /// Returns one request for each endpoint. <paramref name="unique"/> is a number that keeps created resources apart.
    /// </summary>
    public static List<ValidRequest> All(string workspace, string unique)
    {
        var (user, users) = (new JsonObject { ["type"] = "user", ["id"] = $"{TestDirectory.Contoso}/{TestDirectory.UserId(TestDirectory.PersonOf(Roles.CustomerSupportManager))}" }, new JsonObject { ["type"] = "user" });
        var (resource, resources) = (new JsonObject { ["type"] = "workspace", ["id"] = workspace }, new JsonObject { ["type"] = "workspace" });
        var action = new JsonObject { ["name"] = "RenameSpace" };
        const string at = "/v1/workspaces/{id}";
        var to = $"/v1/workspaces/{workspace}";
        var group = TestDirectory.SpareGroup(unique.Length == 0 ? 0 : 1_000 + int.Parse(unique, CultureInfo.InvariantCulture));
        return
        [
            new("GET /v1/roles", HttpMethod.Get, "/v1/roles", null, null),
            new("PUT /v1/agreements/{agreementId}", HttpMethod.Put, $"/v1/agreements/table-{unique}", RunningService.Agreement(), null, "Agreements.ReadWrite.All"),
            new("GET /v1/agreements/{agreementId}", HttpMethod.Get, "/v1/agreements/agreement-1", null, null, "Agreements.ReadWrite.All"),
            new("GET /v1/me", HttpMethod.Get, "/v1/me", null, null),
            new("GET /v1/me/workspaces", HttpMethod.Get, "/v1/me/workspaces", null, null),
            new("GET /v1/me/switcher", HttpMethod.Get, "/v1/me/switcher", null, null),
            new("PUT /v1/me/current-workspace", HttpMethod.Put, "/v1/me/current-workspace", new JsonObject { ["workspaceId"] = workspace }, null),
            new("GET /v1/me/current-workspace", HttpMethod.Get, "/v1/me/current-workspace", null, null),
            new("GET /v1/me/home", HttpMethod.Get, "/v1/me/home", null, null),
            new($"GET {at}", HttpMethod.Get, to, null, Permissions.None),
            new($"PATCH {at}", HttpMethod.Patch, to, new JsonObject { ["name"] = $"Contoso {unique}" }, Permissions.RenameSpace),
            new($"GET {at}/home", HttpMethod.Get, $"{to}/home", null, Permissions.None),
            new($"GET {at}/account-team", HttpMethod.Get, $"{to}/account-team", null, Permissions.None),
            new($"GET {at}/permissions", HttpMethod.Get, $"{to}/permissions", null, Permissions.None),
            new($"POST {at}/permissions/check", HttpMethod.Post, $"{to}/permissions/check", new JsonObject { ["permissions"] = new JsonArray("RenameSpace") }, Permissions.None, MaxBytes: 16 * 1024),
            new($"GET {at}/users", HttpMethod.Get, $"{to}/users", null, Permissions.ViewUserRoles),
            new($"GET {at}/users/{{tenantId}}/{{userId}}", HttpMethod.Get, $"{to}/users/{TestDirectory.Contoso}/{TestDirectory.UserId(TestDirectory.PersonOf(Roles.CustomerSupportManager))}", null, Permissions.ViewUserRoles),
            new($"GET {at}/directory", HttpMethod.Get, $"{to}/directory", null, Permissions.ViewEntraGroups),
            new($"GET {at}/directory/groups", HttpMethod.Get, $"{to}/directory/groups", null, Permissions.ManageEntraGroups),
            new($"GET {at}/groups", HttpMethod.Get, $"{to}/groups", null, Permissions.ViewEntraGroups),
            new($"GET {at}/groups/{{groupId}}", HttpMethod.Get, $"{to}/groups/{TestDirectory.GroupId(Roles.User)}", null, Permissions.ViewEntraGroups),
            new($"PUT {at}/groups/{{groupId}}", HttpMethod.Put, $"{to}/groups/{group}", new JsonObject { ["roles"] = new JsonArray("User") }, Permissions.ManageEntraGroups),
            new($"POST {at}/groups/{{groupId}}/preview", HttpMethod.Post, $"{to}/groups/{group}/preview", new JsonObject { ["roles"] = new JsonArray("SupportUser") }, Permissions.ManageEntraGroups),
            new($"DELETE {at}/groups/{{groupId}}", HttpMethod.Delete, $"{to}/groups/{group}", null, Permissions.ManageEntraGroups),
            new($"GET {at}/audit-events", HttpMethod.Get, $"{to}/audit-events", null, Permissions.ManageEntraGroups),
            new($"GET {at}/audit-events/stream", HttpMethod.Get, $"{to}/audit-events/stream?live=false", null, Permissions.ManageEntraGroups),
            new($"POST {at}/support-cases", HttpMethod.Post, $"{to}/support-cases", new JsonObject { ["value"] = new JsonArray() }, null, "SupportCases.ReadWrite.All", 8 * 1024 * 1024),
            new($"GET {at}/support-cases", HttpMethod.Get, $"{to}/support-cases", null, Permissions.ViewSupportInsights),
            new($"GET {at}/support-insights", HttpMethod.Get, $"{to}/support-insights", null, Permissions.ViewSupportInsights),
            new($"PUT {at}/activities/{{activityId}}", HttpMethod.Put, $"{to}/activities/table-{unique}", Activities.Of(), null, "CustomerActivity.ReadWrite.All"),
            new($"GET {at}/activities/{{activityId}}", HttpMethod.Get, $"{to}/activities/{Activities.Onboarding}", null, Permissions.ViewCustomerActivity),
            new($"GET {at}/activities", HttpMethod.Get, $"{to}/activities", null, Permissions.ViewCustomerActivity),
            new($"GET {at}/proof-of-execution", HttpMethod.Get, $"{to}/proof-of-execution", null, Permissions.ViewCustomerActivity),
            new($"GET {at}/assessments", HttpMethod.Get, $"{to}/assessments", null, Permissions.AccessAssessments),
            new($"GET {at}/assessments/{{technology}}", HttpMethod.Get, $"{to}/assessments/{Runs.Assessed}", null, Permissions.AccessAssessments),
            new($"PUT {at}/assessments/{{technology}}", HttpMethod.Put, $"{to}/assessments/{Runs.Another(unique)}", new JsonObject { ["interval"] = "P1D" }, Permissions.ManageAssessments),
            new($"DELETE {at}/assessments/{{technology}}", HttpMethod.Delete, $"{to}/assessments/{Runs.Another(unique)}", null, Permissions.ManageAssessments),
            new($"POST {at}/assessments/{{technology}}/runs", HttpMethod.Post, $"{to}/assessments/{Runs.Another(unique)}/runs", null, Permissions.AccessAssessments),
            new($"GET {at}/assessments/{{technology}}/runs", HttpMethod.Get, $"{to}/assessments/{Runs.Assessed}/runs", null, Permissions.AccessAssessments),
            new($"GET {at}/assessments/{{technology}}/runs/{{runId}}", HttpMethod.Get, $"{to}/assessments/{Runs.Assessed}/runs/{Runs.First(Runs.Assessed)}", null, Permissions.AccessAssessments),
            new($"PUT {at}/assessments/{{technology}}/runs/{{runId}}/results", HttpMethod.Put, $"{to}/assessments/{Runs.Assessed}/runs/{Runs.First(Runs.Assessed)}/results", Runs.Results(), null, "Assessments.ReadWrite.All", 8 * 1024 * 1024),
            new($"GET {at}/assessments/{{technology}}/recommendations", HttpMethod.Get, $"{to}/assessments/{Runs.Assessed}/recommendations", null, Permissions.AccessAssessments),
            new($"GET {at}/assessment-runs", HttpMethod.Get, $"{to}/assessment-runs", null, null, "Assessments.ReadWrite.All"),
            new("PUT /v1/learning/courses/{courseId}", HttpMethod.Put, $"/v1/learning/courses/table-{unique}", RunningService.CourseBody(), null, "Learning.ReadWrite.All"),
            new("GET /v1/learning/courses", HttpMethod.Get, "/v1/learning/courses", null, Permissions.AccessLearning),
            new("GET /v1/learning/courses/{courseId}", HttpMethod.Get, $"/v1/learning/courses/{RunningService.Course}", null, Permissions.AccessLearning),
            new($"PUT {at}/learning/enrollments/{{courseId}}", HttpMethod.Put, $"{to}/learning/enrollments/{RunningService.Course}", new JsonObject { ["progressPercent"] = 40 }, Permissions.AccessLearning),
            new($"GET {at}/learning/enrollments/{{courseId}}", HttpMethod.Get, $"{to}/learning/enrollments/{RunningService.Course}", null, Permissions.AccessLearning),
            new($"GET {at}/learning/transcript", HttpMethod.Get, $"{to}/learning/transcript", null, Permissions.AccessLearning),
            new($"GET {at}/learning/consumption", HttpMethod.Get, $"{to}/learning/consumption", null, Permissions.AccessLearning),
            new("POST /access/v1/evaluation", HttpMethod.Post, "/access/v1/evaluation", Ask(("subject", user), ("action", action), ("resource", resource)), null),
            new("POST /access/v1/evaluations", HttpMethod.Post, "/access/v1/evaluations", Ask(("subject", user), ("action", action), ("resource", resource)), null),
            new("POST /access/v1/search/subject", HttpMethod.Post, "/access/v1/search/subject", Ask(("subject", users), ("action", action), ("resource", resource)), null),
            new("POST /access/v1/search/resource", HttpMethod.Post, "/access/v1/search/resource", Ask(("subject", user), ("action", action), ("resource", resources)), null),
            new("POST /access/v1/search/action", HttpMethod.Post, "/access/v1/search/action", Ask(("subject", user), ("resource", resource)), null),
        ];
    }

    private static JsonObject Ask(params ReadOnlySpan<(string Name, JsonObject Entity)> entities)
    {
        var question = new JsonObject();
        foreach (var (name, entity) in entities)
        {
            question[name] = entity.DeepClone();
        }

        return question;
    }

    public override string ToString() => Endpoint;
}
