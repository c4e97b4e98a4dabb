using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EngageCenter.Fuzz.Contract;

/// <summary>An operation of the served OpenAPI document.</summary>
/// <param name="Template">The path with its parameters in braces.</param>
/// <param name="AppRole">The app role that its description names; null if it is for persons.</param>
internal sealed record ApiOperation(
    string Method,
    string Template,
    IReadOnlyList<ApiParameter> Parameters,
    IReadOnlyDictionary<string, ApiContent> Bodies,
    IReadOnlyDictionary<int, ApiResponse> Responses,
    string? AppRole,
    bool IsSecured)
{
    /// <summary>GET and HEAD change nothing, whatever they answer, and neither do questions by AuthZEN.</summary>
    public bool IsRead => Method is "GET" or "HEAD" || Template.StartsWith("/access/v1/", StringComparison.Ordinal);

    /// <summary>Whether a bad item of a body is refused by itself, and the request is not.</summary>
    public bool JudgesItems => Bodies.Count > 1 || Template == "/access/v1/evaluations";

    public override string ToString() => $"{Method} {Template}";
}

/// <param name="In">path, query or header.</param>
internal sealed record ApiParameter(string Name, string In, JsonElement Schema);

internal sealed record ApiContent(JsonElement Schema, JsonElement? Example);

/// <param name="Contents">The schema for each content type.</param>
/// <param name="Slugs">The problems that the description names.</param>
internal sealed record ApiResponse(IReadOnlyDictionary<string, JsonElement> Contents, IReadOnlySet<string> Slugs);

/// <summary>The OpenAPI document of the service: what it says of each operation, and nothing else, is what the fuzzer holds it to.</summary>
internal sealed partial class ApiDocument
{
    private ApiDocument(JsonElement root)
    {
        Root = root;
        Schemas = new(root);
        Operations = [.. root.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => Read(path.Name, operation.Name, operation.Value)))];
    }

    public JsonElement Root { get; }

    public SchemaCheck Schemas { get; }

    public IReadOnlyList<ApiOperation> Operations { get; }

    public static ApiDocument Parse(string json) => new(JsonElement.Parse(json));

    public ApiOperation Find(string method, string template) => Operations.Single(o => o.Method == method && o.Template == template);

    private ApiOperation Read(string path, string method, JsonElement operation)
    {
        var description = operation.TryGetProperty("description", out var text) ? text.GetString()! : "";
        return new(
            method.ToUpperInvariant(),
            path,
            [.. Items(operation, "parameters").Select(Resolve).Select(p => new ApiParameter(p.GetProperty("name").GetString()!, p.GetProperty("in").GetString()!, p.GetProperty("schema")))],
            operation.TryGetProperty("requestBody", out var body)
                ? Resolve(body).GetProperty("content").EnumerateObject().ToDictionary(
                    c => c.Name, c => new ApiContent(c.Value.GetProperty("schema"), c.Value.TryGetProperty("example", out var example) ? example : null))
                : new Dictionary<string, ApiContent>(),
            operation.GetProperty("responses").EnumerateObject().ToDictionary(r => int.Parse(r.Name, CultureInfo.InvariantCulture), r => Response(Resolve(r.Value))),
            AppRole().Match(description) is { Success: true } role ? role.Groups["role"].Value : null,
            operation.TryGetProperty("security", out var security) && security.GetArrayLength() > 0);
    }

    private static ApiResponse Response(JsonElement response) => new(
        response.TryGetProperty("content", out var content)
            ? content.EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetProperty("schema"))
            : new Dictionary<string, JsonElement>(),
        Slug().Matches(response.GetProperty("description").GetString()!).Select(m => m.Groups["slug"].Value).ToHashSet());

    private JsonElement Resolve(JsonElement element) => Schemas.Resolve(element);

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) ? items.EnumerateArray() : default;

    [GeneratedRegex("app role `(?<role>[^`]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex AppRole();

    [GeneratedRegex("^`(?<slug>[a-z-]+)`:", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Slug();
}
