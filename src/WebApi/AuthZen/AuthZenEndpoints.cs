using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>
/// Implements the AuthZEN Authorization API 1.0 of the OpenID Foundation, with the standard's paths, shapes and statuses.
/// </summary>
internal static class AuthZenEndpoints
{
    public const string Evaluation = "/access/v1/evaluation";
    public const string Batch = "/access/v1/evaluations";
    public const string SubjectSearch = "/access/v1/search/subject";
    public const string ResourceSearch = "/access/v1/search/resource";
    public const string ActionSearch = "/access/v1/search/action";

    private const string Subject = """{ "type": "user", "id": "c0000000-0000-4000-8000-000000000000/c0000000-0000-4000-8000-000000000102" }""";
    private const string Action = """{ "name": "ViewSupportInsights" }""";
    private const string Resource = """{ "type": "workspace", "id": "0123456789abcdef0123456789abcdef" }""";

    public static void MapAuthZen(this IEndpointRouteBuilder routes)
    {
        var access = routes.MapGroup("").WithTags("AuthZEN").RequireEvaluator();
        access.MapPost(Evaluation, Evaluate)
            .Describe("EvaluateAccess", "May a subject do an action on a resource?",
                "A subject is `{ \"type\": \"user\", \"id\": \"{tenantId}/{userId}\" }`, an action is the name of a permission, a resource is `{ \"type\": \"workspace\", \"id\" }`. Anything unknown is `decision: false`, and so is anything that the asking person may not know.")
            .Example($$"""{ "subject": {{Subject}}, "action": {{Action}}, "resource": {{Resource}} }""")
            .Answers<EvaluationResponse>(200)
            .Refuses(Problems.AccessUnconfirmed);
        access.MapPost(Batch, EvaluateBatch)
            .Describe("EvaluateAccessBatch", "Evaluates up to 1,000 questions",
                "`subject`, `action` and `resource` beside `evaluations` are the defaults for questions that leave them out. A question that is malformed, or cannot be answered now, is `decision: false` with `context.error`; the others are still answered. Without `evaluations`, the request is a single evaluation.")
            .Example($$"""{ "subject": {{Subject}}, "resource": {{Resource}}, "evaluations": [ { "action": {{Action}} }, { "action": { "name": "RenameSpace" } } ], "options": { "evaluations_semantic": "execute_all" } }""")
            .Answers<EvaluationsResponse>(200)
            .Refuses(Problems.AccessUnconfirmed);
        access.MapPost(SubjectSearch, FindSubjects).Scans()
            .Describe("SearchSubjects", "Who may do an action on a resource?",
                "As complete as the workspace's list of people. All pages come from one version of the access policy: after a change, the next page is 409 `list-changed`, and the client starts the search again.")
            .Example($$"""{ "subject": { "type": "user" }, "action": {{Action}}, "resource": {{Resource}} }""")
            .Answers<SearchResponse<EntityResponse>>(200)
            .Refuses(Problems.AccessUnconfirmed, Problems.ListChanged);
        access.MapPost(ResourceSearch, FindResources).Scans()
            .Describe("SearchResources", "On which resources may a subject do an action?",
                "As complete as the subject's list of workspaces. If the result changes between two pages, the next one is 409 `list-changed`.")
            .Example($$"""{ "subject": {{Subject}}, "action": {{Action}}, "resource": { "type": "workspace" } }""")
            .Answers<SearchResponse<EntityResponse>>(200)
            .Refuses(Problems.AccessUnconfirmed, Problems.ListChanged);
        access.MapPost(ActionSearch, FindActions)
            .Describe("SearchActions", "Which actions may a subject do on a resource?", "The names of permissions. If the result changes between two pages, the next one is 409 `list-changed`.")
            .Example($$"""{ "subject": {{Subject}}, "resource": {{Resource}} }""")
            .Answers<SearchResponse<ActionResponse>>(200)
            .Refuses(Problems.AccessUnconfirmed, Problems.ListChanged);
        routes.MapGet("/.well-known/authzen-configuration", Metadata).WithTags("AuthZEN").AllowAnonymous().RequireRateLimiting(RateLimits.Anonymous)
            .Describe("GetAuthZenConfiguration", "The addresses of the AuthZEN endpoints", "The URLs start with the setting `WebApi:PublicUrl`. Without it the document is available only in the Development environment.")
            .Answers<MetadataResponse>(200)
            .Refuses(Problems.NotFound, Problems.TooManyRequests);
    }

    private static async Task<IResult> Evaluate(Asker asker, EvaluationRequest body) =>
        await Evaluations.Evaluate(asker, body) is { } answer ? TypedResults.Ok(answer) : Searches.Unconfirmed(asker);

    private static async Task<IResult> EvaluateBatch(Asker asker, EvaluationsRequest body, HttpContext http, NodeLimits limits, TimeProvider time)
    {
        if (body.Evaluations is not { Count: > 0 } questions)
        {
            return await Evaluations.Evaluate(asker, body.ToSingle()) is { } single
                ? TypedResults.Ok(new EvaluationsResponse(single.Decision, single.Context, null))
                : Searches.Unconfirmed(asker);
        }

        // A batch of many questions costs a node as much as a large page of a list.
        if (await PageLimit.Take(http, limits, time, questions.Count, "large batches", Evaluations.CostOf(body)) is { } refusal)
        {
            return refusal;
        }

        var semantic = Semantics.Of(body.Options?.EvaluationsSemantic)!.Value;
        return TypedResults.Ok(new EvaluationsResponse(null, null, await Evaluations.Evaluate(asker, body, semantic)));
    }

    private static Task<IResult> FindSubjects(Asker asker, SubjectSearchRequest body, IGrainFactory grains) => Searches.Subjects(asker, body, grains);

    private static Task<IResult> FindResources(Asker asker, ResourceSearchRequest body) => Searches.Resources(asker, body);

    private static Task<IResult> FindActions(Asker asker, ActionSearchRequest body) => Searches.Actions(asker, body);

    private static IResult Metadata(WebApiOptions options, IServer server, IHostEnvironment environment, HttpResponse response)
    {
        if (BaseUrl(options, server, environment) is not { } url)
        {
            return Problems.NotFound.Answer($"{WebApiOptions.Section}:PublicUrl is not set, so the service does not know its own address.");
        }

        response.Headers.CacheControl = "public, max-age=3600";
        return TypedResults.Ok(new MetadataResponse(url, url + Evaluation, url + Batch, url + SubjectSearch, url + ResourceSearch, url + ActionSearch));
    }

    // Never uses the request's Host header, which anybody can set: the document tells a client which addresses to trust. In
    // Development it uses the address on which the server listens.
    private static string? BaseUrl(WebApiOptions options, IServer server, IHostEnvironment environment) =>
        (options.PublicUrl ?? (environment.IsDevelopment() ? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() : null))?.TrimEnd('/');
}
