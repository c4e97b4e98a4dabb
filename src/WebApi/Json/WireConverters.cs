using System.Buffers;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Support;

namespace EngageCenter.WebApi.Json;

internal delegate bool TryParse<T>(string text, out T value);

/// <summary>Reads and writes a value that is text on the wire.</summary>
/// <param name="message">The error message for text that is not valid.</param>
internal sealed class TextConverter<T>(TryParse<T> tryParse, Func<T, string> format, string message) : JsonConverter<T>
{
    // For a type that cannot be null, null is handled here and refused as a wrong type. For a text, null means absent.
    public override bool HandleNull => default(T) is not null;

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException("Must be a string.");
        }

        if ((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) > WireJson.MaxTextBytes)
        {
            throw new JsonException($"Must have at most {WireJson.MaxTextBytes / 1024} KiB.");
        }

        try
        {
            return tryParse(reader.GetString()!, out var value) ? value : throw new JsonException(message);
        }
        catch (InvalidOperationException)
        {
            // The text contains half of a surrogate pair, or bytes that are not valid UTF-8.
            throw new JsonException(Text.UnicodeMessage);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(format(value));
}

/// <summary>Reads and writes enumerations by their exact names, never by number.</summary>
internal sealed class NameConverters : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => typeToConvert == typeof(CaseSeverity)
        ? Of(WireNames.Severity)
        : (JsonConverter)typeof(NameConverters).GetMethod(nameof(OfCode), 1, [])!.MakeGenericMethod(typeToConvert).Invoke(null, null)!;

    public static JsonConverter OfCode<TEnum>()
        where TEnum : struct, Enum => Of(WireNames.For<TEnum>());

    private static TextConverter<TEnum> Of<TEnum>(WireNames<TEnum> names)
        where TEnum : struct, Enum => new(names.TryParse, names.Of, names.Message);
}

internal sealed class FlagConverter : JsonConverter<bool>
{
    public const string Message = "Must be true or false.";

    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw new JsonException(Message);

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
}

/// <summary>
/// Reads numbers by value, whatever their notation: 50, 50.0 and 5e1 are equal. A number with more digits than a decimal
/// holds is refused, because it could not be stored exactly.
/// </summary>
/// <param name="decimals">The maximum number of decimals.</param>
internal sealed class NumberConverter<T>(int decimals, string message) : JsonConverter<T>
    where T : struct, INumber<T>, IMinMaxValue<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number
        && reader.TryGetDecimal(out var value)
        && decimal.Round(value, decimals) == value
        && value >= decimal.CreateChecked(T.MinValue) && value <= decimal.CreateChecked(T.MaxValue)
        && IsExact(reader, value)
            ? T.CreateChecked(value)
            : throw new JsonException(message);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(decimal.CreateChecked(value));

    private static bool IsExact(in Utf8JsonReader reader, decimal value)
    {
        var digits = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        digits = digits.IndexOfAny("eE"u8) is >= 0 and var exponent ? digits[..exponent] : digits;
        return digits.Length <= 28 && (value != 0 || !digits.ContainsAnyInRange((byte)'1', (byte)'9'));
    }
}
