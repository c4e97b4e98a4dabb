using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace EngageCenter.WebApi.OpenApi;

/// <summary>
/// Serves the OpenAPI document, which is generated at the first request and then kept. The framework's own endpoint
/// generates it again for each request, which takes about 50 ms of a core.
/// </summary>
internal sealed class PublishedDocument([FromKeyedServices(PublishedDocument.Name)] IOpenApiDocumentProvider provider) : IDisposable
{
    public const string Name = "v1";

    private readonly SemaphoreSlim making = new(1);
    private volatile Document? made;

    /// <summary>Returns the document, or 304 if the client already has it.</summary>
    public async Task<IResult> Answer(HttpContext http)
    {
        var document = made ?? await Make(http.RequestAborted);
        http.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(document.Json, "application/json; charset=utf-8", entityTag: document.Tag);
    }

    public void Dispose() => making.Dispose();

    // Concurrent requests wait for the one that generates it. After a failure the next request tries again.
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
