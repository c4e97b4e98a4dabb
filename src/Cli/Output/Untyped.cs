using Microsoft.Kiota.Abstractions.Serialization;

namespace EngageCenter.Cli.Output;

/// <summary>Values that the API's document gives no type, as text.</summary>
internal static class Untyped
{
    /// <summary>A text is one; a list has its entries.</summary>
    public static IEnumerable<string> Texts(object? value) => value switch
    {
        null or UntypedNull => [],
        string text => [text],
        UntypedString { } text => [text.GetValue() ?? ""],
        UntypedArray list => list.GetValue().SelectMany(Texts),
        IEnumerable<object> list => list.SelectMany(Texts),
        _ => [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}")],
    };

    /// <summary>The members of an object, by name.</summary>
    public static IEnumerable<KeyValuePair<string, UntypedNode>> Members(UntypedNode? value) => value is UntypedObject members ? members.GetValue() : [];
}
