using System.Text.RegularExpressions;
using EngageCenter.WebApi.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.OpenApi;

/// <summary>How the document and the page over it are served.</summary>
public sealed class PublishedDocumentTests
{
    [Fact]
    public async Task The_document_is_made_once_however_many_ask()
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
    public async Task A_document_that_could_not_be_made_is_made_again()
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
    public async Task Whoever_has_the_document_is_told_that_it_is_the_same()
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
    public async Task Unless_it_is_for_everybody_the_document_takes_the_token_of_a_person_and_there_is_no_page()
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
    public async Task The_page_runs_its_own_scripts_and_no_other()
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
