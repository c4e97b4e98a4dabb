using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace EngageCenter.WebApi.OpenApi;

/// <summary>
/// The OpenAPI document as it is served: made at the first request, once in the life of the process. The framework's own
/// endpoint makes it anew for each request, which takes some 50 ms of a core.
/// </summary>
internal sealed class PublishedDocument([FromKeyedServices(PublishedDocument.Name)] IOpenApiDocumentProvider provider) : IDisposable
{
    public const string Name = "v1";

    private readonly SemaphoreSlim making = new(1);
    private volatile Document? made;

    /// <summary>The document, or 304 if the client has it already.</summary>
    public async Task<IResult> Answer(HttpContext http)
    {
        var document = made ?? await Make(http.RequestAborted);
        http.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(document.Json, "application/json; charset=utf-8", entityTag: document.Tag);
    }

    public void Dispose() => making.Dispose();

    // Those who come meanwhile wait for it. One that failed is made again.
    private async Task<Document> Make(CancellationToken cancel)
    {
        await making.WaitAsync(cancel);
        try
        {
            if (made is { } other)
            {
                return other;
            }

            var document = await provider.GetOpenApiDocumentAsync(CancellationToken.None);
            using var json = new MemoryStream();
            await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
            var bytes = json.ToArray();
            return made = new(bytes, new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\""));
        }
        finally
        {
            making.Release();
        }
    }

    private sealed record Document(byte[] Json, EntityTagHeaderValue Tag);
}
