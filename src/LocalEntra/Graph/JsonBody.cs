using System.Text.Json;

namespace EngageCenter.LocalEntra.Graph;

internal static class JsonBody
{
    /// <summary>
    /// Reads a body of at most <see cref="Listening.MaxRequestBody"/> bytes. As Graph does, it insists on a JSON content type,
    /// which also keeps out pages in a browser: without leave they can only send plain forms to another origin.
    /// </summary>
    public static async Task<(JsonDocument? Body, GraphError? Error)> ReadAsync(HttpRequest request)
    {
        if (!request.HasJsonContentType())
        {
            return (null, GraphError.BadRequest("Write requests (excluding DELETE) must contain the Content-Type header declaration application/json."));
        }

        try
        {
            return (await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted), null);
        }
        catch (BadHttpRequestException refused)
        {
            return (null, GraphError.BadRequest(refused.Message, refused.StatusCode));
        }
        catch (JsonException)
        {
            return (null, GraphError.BadRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."));
        }
    }
}
