using System.Text;
using System.Text.Json;
using EngageCenter.Fuzz.Contract;
using EngageCenter.Fuzz.Service;

namespace EngageCenter.Fuzz.Requests;

/// <summary>Makes requests for the operations of a document, from what a world knows and from what earlier answers gave.</summary>
internal sealed class RequestMaker(ApiDocument document, World world)
{
    // Enough to meet other lists' cursors and other resources' versions.
    private const int MaxKept = 200;

    private readonly JsonBodies bodies = new(document.Schemas);
    private readonly IReadOnlyList<ApiOperation> writes = [.. document.Operations.Where(o => !o.IsRead)];
    private readonly List<string> cursors = ["x", "", "AAAA", "Z3JvdXBzLw", "////"];
    private readonly List<string> tags = ["\"1\""];

    /// <summary>A request that may change something: from somebody who may do so, and mostly valid.</summary>
    public FuzzRequest Acting(Draw draw)
    {
        var operation = draw.OneOf(draw.Chance(80) ? writes : document.Operations);
        var caller = operation.AppRole is null ? draw.OneOf(world.Writers) : world.AllAppRoles;
        return Make(draw, operation, caller, draw.OneOf([BodyKind.Valid, BodyKind.Valid, BodyKind.Hostile, BodyKind.Near, BodyKind.Malformed]), plain: draw.Chance(70));
    }

    /// <summary>A read, or a request that ought to be refused: because of who sends it, or of what it is.</summary>
    public FuzzRequest Refused(Draw draw)
    {
        if (draw.Chance(3))
        {
            return Elsewhere(draw);
        }

        var operation = draw.OneOf(document.Operations);
        if (operation.IsRead)
        {
            var anybody = draw.Chance(60) ? Entitled(draw, operation) : Anybody(draw);
            var read = Make(draw, operation, anybody, Kind(draw), plain: draw.Chance(20));
            return draw.Chance(5) ? read with { Method = draw.OneOf(["HEAD", "OPTIONS"]) } : read;
        }

        // Lines are taken one by one: a bad one is rejected with 200.
        return draw.Chance(50) || operation.Bodies.ContainsKey("application/x-ndjson")
            ? Make(draw, operation, Powerless(draw, operation), Kind(draw), plain: draw.Chance(30))
            : Broken(draw, operation, draw.Chance(70) ? Entitled(draw, operation) : Anybody(draw));
    }

    /// <summary>Keeps what later requests can use.</summary>
    public void Learn(Answer answer)
    {
        if (answer.ETag is { } tag && tags.Count < MaxKept)
        {
            tags.Add(tag);
        }

        if (answer is { Status: 200, ContentType: "application/json" } && cursors.Count < MaxKept
            && JsonElement.Parse(answer.Body) is { ValueKind: JsonValueKind.Object } body
            && body.TryGetProperty("nextLink", out var link) && link.ValueKind == JsonValueKind.String
            && link.GetString()!.Split("cursor=") is [_, var cursor])
        {
            cursors.Add(Uri.UnescapeDataString(cursor));
        }
    }

    private static BodyKind Kind(Draw draw) => draw.OneOf([BodyKind.Valid, BodyKind.Near, BodyKind.Hostile, BodyKind.Malformed]);

    private Caller Entitled(Draw draw, ApiOperation operation) =>
        operation.AppRole is not null ? world.AllAppRoles : draw.OneOf(world.Members);

    private Caller Anybody(Draw draw) => draw.Int(0, 5) switch
    {
        0 => draw.OneOf(world.Outsiders),
        < 5 => draw.OneOf(world.Members),
        _ => draw.OneOf(world.Applications),
    };

    private Caller Powerless(Draw draw, ApiOperation operation) => draw.Int(0, 2) switch
    {
        0 => draw.OneOf(operation.AppRole is null ? world.Applications : world.Members),
        1 when operation.AppRole is { } role => draw.OneOf(world.Applications.Where(a => a != world.AllAppRoles && !a.Name.EndsWith(role, StringComparison.Ordinal)).ToList()),
        _ => draw.OneOf(world.Outsiders),
    };

    private FuzzRequest Broken(Draw draw, ApiOperation operation, Caller caller)
    {
        if (operation.Bodies.Count > 0)
        {
            return Make(draw, operation, caller, draw.OneOf([BodyKind.Near, BodyKind.Malformed]), plain: true);
        }

        var request = Make(draw, operation, caller, BodyKind.Valid, plain: true);
        return operation.Parameters.Any(p => p.Name == "If-Match") && draw.Chance(50)
            ? request with { Headers = [("If-Match", draw.OneOf(["\"99\"", "x", "\"", "W/\"1\""]))], Input = "If-Match of no version" }
            : request with { Target = Target(draw, operation, name => name == "id" ? draw.Chance(50) && operation.AppRole is null ? world.Foreign : Hostile.Text(draw) : null), Input = "a workspace of others" };
    }

    /// <param name="plain">Whether path, query and headers are as a client of good will sends them.</param>
    private FuzzRequest Make(Draw draw, ApiOperation operation, Caller caller, BodyKind kind, bool plain)
    {
        var target = Target(draw, operation, _ => !plain && draw.Chance(15) ? Hostile.Text(draw) : null) + Query(draw, operation, plain);
        var authorization = caller.Token is null && draw.Chance(60) ? draw.OneOf(Hostile.Authorizations) : caller.Authorization;
        if (!plain && caller.Token is { } token && draw.Chance(5))
        {
            authorization = $"Bearer {Spoiled(draw, token)}";
        }

        var (contentType, body) = Body(draw, operation, kind, plain);
        return new(
            operation, operation.Method, target, caller.Name, authorization, Headers(draw, operation, plain), contentType, body,
            IsChunked: body is not null && draw.Chance(20), operation.Bodies.Count > 0 ? $"{kind}" : plain ? "plain" : "hostile");
    }

    private string Target(Draw draw, ApiOperation operation, Func<string, string?> instead)
    {
        var path = operation.Template;
        foreach (var parameter in operation.Parameters.Where(p => p.In == "path"))
        {
            // An application's app role counts in every workspace.
            var known = world.Values(parameter.Name).Where(v => operation.AppRole is null || v != world.Foreign).ToList();
            var value = instead(parameter.Name) ?? (known.Count > 0 ? draw.OneOf(known) : "x");
            path = path.Replace($"{{{parameter.Name}}}", Segment(value), StringComparison.Ordinal);
        }

        return path;
    }

    private string Query(Draw draw, ApiOperation operation, bool plain)
    {
        var query = new List<string>();
        foreach (var parameter in operation.Parameters.Where(p => p.In == "query" && draw.Chance(plain ? 15 : 40)))
        {
            query.Add($"{parameter.Name}={Escaped(QueryValue(draw, parameter, plain))}");
        }

        if (!plain && draw.Chance(20))
        {
            query.Add(draw.OneOf(
                ["unknown=1", "unknown", "=", "=x", "&&", "%", "%zz=1", "a=%ff%fe", "a=%00", "%00=1", "pageSize=1&pageSize=2", "PAGESIZE=0", "cursor[]=1", "$filter=1%20eq%201", "a=%ed%a0%80", "search=a&search=b", "pageSize=+1", "pageSize=%31", $"q={new string('z', 3_000)}"]));
        }

        return query.Count == 0 ? "" : $"?{string.Join('&', query)}";
    }

    private string QueryValue(Draw draw, ApiParameter parameter, bool plain)
    {
        if (parameter.Name == "cursor")
        {
            return plain || draw.Chance(70) ? draw.OneOf(cursors) : Hostile.Text(draw);
        }

        if (!plain && draw.Chance(50))
        {
            return draw.Chance(30) ? draw.OneOf(["0", "-1", "501", "2147483648", "1e2", "5.0", " 5", "５"]) : Hostile.Text(draw);
        }

        var schema = document.Schemas.Resolve(parameter.Schema);
        if (schema.TryGetProperty("enum", out var choices))
        {
            return draw.OneOf([.. choices.EnumerateArray()]).GetString()!;
        }

        return world.Values(parameter.Name) is { Count: > 0 } known ? draw.OneOf(known)
            : schema.TryGetProperty("type", out var type) && SchemaCheck.Types(type).Contains("integer") ? $"{draw.OneOf([1, 2, 50, 500])}"
            : schema.TryGetProperty("format", out var format) && format.GetString() == "date-time" ? draw.OneOf(["2026-01-01T00:00:00Z", "2026-07-01T08:00:00+02:00", "2020-02-29T23:59:59.999Z"])
            : draw.OneOf(["a", "Contoso", "user", "azure"]);
    }

    private List<(string Name, string Value)> Headers(Draw draw, ApiOperation operation, bool plain)
    {
        var headers = new List<(string, string)>();
        foreach (var parameter in operation.Parameters.Where(p => p.In == "header" && draw.Chance(plain ? 10 : 40)))
        {
            headers.Add((parameter.Name, plain || draw.Chance(40) ? draw.OneOf(tags) : draw.OneOf(Hostile.EntityTags)));
        }

        if (!plain)
        {
            if (draw.Chance(20))
            {
                headers.Add(("Accept", draw.OneOf(Hostile.Accepts)));
            }

            if (draw.Chance(10))
            {
                headers.Add(draw.OneOf(
                    [("X-Request-ID", "a\u00e9b"), ("If-None-Match", draw.OneOf(Hostile.EntityTags)), ("If-Match", draw.OneOf(Hostile.EntityTags)), ("If-Modified-Since", "yesterday"), ("Range", "bytes=0-1"),
                     ("X-HTTP-Method-Override", "DELETE"), ("X-Forwarded-For", "127.0.0.1"), ("X-Original-URL", "/v1/agreements/f0-1"), ("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip, br"), ("Origin", "https://evil.example"),
                     ("traceparent", "00-00000000000000000000000000000000-0000000000000000-00"), ("traceparent", "x"), ("Cookie", "a=b"), ("Accept-Language", "tr-TR"), ("Host", "evil.example"), ("X-Long", new string('h', 8_000))]));
            }
        }
        else if (operation.Responses.GetValueOrDefault(200)?.Contents.ContainsKey("text/csv") == true && draw.Chance(30))
        {
            headers.Add(("Accept", "text/csv"));
        }

        return headers;
    }

    private (string? ContentType, byte[]? Body) Body(Draw draw, ApiOperation operation, BodyKind kind, bool plain)
    {
        if (operation.Bodies.Count == 0 || world.Example(operation) is not { } example)
        {
            return !plain && draw.Chance(5) ? ("application/json", "{}"u8.ToArray()) : (null, null);
        }

        var schema = operation.Bodies["application/json"].Schema;
        if (operation.Bodies.TryGetValue("application/x-ndjson", out var lines) && draw.Chance(50))
        {
            var item = example.AsObject().First().Value!.AsArray()[0]!;
            var body = new List<byte>();
            for (var count = draw.Int(0, 6); count > 0; count--)
            {
                body.AddRange(bodies.Make(draw, lines.Schema, item, kind));
                body.AddRange(draw.OneOf<byte[]>(["\n"u8.ToArray(), "\r\n"u8.ToArray(), "\n\n"u8.ToArray(), "\r"u8.ToArray()]));
            }

            return ("application/x-ndjson", [.. body]);
        }

        var contentType = !plain && draw.Chance(10) ? draw.OneOf(Hostile.ContentTypes) : "application/json";
        return !plain && draw.Chance(3) ? (contentType, null) : (contentType, bodies.Make(draw, schema, example, kind));
    }

    // No operation's address, or none of its methods.
    private FuzzRequest Elsewhere(Draw draw)
    {
        var target = draw.Int(0, 3) switch
        {
            0 => Target(draw, draw.OneOf(document.Operations), _ => draw.OneOf(["..", "%2e%2e", ".", "a%2Fb", "%2F", "", "a//b"])),
            1 => draw.OneOf(["/", "//", "/v1", "/v1/", "/V1/ME", "/v1/me/", "/v1/workspaces", "/v2/me", "/openapi/v1.json.bak", "/openapi/../v1/me", "/problems/", "/health/live/x", "/.well-known/x", "/v1/me;a=b", "/%", "/%zz", "/\\..\\", "/dashboard", "/scalar/../v1/me"]),
            2 => $"/{Segment(Hostile.Text(draw))}",
            _ => draw.OneOf(document.Operations).Template,
        };
        var caller = Anybody(draw);
        return new(null, draw.OneOf(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "PROPFIND", "X"]), target, caller.Name, caller.Authorization, [], null, null, IsChunked: false, "no operation");
    }

    private static string Spoiled(Draw draw, string token)
    {
        var characters = token.ToCharArray();
        // Of the last one some bits are no part of the signature.
        characters[draw.Int(0, characters.Length - 2)] = draw.OneOf(['A', 'z', '.', '-', ' ']);
        return new(characters);
    }

    // Dots alone would be a step up or none at all, which makes it another address.
    private static string Segment(string value) => value is "" or "." or ".." ? "%5F" : Escaped(value);

    private static string Escaped(string value)
    {
        var text = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            text.Append(char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~' ? ((char)b).ToString() : $"%{b:X2}");
        }

        return text.ToString();
    }
}
