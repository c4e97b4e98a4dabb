using System.Text.RegularExpressions;
using EngageCenter.WebApi.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.OpenApi;

/// <summary>Tests how the OpenAPI document and the page that shows it are served.</summary>
public sealed class PublishedDocumentTests
{
    [Fact]
    public async Task Document_is_generated_once_for_all_requests()
    {
        var provider = new CountingProvider();
        using var document = new PublishedDocument(provider);
        var first = Enumerable.Range(0, 20).Select(_ => document.Answer(new DefaultHttpContext())).ToList();
        provider.Made.SetResult(new() { Info = new() { Title = "Once" } });
        await Task.WhenAll(first);
        await document.Answer(new DefaultHttpContext());

        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task Document_is_generated_again_after_a_failure()
    {
        var provider = new CountingProvider();
        using var document = new PublishedDocument(provider);
        provider.Made.SetException(new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(() => document.Answer(new DefaultHttpContext()));

        provider.Made = new();
        provider.Made.SetResult(new());
        await document.Answer(new DefaultHttpContext());
        Assert.Equal(2, provider.Count);
    }

    [Fact]
    public async Task Client_with_the_current_document_gets_304()
    {
        await using var api = await StartAsync();
        var first = await api.SendAsync("GET", "/openapi/v1.json");
        var again = await api.SendAsync("GET", "/openapi/v1.json", null, null, "application/json", ("If-None-Match", first.Headers["ETag"]));
        var other = await api.SendAsync("GET", "/openapi/v1.json", null, null, "application/json", ("If-None-Match", "\"other\""));

        Assert.Equal((200, 304, 200), (first.Status, again.Status, other.Status));
        Assert.Equal(("", first.Body), (again.Body, other.Body));
        Assert.Equal("application/json; charset=utf-8", first.ContentType);
    }

    [Fact]
    public async Task Private_document_needs_a_persons_token_and_has_no_page()
    {
        const string path = "/openapi/v1.json";
        await using var open = await StartAsync();
        await using var closed = await StartAsync(("WebApi:AnonymousReference", "false"));

        Assert.Equal(200, (await open.SendAsync("GET", path)).Status);
        Assert.Equal((401, "unauthenticated"), await Refusal(null));
        Assert.Equal((401, "unauthenticated"), await Refusal("garbage"));
        Assert.Equal(200, (await closed.SendAsync("GET", path, Token())).Status);
        Assert.Equal((200, 404), ((await open.SendAsync("GET", "/scalar/")).Status, (await closed.SendAsync("GET", "/scalar/", Token())).Status));

        async Task<(int, string?)> Refusal(string? token)
        {
            var answer = await closed.SendAsync("GET", path, token);
            return (answer.Status, answer.Slug);
        }
    }

    [Fact]
    public async Task Reference_page_runs_only_its_own_scripts()
    {
        await using var api = await StartAsync();
        var (page, other) = (await api.SendAsync("GET", "/scalar/"), await api.SendAsync("GET", "/scalar/"));
        var policy = page.Headers["Content-Security-Policy"];
        var nonce = Regex.Match(policy, "script-src 'self' 'nonce-([A-Za-z0-9_-]{20,})'").Groups[1].Value;

        Assert.NotEmpty(nonce);
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("'unsafe-eval'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        var scripts = Regex.Matches(page.Body, "<script[^>]*>").Select(s => s.Value).ToList();
        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.Contains($"nonce=\"{nonce}\"", script, StringComparison.Ordinal));
        Assert.NotEqual(policy, other.Headers["Content-Security-Policy"]);
        Assert.Equal(200, (await api.SendAsync("GET", "/scalar/scalar.js")).Status);
    }

    private sealed class CountingProvider : IOpenApiDocumentProvider
    {
        private int count;

        public TaskCompletionSource<Microsoft.OpenApi.OpenApiDocument> Made { get; set; } = new();

        public int Count => count;

        public Task<Microsoft.OpenApi.OpenApiDocument> GetOpenApiDocumentAsync(CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref count);
            return Made.Task;
        }
    }
}
