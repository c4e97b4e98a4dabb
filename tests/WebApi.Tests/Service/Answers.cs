using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit.Sdk;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Assertions about responses.</summary>
internal static class Answers
{
    /// <summary>Asserts that the response is this problem, with the members that every problem has.</summary>
    /// <param name="field">The field that <c>errors</c> must name.</param>
    public static async Task<JsonObject> IsProblem(this HttpResponseMessage response, int status, string slug, string? field = null)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(
            (int)response.StatusCode == status && text.Contains($"/problems/{slug}\"", StringComparison.Ordinal),
            $"Expected {status} {slug}, and it is {(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.Equal($"/problems/{slug}", (string?)problem["type"]);
        Assert.Equal(status, (int)problem["status"]!);
        foreach (var member in (string[])["title", "detail", "traceId"])
        {
            Assert.False(string.IsNullOrWhiteSpace((string?)problem[member]), $"There is no {member}: {text}");
        }

        if (status is 429 or 503)
        {
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero, "There is no Retry-After.");
        }

        if (field is not null)
        {
            Assert.True(problem["errors"]?[field]?.AsArray() is { Count: > 0 }, $"'errors' does not name {field}: {text}");
        }

        return problem;
    }

    public static async Task<JsonNode> Is(this HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"Expected {(int)status}, and it is {(int)response.StatusCode} {text}");
        return text.Length == 0 || text[0] != '{' ? new JsonObject() : JsonNode.Parse(text)!;
    }

    public static StringContent Ndjson(params string[] lines) =>
        new(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson");

    /// <summary>Returns a body of any type; without a type if <paramref name="type"/> is null.</summary>
    public static ByteArrayContent Raw(byte[] bytes, string? type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }

    /// <summary>Returns the values of one property of every item of a list.</summary>
    public static IEnumerable<string> Values(this JsonNode list, string property) =>
        list["value"]!.AsArray().Select(item => (string)item![property]!);
}

/// <summary>Checks many rows of a table, and then fails with all rows that do not hold.</summary>
internal sealed class Rows
{
    private readonly List<string> failures = [];

    public async Task Try(string row, Func<Task> test)
    {
        try
        {
            await test();
        }
        catch (Exception failure) when (failure is XunitException or InvalidOperationException or HttpRequestException or NullReferenceException)
        {
            failures.Add($"{row}: {failure.Message}");
        }
    }

    public void AllHold() => Assert.True(failures.Count == 0, $"{failures.Count} rows do not hold:\n{string.Join('\n', failures)}");
}
