using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace EngageCenter.Storage;

/// <summary>
/// Writes state to a row and reads it, for every provider: JSON whose first member has the version of the format
/// (<see cref="VersionMember"/>).
/// </summary>
/// <remarks>
/// A row is read completely or refused: it must have every member of its format once, and no other. Releases before format 1
/// wrote no version; their rows may lack members marked with <see cref="SinceFormatAttribute"/>. See decision 31.
/// </remarks>
public static class RowFormat
{
    /// <summary>The format that is written, and the newest one that can be read.</summary>
    public const int Newest = 1;

    public const string VersionMember = "$v";

    private static readonly byte[] prefix = Encoding.UTF8.GetBytes($"{{\"{VersionMember}\":{Newest}");
    private static readonly JsonSerializerOptions[] options = [.. Enumerable.Range(0, Newest + 1).Select(OptionsOf)];

    /// <exception cref="JsonException">A member of the state is null although its type does not allow it.</exception>
    public static BinaryData Write<T>(T? state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!IsObject(typeof(T)))
        {
            return new(JsonSerializer.SerializeToUtf8Bytes(state, options[Newest]));
        }

        // The object is written after the prefix, and its opening brace becomes the comma between the two.
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(prefix);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = options[Newest].Encoder }))
        {
            JsonSerializer.Serialize(writer, state, options[Newest]);
        }

        var row = buffer.WrittenSpan.ToArray();
        row[prefix.Length] = (byte)',';
        return new(row);
    }

    /// <exception cref="RowRefusedException">This release cannot read the row, or the row contradicts itself.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> row) => (T)Read(typeof(T), row);

    /// <inheritdoc cref="Read{T}"/>
    public static object Read(Type type, ReadOnlyMemory<byte> row)
    {
        object? state;
        try
        {
            var version = IsObject(type) ? VersionOf(row.Span) : Newest;
            if (version is < 0 or > Newest)
            {
                throw new RowRefusedException($"its format is {version}, and this release reads formats up to {Newest}");
            }

            state = JsonSerializer.Deserialize(row.Span, type, options[version]);
        }
        catch (JsonException e)
        {
            throw new RowRefusedException($"it is not a {type.Name} of a format up to {Newest}: {e.Message}", e);
        }

        if (state is null)
        {
            throw new RowRefusedException("it is null");
        }

        return (state as IStoredState)?.Contradiction is { } contradiction ? throw new RowRefusedException(contradiction) : state;
    }

    /// <returns>0 if the row does not start with a version.</returns>
    private static int VersionOf(ReadOnlySpan<byte> row)
    {
        var reader = new Utf8JsonReader(row);
        var isVersion = reader.Read() && reader.TokenType == JsonTokenType.StartObject
            && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(VersionMember);
        return !isVersion ? 0
            : reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var version) && version > 0 ? version
            : throw new JsonException($"{VersionMember} is not a version.");
    }

    private static bool IsObject(Type type) => options[Newest].GetTypeInfo(type).Kind == JsonTypeInfoKind.Object;

    private static JsonSerializerOptions OptionsOf(int version)
    {
        var made = new JsonSerializerOptions
        {
            // Otherwise null would be left out where a property has another initial value, and would be read back as that value.
            DefaultIgnoreCondition = JsonIgnoreCondition.Never,

            // No browser reads this. Escaped, every Cyrillic letter would take six bytes.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { type => Require(type, version) } },
        };

        // Enums are stored by name, so that they can be reordered.
        made.Converters.Add(new JsonStringEnumConverter());
        made.MakeReadOnly();
        return made;
    }

    private static void Require(JsonTypeInfo type, int version)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        foreach (var property in type.Properties)
        {
            property.IsRequired = property.Set is not null && !property.IsLeftOut() && property.Since() <= version;
        }

        if (version > 0)
        {
            // The member is known, but its value was read before and is ignored here.
            type.Properties.Add(type.CreateJsonPropertyInfo(typeof(int), VersionMember));
        }
    }

    private static bool IsLeftOut(this JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: false).Length > 0;

    private static int Since(this JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(SinceFormatAttribute), inherit: false) is [SinceFormatAttribute since] ? since.Version : 0;
}

/// <summary>Rows of formats before <paramref name="version"/> may lack the member. Then it has its initial value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SinceFormatAttribute(int version) : Attribute
{
    public int Version { get; } = version;
}

/// <summary>State that can detect contradictions in itself.</summary>
internal interface IStoredState
{
    /// <summary>Says what no release would have stored; null if there is no contradiction.</summary>
    string? Contradiction { get; }
}

/// <summary>This release cannot read a row, or the row contradicts itself. The message continues "Row … is refused:".</summary>
public sealed class RowRefusedException : Exception
{
    public RowRefusedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
