using EngageCenter.WebApi.Errors;


namespace EngageCenter.WebApi.OpenApi;

/// <summary>What the OpenAPI document says of an endpoint beyond its route.</summary>
internal static class EndpointDocs
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, string description = "") =>
        endpoint.WithName(name).WithSummary(summary).WithDescription(description);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status) =>
        endpoint.Produces<T>(status);

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

    /// <param name="example">A body, as JSON.</param>
    public static RouteHandlerBuilder Example(this RouteHandlerBuilder endpoint, string example) => endpoint.WithMetadata(new ExampleDoc(example));

    /// <summary>A body that may also come as lines of another type.</summary>
    public static RouteHandlerBuilder TakesLinesOf<T>(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new RequestLinesDoc(typeof(T)));

    public static RouteHandlerBuilder AnswersCsv(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new CsvAnswerDoc());

    /// <summary>What else it answers 200 with, as text.</summary>
    public static RouteHandlerBuilder AnswersText(this RouteHandlerBuilder endpoint, params string[] mediaTypes) => endpoint.WithMetadata(new TextAnswerDoc(mediaTypes));

    /// <summary>A GET with an ETag.</summary>
    public static RouteHandlerBuilder Versioned(this RouteHandlerBuilder endpoint) => endpoint
        .WithMetadata(new HeaderParameter("If-None-Match", "Entity tags that the client has; 304 where it has the current one."))
        .Answers(StatusCodes.Status304NotModified);
}

internal sealed record HeaderParameter(string Name, string Description);

internal sealed record RequestBodyDoc(Type Type, bool IsRequired);

internal sealed record ExampleDoc(string Json);

internal sealed record RequestLinesDoc(Type Type);

internal sealed record CsvAnswerDoc;

internal sealed record TextAnswerDoc(IReadOnlyList<string> MediaTypes);
