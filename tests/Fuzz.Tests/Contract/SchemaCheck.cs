using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EngageCenter.Fuzz.Contract;

/// <summary>
/// Checks a JSON value against a schema of the document. Stricter than JSON Schema in one way: an object may not have members
/// that its schema does not name. It knows the keywords that the document uses, and fails on any other, so that none is passed
/// over in silence.
/// </summary>
internal sealed class SchemaCheck(JsonElement document)
{
    public JsonElement Resolve(JsonElement element)
    {
        while (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out var reference))
        {
            var target = document;
            foreach (var step in reference.GetString()!.Split('/').Skip(1))
            {
                target = target.GetProperty(step);
            }

            element = target;
        }

        return element;
    }

    /// <returns>The first thing that does not agree, with its place; null if the value is valid.</returns>
    /// <exception cref="NotSupportedException">The schema has a keyword that this check does not know.</exception>
    public string? Check(JsonElement schema, JsonElement value, string at = "$")
    {
        schema = Resolve(schema);
        foreach (var keyword in schema.EnumerateObject())
        {
            if (Check(schema, keyword.Name, keyword.Value, value, at) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private string? Check(JsonElement schema, string keyword, JsonElement says, JsonElement value, string at)
    {
        switch (keyword)
        {
            case "description" or "default" or "example" or "examples" or "title" or "deprecated" or "readOnly":
                return null;
            case "type":
                return Types(says).Any(t => IsOfType(t, value)) ? null : $"{at} is {Short(value)}, not of type {says}";
            case "enum":
                return says.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)) ? null : $"{at} is {Short(value)}, not one of {says}";
            case "const":
                return JsonElement.DeepEquals(says, value) ? null : $"{at} is {Short(value)}, not {says}";
            case "properties":
                return Properties(schema, says, value, at);
            case "required":
                return value.ValueKind != JsonValueKind.Object ? null
                    : says.EnumerateArray().Select(n => n.GetString()!).FirstOrDefault(n => !value.TryGetProperty(n, out _)) is { } missing ? $"{at} lacks '{missing}'" : null;
            case "additionalProperties":
                // With 'properties' beside it, those see to the members that they name.
                return value.ValueKind != JsonValueKind.Object || says.ValueKind != JsonValueKind.Object ? null : value.EnumerateObject()
                    .Where(m => !schema.TryGetProperty("properties", out var named) || !named.TryGetProperty(m.Name, out _))
                    .Select(m => Check(says, m.Value, $"{at}['{m.Name}']")).FirstOrDefault(f => f is not null);
            case "items":
                return value.ValueKind != JsonValueKind.Array ? null : value.EnumerateArray()
                    .Select((item, i) => Check(says, item, $"{at}[{i}]")).FirstOrDefault(f => f is not null);
            case "oneOf":
                var faults = says.EnumerateArray().Select(choice => Check(choice, value, at)).ToList();
                return faults.Count(f => f is null) == 1 ? null : $"{at} is {faults.Count(f => f is null)} of its choices: {string.Join("; ", faults.OfType<string>())}";
            case "anyOf":
                return says.EnumerateArray().Any(choice => Check(choice, value, at) is null) ? null : $"{at} is {Short(value)}, none of its choices";
            case "allOf":
                return says.EnumerateArray().Select(part => Check(part, value, at)).FirstOrDefault(f => f is not null);
            case "format":
                return value.ValueKind is JsonValueKind.String or JsonValueKind.Number && !HasFormat(says.GetString()!, value) ? $"{at} is {Short(value)}, no {says}" : null;
            case "minimum":
                return value.ValueKind == JsonValueKind.Number && value.GetDecimal() < Number(says) ? $"{at} is {Short(value)}, below {says}" : null;
            case "maximum":
                return value.ValueKind == JsonValueKind.Number && value.GetDecimal() > Number(says) ? $"{at} is {Short(value)}, above {says}" : null;
            case "multipleOf":
                return value.ValueKind == JsonValueKind.Number && value.GetDecimal() % Number(says) != 0 ? $"{at} is {Short(value)}, no multiple of {says}" : null;
            case "minLength":
                return value.ValueKind == JsonValueKind.String && Length(value) < says.GetInt32() ? $"{at} is {Short(value)}, shorter than {says}" : null;
            case "maxLength":
                return value.ValueKind == JsonValueKind.String && Length(value) > says.GetInt32() ? $"{at} is {Short(value)}, longer than {says}" : null;
            case "pattern":
                return value.ValueKind == JsonValueKind.String && !Regex.IsMatch(value.GetString()!, says.GetString()!, RegexOptions.ECMAScript)
                    ? $"{at} is {Short(value)}, not of the pattern {says}" : null;
            case "minItems":
                return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() < says.GetInt32() ? $"{at} has fewer than {says} items" : null;
            case "maxItems":
                return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > says.GetInt32() ? $"{at} has more than {says} items" : null;
            case "uniqueItems":
                return value.ValueKind == JsonValueKind.Array && says.GetBoolean()
                    && value.EnumerateArray().Select(i => i.GetRawText()).Distinct().Count() < value.GetArrayLength() ? $"{at} has an item twice" : null;
            default:
                throw new NotSupportedException($"The document has the keyword '{keyword}' at {at}, which {nameof(SchemaCheck)} does not know.");
        }
    }

    private string? Properties(JsonElement schema, JsonElement properties, JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (properties.TryGetProperty(member.Name, out var expected))
            {
                if (Check(expected, member.Value, $"{at}.{member.Name}") is { } fault)
                {
                    return fault;
                }
            }
            else if (!schema.TryGetProperty("additionalProperties", out _))
            {
                return $"{at} has '{member.Name}', which the document does not name";
            }
        }

        return null;
    }

    public static IEnumerable<string> Types(JsonElement says) =>
        says.ValueKind == JsonValueKind.Array ? says.EnumerateArray().Select(t => t.GetString()!) : [says.GetString()!];

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number,
        _ => throw new NotSupportedException($"The document has the type '{type}'."),
    };

    private static bool HasFormat(string format, JsonElement value) => format switch
    {
        "int32" => value.TryGetInt32(out _),
        "int64" => value.TryGetInt64(out _),
        "double" => value.TryGetDouble(out var number) && double.IsFinite(number),
        "date-time" => Instant.IsMatch(value.GetString()!) && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "date" => DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "uuid" => Guid.TryParseExact(value.GetString(), "D", out _),
        "uri" => Uri.TryCreate(value.GetString(), UriKind.Absolute, out _),
        "uri-reference" => Uri.TryCreate(value.GetString(), UriKind.RelativeOrAbsolute, out _),
        "email" => value.GetString()!.Contains('@', StringComparison.Ordinal),
        "duration" => value.GetString()!.StartsWith('P'),
        _ => throw new NotSupportedException($"The document has the format '{format}'."),
    };

    // In code points, as JSON Schema counts.
    private static int Length(JsonElement value) => value.GetString()!.EnumerateRunes().Count();

    // Microsoft.OpenApi writes bounds as numbers or as text.
    private static decimal Number(JsonElement says) =>
        says.ValueKind == JsonValueKind.Number ? says.GetDecimal() : decimal.Parse(says.GetString()!, CultureInfo.InvariantCulture);

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 100 } text ? $"{text[..100]}…" : value.GetRawText();

    private static readonly Regex Instant = new(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", RegexOptions.ECMAScript | RegexOptions.Compiled);
}
