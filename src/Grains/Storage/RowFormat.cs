using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace EngageCenter.Storage;

/// <summary>
/// How state is written to a row and read from it, whichever provider stores it: JSON, whose first member says by which
/// format it was written (<see cref="VersionMember"/>).
/// </summary>
/// <remarks>
/// A row is read whole or refused: every member of its format has to be there, once, and no other. Releases before
/// format 1 wrote no version; their rows may lack what is marked <see cref="SinceFormatAttribute"/>. See decision 31.
/// </remarks>
public static class RowFormat
{
    /// <summary>The format that is written, and the newest that is read.</summary>
    public const int Newest = 1;

    public const string VersionMember = "$v";

    private static readonly byte[] prefix = Encoding.UTF8.GetBytes($"{{\"{VersionMember}\":{Newest}");
    private static readonly JsonSerializerOptions[] options = [.. Enumerable.Range(0, Newest + 1).Select(OptionsOf)];

    /// <exception cref="JsonException">The state has null where its type does not allow it.</exception>
    public static BinaryData Write<T>(T? state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!IsObject(typeof(T)))
        {
            return new(JsonSerializer.SerializeToUtf8Bytes(state, options[Newest]));
        }

        // The object is written behind the prefix, and its brace becomes the comma between the two.
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

    /// <exception cref="RowRefusedException">The row is not one that this release can read, or contradicts itself.</exception>
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

    /// <returns>0 if the row does not begin with a version.</returns>
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
            // System.Text.Json would leave out null where a property starts as something else, and it would come back as that.
            DefaultIgnoreCondition = JsonIgnoreCondition.Never,

            // No browser reads this; escaped, every Cyrillic letter would take six bytes.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { type => Require(type, version) } },
        };

        // An enum may be reordered without changing what is stored.
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
            // Known, and passed over: it was read before.
            type.Properties.Add(type.CreateJsonPropertyInfo(typeof(int), VersionMember));
        }
    }

    private static bool IsLeftOut(this JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: false).Length > 0;

    private static int Since(this JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(SinceFormatAttribute), inherit: false) is [SinceFormatAttribute since] ? since.Version : 0;
}

/// <summary>Rows of formats before <paramref name="version"/> may lack the member, and then have what it starts as.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SinceFormatAttribute(int version) : Attribute
{
    public int Version { get; } = version;
}

/// <summary>State that can be seen to contradict itself.</summary>
internal interface IStoredState
{
    /// <summary>What no release would have stored; null if there is nothing of that kind.</summary>
    string? Contradiction { get; }
}

/// <summary>A row cannot be read by this release, or does not hold together. The message goes on from "Row … is refused:".</summary>
public sealed class RowRefusedException : Exception
{
    public RowRefusedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
