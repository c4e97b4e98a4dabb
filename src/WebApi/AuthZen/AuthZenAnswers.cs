using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Json;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>Says whether the subject may do the action.</summary>
internal sealed record EvaluationResponse(bool Decision, DecisionContext Context)
{
    public static EvaluationResponse Refused(int status, string message) => new(false, new(null, [], new(status, message)));
}

/// <summary>The reasons for a decision.</summary>
/// <param name="Epoch">The version of the access policy that decided; absent if the caller may not know of any.</param>
/// <param name="Reasons">The roles that give the permission; empty if it is not allowed.</param>
/// <param name="Error">Why no decision was possible; then the decision is false.</param>
internal sealed record DecisionContext(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Epoch,
    IReadOnlyList<HeldRoleResponse> Reasons,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionError? Error = null);

/// <param name="Status">The status that a request with this question alone would get.</param>
internal sealed record DecisionError(int Status, string Message);

/// <summary>
/// One decision for each question, in the order of the request; or a single decision if the request has no evaluations.
/// </summary>
internal sealed record EvaluationsResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Decision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionContext? Context,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<EvaluationResponse>? Evaluations);

/// <summary>One page of a search result.</summary>
internal sealed record SearchResponse<T>(SearchPageResponse Page, IReadOnlyList<T> Results);

/// <param name="NextToken">The token of the next page; empty on the last page.</param>
/// <param name="Count">The results on this page.</param>
/// <param name="Total">The results on all pages.</param>
internal sealed record SearchPageResponse([property: JsonPropertyName("next_token")] string NextToken, int Count, int Total);

/// <summary>A person or a workspace in a search result.</summary>
internal sealed record EntityResponse(string Type, string Id)
{
    public static EntityResponse Of(PersonId person) => new(Entities.User, person.ToString());

    public static EntityResponse OfWorkspace(string workspaceId) => new(Entities.Workspace, workspaceId);
}

/// <summary>An action that is allowed.</summary>
internal sealed record ActionResponse(string Name);

/// <summary>The addresses of the AuthZEN endpoints.</summary>
internal sealed record MetadataResponse(
    [property: JsonPropertyName("policy_decision_point")] string PolicyDecisionPoint,
    [property: JsonPropertyName("access_evaluation_endpoint")] string AccessEvaluationEndpoint,
    [property: JsonPropertyName("access_evaluations_endpoint")] string AccessEvaluationsEndpoint,
    [property: JsonPropertyName("search_subject_endpoint")] string SearchSubjectEndpoint,
    [property: JsonPropertyName("search_resource_endpoint")] string SearchResourceEndpoint,
    [property: JsonPropertyName("search_action_endpoint")] string SearchActionEndpoint);

/// <summary>Reads subjects, resources and actions by the type names and ids that the standard's requests use.</summary>
internal static class Entities
{
    public const string User = "user";
    public const string Workspace = "workspace";

    private static readonly WireNames<Permissions> actions = WireNames.For<Permissions>();

    /// <summary>Returns false if the type and id do not name a person.</summary>
    public static bool TryPerson(string type, string id, out PersonId person)
    {
        person = default;
        if (type != User || id.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash)
            || !Text.TryReadGuid(id[..slash], out var tenantId) || !Text.TryReadGuid(id[(slash + 1)..], out var userId))
        {
            return false;
        }

        person = new(tenantId, userId);
        return true;
    }

    /// <summary>Returns whether the id has the form of a workspace id. The workspace need not exist.</summary>
    public static bool IsWorkspace(string type, string id) => type == Workspace && WorkspaceHeader.IsId(id);

    public static bool TryAction(string name, out Permissions permission) => actions.TryParse(name, out permission);
}
