using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Fuzz.Contract;

namespace EngageCenter.Fuzz.Requests;

/// <summary>What a body is meant to be.</summary>
internal enum BodyKind
{
    /// <summary>The example with other values that its schema allows.</summary>
    Valid,

    /// <summary>Valid but for one thing, by which it breaks the schema.</summary>
    Near,

    /// <summary>With one value that may be valid or not, or be no JSON at all.</summary>
    Hostile,

    /// <summary>No JSON, or not what the body has to be at all.</summary>
    Malformed,
}

/// <summary>Makes bodies out of an example and its schema.</summary>
internal sealed class JsonBodies(SchemaCheck schemas)
{
    private const string Marker = "@the-raw-value@";
    private static readonly byte[] quotedMarker = Encoding.UTF8.GetBytes($"\"{Marker}\"");
    private static readonly string[] words = ["Contoso", "Überprüfung", "中文", "workshop 7", "a", "Emoji \U0001F600", "x-1"];

    private sealed record Place(JsonNode? Parent, string? Name, int Index, JsonElement Schema, JsonElement Declared, bool IsRequired);

    public byte[] Make(Draw draw, JsonElement schema, JsonNode example, BodyKind kind)
    {
        var root = new JsonObject { ["root"] = example.DeepClone() };
        var places = new List<Place>();
        Walk(root, "root", -1, schema, isRequired: false, places);
        switch (kind)
        {
            case BodyKind.Valid:
                for (var changes = draw.Int(0, 3); changes > 0; changes--)
                {
                    Vary(draw, draw.OneOf(places));
                }

                return Bytes(root, null);
            case BodyKind.Near:
                return Break(draw, root, places);
            case BodyKind.Hostile:
                return Bytes(root, HostileAt(draw, draw.OneOf(places)));
            default:
                return Malformed(draw, Bytes(root, null));
        }
    }

    private void Walk(JsonNode parent, string? name, int index, JsonElement schema, bool isRequired, List<Place> places)
    {
        schema = schemas.Resolve(schema);
        var declared = schema;
        var value = name is not null ? parent[name] : parent[index];
        if (value is not null && schema.TryGetProperty("oneOf", out var choices))
        {
            var element = JsonSerializer.SerializeToElement(value);
            schema = schemas.Resolve(choices.EnumerateArray().FirstOrDefault(c => schemas.Check(c, element) is null, schema));
        }

        places.Add(new(parent, name, index, schema, declared, isRequired));
        if (value is JsonObject members && schema.TryGetProperty("properties", out var properties))
        {
            var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()).ToHashSet() : [];
            foreach (var property in properties.EnumerateObject().Where(p => members.ContainsKey(p.Name)))
            {
                Walk(members, property.Name, -1, property.Value, required.Contains(property.Name), places);
            }
        }
        else if (value is JsonArray items && schema.TryGetProperty("items", out var item))
        {
            for (var i = 0; i < Math.Min(items.Count, 3); i++)
            {
                Walk(items, null, i, item, isRequired: false, places);
            }
        }
    }

    private static void Vary(Draw draw, Place place)
    {
        if (draw.Chance(15) && !place.IsRequired && place.Parent is JsonObject parent && place.Name is not null and not "root")
        {
            parent.Remove(place.Name);
            return;
        }

        if (ValueOf(draw, place.Schema) is { } value)
        {
            Set(place, value);
        }
    }

    // Null if only the example's own value is known to be valid.
    private static JsonNode? ValueOf(Draw draw, JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out var choices))
        {
            return JsonNode.Parse(draw.OneOf(choices.EnumerateArray().Where(c => c.ValueKind != JsonValueKind.Null).ToList()).GetRawText());
        }

        var format = schema.TryGetProperty("format", out var f) ? f.GetString() : null;
        return (schema.TryGetProperty("type", out var type) ? SchemaCheck.Types(type).First(t => t != "null") : "", format) switch
        {
            ("boolean", _) => draw.Chance(50),
            ("integer", _) => draw.Int((int)Bound(schema, "minimum", 1), (int)Bound(schema, "maximum", 5)),
            ("number", _) => draw.Int(0, 1_000) / 4m,
            ("string", "date-time") => $"20{draw.Int(10, 30)}-{draw.Int(1, 12):00}-{draw.Int(1, 28):00}T{draw.Int(0, 23):00}:00:00Z",
            ("string", "date") => $"20{draw.Int(10, 24)}-{draw.Int(1, 12):00}-{draw.Int(1, 28):00}",
            ("string", null) when draw.Chance(50) => draw.OneOf(words),
            _ => null,
        };
    }

    private byte[] Break(Draw draw, JsonNode root, List<Place> places)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var place = draw.OneOf(places);
            if (place.IsRequired && draw.Chance(40))
            {
                ((JsonObject)place.Parent!).Remove(place.Name!);
                return Bytes(root, null);
            }

            if (Wrong(draw, place.Schema, place.Declared) is { } wrong)
            {
                Set(place, Marker);
                return Bytes(root, Encoding.UTF8.GetBytes(wrong));
            }
        }

        return "[]"u8.ToArray();
    }

    // A value that the schema does not allow, nor any other choice of where it is declared.
    private string? Wrong(Draw draw, JsonElement schema, JsonElement declared)
    {
        List<string> candidates = ["true", "12", "\"text\"", "{}", "[]", "[1]", "1.5", "-1", "\"\"", "99999999999", "\"2026-13-01T00:00:00Z\"", "\"none\""];
        if (schema.TryGetProperty("maxLength", out var length))
        {
            candidates.AddRange(Enumerable.Repeat($"\"{new string('y', length.GetInt32() + 1)}\"", 5));
        }

        if (schema.TryGetProperty("maximum", out _))
        {
            candidates.AddRange(Enumerable.Repeat(((long)Bound(schema, "maximum", 0) + 1).ToString(CultureInfo.InvariantCulture), 5));
        }

        if (schema.TryGetProperty("maxItems", out var items) && items.GetInt32() < 2_000)
        {
            candidates.AddRange(Enumerable.Repeat($"[{string.Join(',', Enumerable.Repeat("1", items.GetInt32() + 1))}]", 3));
        }

        var wrong = candidates.Where(c => schemas.Check(declared, JsonElement.Parse(c)) is not null).ToList();
        return wrong.Count == 0 ? null : draw.OneOf(wrong);
    }

    private static byte[] HostileAt(Draw draw, Place place)
    {
        if (draw.Chance(20) && Value(place) is JsonObject { Count: > 0 } members)
        {
            var (name, value) = draw.OneOf([.. members]);
            var again = $"{JsonSerializer.Serialize(name)}:{value?.ToJsonString() ?? "null"}";
            var rest = members.ToJsonString()[1..];
            Set(place, Marker);
            return Encoding.UTF8.GetBytes(draw.Int(0, 2) switch
            {
                0 => $"{{{again},{rest}",
                1 => $"{{{JsonSerializer.Serialize(Hostile.Text(draw))}:1,{rest}",
                _ => $"{{\"$type\":\"System.Object\",\"{name.ToUpperInvariant()}\":1,{rest}",
            });
        }

        if (draw.Chance(10) && Value(place) is JsonArray { Count: > 0 } items)
        {
            var item = items[0]?.ToJsonString() ?? "null";
            Set(place, Marker);
            return Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(item, draw.OneOf([2, 11, 101, 501, 1_001])))}]");
        }

        Set(place, Marker);
        return Hostile.Json(draw);
    }

    private static byte[] Malformed(Draw draw, byte[] valid)
    {
        switch (draw.Int(0, 9))
        {
            case 0:
                return [];
            case 1:
                return valid[..draw.Int(0, valid.Length - 1)];
            case 2:
                return [.. "\uFEFF\uFEFF"u8, .. valid];
            case 3:
                return [.. valid, .. Encoding.UTF8.GetBytes(draw.OneOf([",", "}", "x", "\0", "{}"]))];
            case 4:
                return Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(valid));
            case 5:
                return Hostile.Json(draw) is { Length: > 0 } json && json[0] != '{' ? json : "[]"u8.ToArray();
            case 6:
                return [.. "/* */"u8, .. valid];
            case 7:
                return Enumerable.Repeat((byte)' ', draw.OneOf([1, 1_000, 70_000])).ToArray();
            default:
                // A byte turned into one that stands nowhere in JSON.
                var bytes = (byte[])valid.Clone();
                bytes[draw.Int(0, bytes.Length - 1)] = draw.OneOf<byte>([0, 1, 0x7f, 0x80, 0xff]);
                return bytes;
        }
    }

    private static JsonNode? Value(Place place) => place.Name is not null ? place.Parent![place.Name] : place.Parent![place.Index];

    private static void Set(Place place, JsonNode value)
    {
        // A place above may have been replaced or removed: then this one is no longer a part of the body, and it does not matter.
        if (place.Name is not null)
        {
            place.Parent![place.Name] = value;
        }
        else if (place.Index < ((JsonArray)place.Parent!).Count)
        {
            place.Parent[place.Index] = value;
        }
    }

    private static byte[] Bytes(JsonNode root, byte[]? raw)
    {
        var bytes = Encoding.UTF8.GetBytes(root["root"]?.ToJsonString() ?? "null");
        return raw is not null && bytes.AsSpan().IndexOf(quotedMarker) is >= 0 and var at
            ? [.. bytes.AsSpan(0, at), .. raw, .. bytes.AsSpan(at + quotedMarker.Length)]
            : bytes;
    }

    private static decimal Bound(JsonElement schema, string keyword, decimal otherwise) => !schema.TryGetProperty(keyword, out var bound) ? otherwise
        : bound.ValueKind == JsonValueKind.Number ? bound.GetDecimal() : decimal.Parse(bound.GetString()!, CultureInfo.InvariantCulture);
}
