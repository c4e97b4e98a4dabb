using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// Writes a short JSON response in one piece, with its length. The framework's own result writes without knowing the length,
/// so the response is chunked. The whole response is in memory, so a long one must not be written in this way.
/// </summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type) : IResult, IValueHttpResult<T>, IContentTypeHttpResult
{
    public T Value => value;

    public string ContentType => "application/json; charset=utf-8";

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = json.Length;
        var writing = response.BodyWriter.WriteAsync(json, httpContext.RequestAborted);
        return writing.IsCompletedSuccessfully ? Task.CompletedTask : writing.AsTask();
    }
}
