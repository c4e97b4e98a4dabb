using System.Globalization;
using System.Text.Json.Serialization;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>Microsoft Graph's way of saying no.</summary>
internal sealed record GraphError(int Status, string Code, string Message)
{
    public static GraphError NotFound(string id) =>
        new(404, "Request_ResourceNotFound", $"Resource '{id}' does not exist or one of its queried reference-property objects are not present.");

    public static GraphError Ambiguous(Guid id) =>
        BadRequest($"Resource '{id}' is in several tenants, and a request does not say which one it is for.");

    public static GraphError AlreadyMember() =>
        BadRequest("One or more added object references already exist for the following modified properties: 'members'.");

    public static GraphError InvalidId(string id) =>
        BadRequest($"Invalid object identifier '{(id.Length <= 100 ? id : id[..100])}'.");

    public static GraphError UnsupportedQuery(string message) => new(400, "Request_UnsupportedQuery", message);

    public static GraphError ExpiredPageToken() =>
        new(400, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.");

    public static GraphError ExpiredDeltaToken() =>
        new(410, "syncStateNotFound", "The delta token is no longer valid, and the application must reset its state. The Location header says where to begin.");

    public static GraphError TooMany(int count, int limit) =>
        new(400, "Directory_ResultSizeLimitExceeded", $"The size of the response, {count}, exceeds the limit of {limit}.");

    public static GraphError InvalidToken() =>
        new(401, "InvalidAuthenticationToken", "Access token validation failure.");

    public static GraphError Denied() =>
        new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");

    /// <summary>An error that a test asked for.</summary>
    public static GraphError OnDemand(int status, string? code) =>
        new(status, code ?? status switch { 429 => "TooManyRequests", 503 => "serviceNotAvailable", _ => "UnknownError" }, "This error was asked for.");

    public static GraphError BadRequest(string message, int status = 400) => new(status, "Request_BadRequest", message);

    public IResult ToResult(HttpRequest request, DateTimeOffset now)
    {
        var requestId = Guid.NewGuid();
        var clientRequestId = Guid.TryParse(request.Headers["client-request-id"], out var given) ? given : requestId;
        var date = now.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return Results.Json(new Body(new Detail(Code, Message, new Inner(date, requestId, clientRequestId))), statusCode: Status);
    }

    private sealed record Body(Detail Error);

    private sealed record Detail(string Code, string Message, Inner InnerError);

    private sealed record Inner(
        string Date,
        [property: JsonPropertyName("request-id")] Guid RequestId,
        [property: JsonPropertyName("client-request-id")] Guid ClientRequestId);
}
