using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EngageCenter.Cli.Cases;

/// <summary>Maps the columns of a CSV file to the fields of a case. Without a map, columns must have the names of the fields.</summary>
internal sealed record CaseMap
{
    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        RespectNullableAnnotations = true,
    };

    private static readonly string[] texts = ["caseId", "title", "status", "severity", "product", "cloud", "location", "primaryContact"];
    private static readonly string[] instants = ["lastUpdatedAt", "createdAt", "firstResponseAt", "resolvedAt", "closedAt"];

    public static IReadOnlyList<string> Fields { get; } = [.. texts, .. instants, "revision", "slaMet"];

    /// <summary>The column of each field.</summary>
    public Dictionary<string, string> Columns { get; init; } = [];

    /// <summary>For each field, the service's value for a value of the file. Other values stay as they are.</summary>
    public Dictionary<string, Dictionary<string, string>> Values { get; init; } = [];

    /// <summary>For each field, the value if the file has none.</summary>
    public Dictionary<string, string> Defaults { get; init; } = [];

    /// <summary>Texts that count as no value, besides the empty text.</summary>
    public List<string> Empty { get; init; } = [];

    /// <summary>The .NET format of the file's instants, in UTC; null for RFC 3339.</summary>
    public string? Instants { get; init; }

    /// <summary>For each field, the statuses for which the file's value is used.</summary>
    public Dictionary<string, List<string>> OnlyWithStatus { get; init; } = [];

    public static CaseMap Read(string path)
    {
        CaseMap map;
        try
        {
            map = JsonSerializer.Deserialize<CaseMap>(File.ReadAllBytes(path), json) ?? new();
        }
        catch (JsonException malformed)
        {
            // Only messages about JSON syntax are shown. The others name types of this program.
            throw EngageException.Wrong(malformed.InnerException is JsonException syntax ? $"{path} is not JSON: {syntax.Message}" : NoMap(path, malformed.Path), malformed);
        }

        foreach (var (part, field) in map.Values.Where(v => v.Value is null).Select(v => ("values", v.Key)).Concat(map.OnlyWithStatus.Where(s => s.Value is null).Select(s => ("onlyWithStatus", s.Key))))
        {
            throw EngageException.Wrong(NoMap(path, $"$.{part}.{field}"));
        }

        foreach (var field in map.Columns.Keys.Concat(map.Values.Keys).Concat(map.Defaults.Keys).Concat(map.OnlyWithStatus.Keys).Where(f => !Fields.Contains(f)))
        {
            throw EngageException.Wrong($"{path}: a case has no field '{field}'. There are: {string.Join(", ", Fields)}.");
        }

        return map;
    }

    /// <summary>Returns the index of the column for each field that the file has.</summary>
    /// <exception cref="EngageException">A mapped column is missing, or no column is known.</exception>
    public Dictionary<string, int> Places(string[] header)
    {
        if (Columns.Count == 0)
        {
            var places = header.Select((name, place) => (Field: Fields.FirstOrDefault(f => string.Equals(f, name.Trim(), StringComparison.OrdinalIgnoreCase)), name, place)).ToList();
            return places.Find(p => p.Field is null) is { name: { } unknown }
                ? throw EngageException.Wrong($"A case has no field '{Output.Clean.Line(unknown)}', which is a column of the file. There are: {string.Join(", ", Fields)}. '--map FILE' says which column is which field.")
                : places.DistinctBy(p => p.Field).ToDictionary(p => p.Field!, p => p.place);
        }

        return Columns.ToDictionary(c => c.Key, c => Array.IndexOf(header, c.Value) is >= 0 and var place
            ? place
            : throw EngageException.Wrong($"The file has no column '{Output.Clean.Line(c.Value)}'."));
    }

    /// <summary>Returns a row as the JSON of a case. The service checks the values.</summary>
    public byte[] Json(Dictionary<string, int> places, string[] row)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            var status = Value("status", places, row);
            writer.WriteStartObject();
            foreach (var field in Fields)
            {
                if (Value(field, places, row) is { } value && (!OnlyWithStatus.TryGetValue(field, out var with) || with.Contains(status ?? "")))
                {
                    Write(writer, field, value);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string NoMap(string path, string? place) =>
        $"{path} is no map of columns: '{Output.Clean.Line(place)}' has a name or a value that a map does not have. A map has columns, values, defaults, empty, instants and onlyWithStatus; samples/case-map.json is one.";

    private string? Value(string field, Dictionary<string, int> places, string[] row)
    {
        var value = places.TryGetValue(field, out var place) && place < row.Length ? row[place] : "";

        // The service's own CSV puts an apostrophe before a text that a spreadsheet would take for a formula.
        if (value is ['\'', '=' or '+' or '-' or '@' or '\t' or '\r', ..])
        {
            value = value[1..];
        }

        if (value.Length == 0 || Empty.Contains(value))
        {
            return Defaults.GetValueOrDefault(field);
        }

        return Values.TryGetValue(field, out var names) && names.TryGetValue(value, out var name) ? name : value;
    }

    private void Write(Utf8JsonWriter writer, string field, string value)
    {
        if (field == "revision" && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var revision))
        {
            writer.WriteNumber(field, revision);
        }
        else if (field == "slaMet" && bool.TryParse(value, out var isMet))
        {
            writer.WriteBoolean(field, isMet);
        }
        else if (Instants is { } format && instants.Contains(field)
            && DateTimeOffset.TryParseExact(value, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
        {
            writer.WriteString(field, instant);
        }
        else
        {
            writer.WriteString(field, value);
        }
    }
}
