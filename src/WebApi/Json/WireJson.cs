using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Json;

/// <summary>
/// Serializer options for everything on the wire. Bodies and queries are read with them, and responses are written with
/// them.
/// </summary>
internal static class WireJson
{
    /// <summary>
    /// The maximum size of one text, in bytes as received. The longest text that a rule allows, fully escaped, needs less
    /// than half of it.
    /// </summary>
    public const int MaxTextBytes = 64 * 1024;

    /// <summary>The maximum nesting of objects and arrays.</summary>
    public const int MaxDepth = 16;

    public static JsonSerializerOptions Options { get; } = Create(_ => { });

    /// <summary>For queries, where every value is text and numbers are written with digits only.</summary>
    public static JsonSerializerOptions QueryOptions { get; } = Create(options =>
    {
        options.Converters.Insert(0, new TextConverter<int>(TryParseDigits, number => number.ToString(CultureInfo.InvariantCulture), WholeMessage));
        options.Converters.Insert(0, new TextConverter<bool>(TryParseFlag, flag => flag ? "true" : "false", FlagConverter.Message));
        options.Converters.Add(new TextConverter<Cursor>(TryPlace, cursor => cursor.After, Cursor.Message));
    });

    private const string WholeMessage = "Must be a whole number.";

    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNameCaseInsensitive = false;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = MaxDepth;
        options.Converters.Add(new TextConverter<string>(Text.TryCompose, text => text, Text.UnicodeMessage));
        options.Converters.Add(new TextConverter<Guid>(Text.TryReadGuid, id => id.ToString("D"), Text.GuidMessage));
        options.Converters.Add(new TextConverter<DateTimeOffset>(Rfc3339.TryParse, Rfc3339.Format, Rfc3339.Message));
        options.Converters.Add(new TextConverter<DateOnly>(Rfc3339.TryParseDate, Rfc3339.Format, Rfc3339.DateMessage));
        options.Converters.Add(new TextConverter<TimeSpan>(Durations.TryParse, Durations.Format, Durations.Message));
        options.Converters.Add(new NameConverters());
        options.Converters.Add(new FlagConverter());
        options.Converters.Add(new NumberConverter<int>(0, WholeMessage));
        options.Converters.Add(new NumberConverter<long>(0, WholeMessage));
        options.Converters.Add(new NumberConverter<decimal>(28, "Must be a number."));
    }

    private static JsonSerializerOptions Create(Action<JsonSerializerOptions> more)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        more(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    // The cursor is already decoded, because the serializer does not know to which list it belongs.
    private static bool TryPlace(string after, out Cursor cursor)
    {
        cursor = new(after);
        return true;
    }

    private static bool TryParseFlag(string text, out bool flag)
    {
        flag = text == "true";
        return flag || text == "false";
    }

    private static bool TryParseDigits(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
