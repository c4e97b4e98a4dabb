using EngageCenter.WebApi.Errors;


namespace EngageCenter.WebApi.OpenApi;

/// <summary>Describes endpoints for the OpenAPI document, beyond what their routes say.</summary>
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

    /// <param name="example">An example body, as JSON.</param>
    public static RouteHandlerBuilder Example(this RouteHandlerBuilder endpoint, string example) => endpoint.WithMetadata(new ExampleDoc(example));

    /// <summary>Documents that the body may also come as lines of another type.</summary>
    public static RouteHandlerBuilder TakesLinesOf<T>(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new RequestLinesDoc(typeof(T)));

    public static RouteHandlerBuilder AnswersCsv(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new CsvAnswerDoc());

    /// <summary>Documents further media types of the 200 response, as text.</summary>
    public static RouteHandlerBuilder AnswersText(this RouteHandlerBuilder endpoint, params string[] mediaTypes) => endpoint.WithMetadata(new TextAnswerDoc(mediaTypes));

    /// <summary>Documents a GET with an ETag.</summary>
    public static RouteHandlerBuilder Versioned(this RouteHandlerBuilder endpoint) => endpoint
        .WithMetadata(new HeaderParameter("If-None-Match", "Entity tags that the client already has. Returns 304 if one of them is current."))
        .Answers(StatusCodes.Status304NotModified);
}

internal sealed record HeaderParameter(string Name, string Description);

internal sealed record RequestBodyDoc(Type Type, bool IsRequired);

internal sealed record ExampleDoc(string Json);

internal sealed record RequestLinesDoc(Type Type);

internal sealed record CsvAnswerDoc;

internal sealed record TextAnswerDoc(IReadOnlyList<string> MediaTypes);
