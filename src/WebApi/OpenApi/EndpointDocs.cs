using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.OpenApi;

/// <summary>What the OpenAPI document says of an endpoint beyond its route. Bodies and queries are read by the endpoints themselves, so they are told here.</summary>
internal static class EndpointDocs
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, string description = "") =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status) =>
        endpoint.Produces<T>(status);

    /// <summary>What a 200 may be instead of what <see cref="Answers{T}"/> says.</summary>
    public static RouteHandlerBuilder OrAnswers<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new OtherAnswerDoc(typeof(T)));

    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder endpoint, int status) =>
        endpoint.Produces(status);

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<Problem> problems)
    {
        foreach (var problem in problems)
        {
            endpoint.WithMetadata(problem);
        }

        return endpoint;
    }

    public static RouteHandlerBuilder Query(this RouteHandlerBuilder endpoint, string name, string description, params string[] values) =>
        endpoint.WithMetadata(new QueryParameter(name, description, values));

    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder endpoint) => endpoint
        .Query("pageSize", "Items on a page, 1 to 500; 50 where nothing is said.")
        .Query("cursor", "Where the page begins, as the 'nextLink' of the page before has it.");

    /// <summary>
    /// A body. The framework's own <c>Accepts</c> will not do: it refuses another type before anybody asked who is calling.
    /// </summary>
    /// <param name="example">JSON.</param>
    /// <param name="required">Whether there must be one.</param>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint, string example, bool required = true) => endpoint
        .WithMetadata(new RequestBodyDoc(typeof(T), example, required))
        .Refuses(Problems.InvalidRequest, Problems.ContentTooLarge, Problems.UnsupportedMediaType);

    /// <summary>A body that may also come as lines of another type.</summary>
    public static RouteHandlerBuilder TakesLinesOf<T>(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new RequestLinesDoc(typeof(T)));

    public static RouteHandlerBuilder AnswersCsv(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new CsvAnswerDoc());

    /// <summary>A GET with an ETag.</summary>
    public static RouteHandlerBuilder Versioned(this RouteHandlerBuilder endpoint) => endpoint
        .WithMetadata(new HeaderParameter("If-None-Match", "Entity tags that the client has; 304 where it has the current one."))
        .Answers(StatusCodes.Status304NotModified);

    /// <summary>A change that honours If-Match.</summary>
    public static RouteHandlerBuilder Conditional(this RouteHandlerBuilder endpoint) => endpoint
        .WithMetadata(new HeaderParameter("If-Match", "Only if the resource still has one of these entity tags; * for any that exists."))
        .Refuses(Problems.InvalidRequest, Problems.PreconditionFailed);
}

internal sealed record QueryParameter(string Name, string Description, IReadOnlyList<string> Values);

internal sealed record HeaderParameter(string Name, string Description);

internal sealed record RequestBodyDoc(Type Type, string Example, bool Required);

internal sealed record RequestLinesDoc(Type Type);

internal sealed record OtherAnswerDoc(Type Type);

internal sealed record CsvAnswerDoc;
