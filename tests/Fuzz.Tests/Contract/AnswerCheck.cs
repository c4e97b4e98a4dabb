using System.Text;
using System.Text.Json;

namespace EngageCenter.Fuzz.Contract;

/// <summary>An answer as it came over the wire.</summary>
/// <param name="ContentType">Without parameters; null if there is none.</param>
internal sealed record Answer(int Status, string? ContentType, byte[] Body, string? ETag, bool Closes)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>Holds an answer to what the document says of its operation.</summary>
internal sealed class AnswerCheck(ApiDocument document)
{
    private static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>What is wrong with the answer; null if it is as the document says.</returns>
    /// <param name="operation">Null if the address is no operation's: then it is a problem, but none of a fault.</param>
    public string? Check(ApiOperation? operation, string method, Answer answer)
    {
        if (answer.Status >= 500 && answer.Status != 503)
        {
            return $"answered {answer.Status}";
        }

        // A request that the server itself cannot read, as docs/use/http-status.md says.
        if (answer is { Status: 400 or 414 or 431, Body.Length: 0, Closes: true, ContentType: null })
        {
            return null;
        }

        if (operation is null || method != operation.Method)
        {
            return answer.Status >= 400 && method != "HEAD" ? Problem(answer, null) : null;
        }

        if (!operation.Responses.TryGetValue(answer.Status, out var declared))
        {
            return $"answered {answer.Status}, which the document does not declare";
        }

        if (answer.Status >= 400)
        {
            return Problem(answer, declared);
        }

        if (declared.Contents.Count == 0)
        {
            return answer.Body.Length == 0 ? null : $"answered {answer.Status} with a body, and the document declares none";
        }

        if (answer.ContentType is null || !declared.Contents.TryGetValue(answer.ContentType, out var schema))
        {
            return $"answered {answer.Status} as '{answer.ContentType}', which the document does not declare";
        }

        return answer.ContentType switch
        {
            "text/csv" or "application/x-ndjson" => Utf8(answer),

            // Cut anywhere, also within a character.
            "text/event-stream" => answer.Text.StartsWith(":\n\n", StringComparison.Ordinal) || method == "HEAD" ? null : "answered no stream of events",
            _ => Json(answer, schema),
        };
    }

    private string? Problem(Answer answer, ApiResponse? declared)
    {
        if (answer.ContentType != "application/problem+json")
        {
            return $"answered {answer.Status} as '{answer.ContentType}', not as a problem";
        }

        var schema = declared?.Contents.GetValueOrDefault("application/problem+json") ?? default;
        if (declared is not null && schema.ValueKind == JsonValueKind.Undefined)
        {
            return $"answered {answer.Status} as a problem, which the document does not declare";
        }

        if (declared is not null && Json(answer, schema) is { } fault)
        {
            return fault;
        }

        var problem = JsonElement.Parse(answer.Body);
        var slug = problem.GetProperty("type").GetString()!["/problems/".Length..];
        return problem.GetProperty("status").GetInt32() != answer.Status ? $"answered {answer.Status}, and its problem has another status"
            : declared is { Slugs.Count: > 0 } && !declared.Slugs.Contains(slug) ? $"answered {answer.Status} {slug}, which the document does not name"
            : null;
    }

    private string? Json(Answer answer, JsonElement schema)
    {
        if (Utf8(answer) is { } fault)
        {
            return fault;
        }

        try
        {
            return document.Schemas.Check(schema, JsonElement.Parse(answer.Body)) is { } wrong ? $"answered {answer.Status}, and {wrong}" : null;
        }
        catch (JsonException malformed)
        {
            return $"answered {answer.Status} with what is no JSON: {malformed.Message}";
        }
    }

    private static string? Utf8(Answer answer)
    {
        try
        {
            strict.GetCharCount(answer.Body);
            return null;
        }
        catch (ArgumentException)
        {
            return $"answered {answer.Status} with bytes that are no UTF-8";
        }
    }
}
