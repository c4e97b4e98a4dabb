using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// The fields of one JSON object of a request. Each reader answers with the value, or with null and, where the field
/// is wrong, an error that names it: so a request is told all of its errors at once. Unknown fields are passed over.
/// </summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly string path;
    private readonly RequestErrors errors;

    private JsonFields(string path, RequestErrors errors)
    {
        this.path = path;
        this.errors = errors;
    }

    /// <summary>The fields of a body that were read one by one.</summary>
    public static JsonFields Of(IEnumerable<KeyValuePair<string, JsonElement>> body, RequestErrors errors)
    {
        var read = new JsonFields("", errors);
        foreach (var (name, value) in body)
        {
            read.fields.Add(name, value);
        }

        return read;
    }

    /// <summary>Null where <paramref name="element"/> is no object.</summary>
    /// <param name="path">What comes before the names of its fields; empty for the body itself.</param>
    public static JsonFields? Of(JsonElement element, string path, RequestErrors errors)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(path.Length == 0 ? RequestErrors.Body : path, "Must be a JSON object.");
            return null;
        }

        var read = new JsonFields(path, errors);
        try
        {
            foreach (var property in element.EnumerateObject())
            {
                // Two readers would disagree on which of them counts.
                if (!read.fields.TryAdd(property.Name, property.Value))
                {
                    errors.Add(read.PathOf(property.Name), "Must be there once only.");
                }
            }
        }
        catch (InvalidOperationException)
        {
            errors.Add(path.Length == 0 ? RequestErrors.Body : path, "A field's name is no valid Unicode text.");
        }

        return read;
    }

    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    public void Refuse(string name, string message) => errors.Add(PathOf(name), message);

    public string? RequiredText(string name, int max) => Text(name, 1, max, required: true);

    public string? OptionalText(string name, int max) => Text(name, 1, max, required: false);

    public DateTimeOffset? RequiredInstant(string name) => ReadInstant(name, required: true);

    public DateTimeOffset? OptionalInstant(string name) => ReadInstant(name, required: false);

    public TEnum? RequiredChoice<TEnum>(string name, WireNames<TEnum> names)
        where TEnum : struct, Enum
    {
        if (!TryGet(name, required: true, out var element) || !TryGetString(name, element, out var text))
        {
            return null;
        }

        if (names.TryParse(text, out var value))
        {
            return value;
        }

        Refuse(name, names.Message);
        return null;
    }

    public bool? OptionalFlag(string name)
    {
        if (!TryGet(name, required: false, out var element))
        {
            return null;
        }

        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.GetBoolean();
        }

        Refuse(name, "Must be true or false.");
        return null;
    }

    /// <summary>A whole number from 0 up.</summary>
    public long? RequiredCount(string name)
    {
        if (!TryGet(name, required: true, out var element))
        {
            return null;
        }

        if (TryGetExact(element, 0, out var value) && value is >= 0 and <= long.MaxValue)
        {
            return (long)value;
        }

        Refuse(name, "Must be a whole number, 0 or greater.");
        return null;
    }

    public int? RequiredWhole(string name, int min, int max)
    {
        if (!TryGet(name, required: true, out var element))
        {
            return null;
        }

        if (TryGetExact(element, 0, out var value) && value >= min && value <= max)
        {
            return (int)value;
        }

        Refuse(name, $"Must be a whole number from {min} to {max}.");
        return null;
    }

    // By its value, however it is written: 50, 50.0 and 5e1 are one number. What has more digits than a decimal is rounded,
    // or is 0: then it is not the number that was sent.
    private static bool TryGetExact(JsonElement element, int decimals, out decimal value)
    {
        value = 0;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDecimal(out value) || decimal.Round(value, decimals) != value)
        {
            return false;
        }

        var digits = JsonMarshal.GetRawUtf8Value(element);
        digits = digits.IndexOfAny("eE"u8) is >= 0 and var exponent ? digits[..exponent] : digits;
        return digits.Length <= 28 && (value != 0 || !digits.ContainsAnyInRange((byte)'1', (byte)'9'));
    }

    /// <summary>What kind of value a field has that comes in several forms; null where it is absent.</summary>
    public JsonValueKind? KindOf(string name) => TryGet(name, required: false, out var element) ? element.ValueKind : null;

    /// <summary>The elements of an array with their paths; none where the field is absent or wrong.</summary>
    public IEnumerable<(string Path, JsonElement Element)> Items(string name, int min, int max)
    {
        if (!TryGet(name, required: min > 0, out var element))
        {
            return [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            Refuse(name, "Must be an array.");
            return [];
        }

        var length = element.GetArrayLength();
        if (length < min || length > max)
        {
            Refuse(name, min == 0 ? $"Must have at most {max} entries." : $"Must have {min} to {max} entries.");
            return [];
        }

        return element.EnumerateArray().Select((item, index) => ($"{PathOf(name)}[{index}]", item));
    }

    /// <summary>Refuses an array that must be there, where it is not.</summary>
    public void RequiredArray(string name)
    {
        if (TryGet(name, required: true, out _))
        {
            OptionalArray(name);
        }
    }

    /// <summary>Refuses what is no array.</summary>
    public void OptionalArray(string name) => _ = Items(name, 0, int.MaxValue);

    /// <summary>The elements of an array of texts, each of 1 to <paramref name="maxLength"/> characters.</summary>
    public IEnumerable<string> Texts(string name, int max, int maxLength)
    {
        foreach (var (itemPath, element) in Items(name, 0, max))
        {
            if (element.ValueKind != JsonValueKind.String || !TryDecode(element, out var raw))
            {
                errors.Add(itemPath, "Must be a string of valid Unicode text.");
            }
            else if (Http.Text.TryRead(raw, 1, maxLength, out var text, out var message))
            {
                yield return text;
            }
            else
            {
                errors.Add(itemPath, message);
            }
        }
    }

    private string? Text(string name, int min, int max, bool required)
    {
        if (!TryGet(name, required, out var element) || !TryGetString(name, element, out var raw))
        {
            return null;
        }

        if (Http.Text.TryRead(raw, min, max, out var text, out var message))
        {
            return text;
        }

        Refuse(name, message);
        return null;
    }

    private DateTimeOffset? ReadInstant(string name, bool required)
    {
        if (!TryGet(name, required, out var element) || !TryGetString(name, element, out var text))
        {
            return null;
        }

        if (Rfc3339.TryParse(text, out var instant))
        {
            return instant;
        }

        Refuse(name, "Must be an RFC 3339 instant such as 2026-07-01T08:00:00Z.");
        return null;
    }

    // A null is as good as an absent field.
    private bool TryGet(string name, bool required, out JsonElement element)
    {
        if (fields.TryGetValue(name, out element) && element.ValueKind != JsonValueKind.Null)
        {
            return true;
        }

        if (required)
        {
            Refuse(name, "Is required.");
        }

        return false;
    }

    private bool TryGetString(string name, JsonElement element, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (element.ValueKind != JsonValueKind.String)
        {
            Refuse(name, "Must be a string.");
            return false;
        }

        if (TryDecode(element, out text))
        {
            return true;
        }

        Refuse(name, "Must be valid Unicode text.");
        return false;
    }

    // A string that is no text (half of a surrogate pair, bytes that are no UTF-8) shows only when it is decoded.
    private static bool TryDecode(JsonElement element, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = element.GetString();
            return text is not null;
        }
        catch (InvalidOperationException)
        {
            text = null;
            return false;
        }
    }
}
