using Microsoft.Kiota.Abstractions.Serialization;

namespace EngageCenter.Cli.Output;

/// <summary>Returns values without a type in the OpenAPI document as text.</summary>
internal static class Untyped
{
    /// <summary>Returns a text, or each entry of a list.</summary>
    public static IEnumerable<string> Texts(object? value) => value switch
    {
        null or UntypedNull => [],
        string text => [text],
        UntypedString { } text => [text.GetValue() ?? ""],
        UntypedArray list => list.GetValue().SelectMany(Texts),
        IEnumerable<object> list => list.SelectMany(Texts),
        _ => [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}")],
    };

    /// <summary>Returns the members of an object.</summary>
    public static IEnumerable<KeyValuePair<string, UntypedNode>> Members(UntypedNode? value) => value is UntypedObject members ? members.GetValue() : [];
}
