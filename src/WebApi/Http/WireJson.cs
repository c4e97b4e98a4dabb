using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Support;

namespace EngageCenter.WebApi.Http;

/// <summary>How values look on the wire.</summary>
internal static class WireJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static void Configure(JsonSerializerOptions options)
    {
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new SeverityConverter());
        options.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Rfc3339.TryParse(reader.GetString()!, out var instant)
                ? instant
                : throw new JsonException("Must be an RFC 3339 instant.");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Rfc3339.Format(value));
    }

    private sealed class SeverityConverter : JsonConverter<CaseSeverity>
    {
        public override CaseSeverity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && WireNames.Severity.TryParse(reader.GetString()!, out var severity)
                ? severity
                : throw new JsonException(WireNames.Severity.Message);

        public override void Write(Utf8JsonWriter writer, CaseSeverity value, JsonSerializerOptions options) =>
            writer.WriteStringValue(WireNames.Severity.Of(value));
    }
}
