using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EngageCenter.Storage;

/// <summary>Makes and parses the names of rows, for grains with more than one row. No other code does.</summary>
internal static class RowNames
{
    /// <summary>The name of the rows of an audit trail, without the number.</summary>
    public const string Audit = "audit";

    private const string HeadSuffix = "-head";
    private const string EndSuffix = "-end";

    /// <summary>Returns the name of a numbered row.</summary>
    public static string Numbered(string name, long number) => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");

    /// <summary>Returns the name of the row that says where a log begins.</summary>
    public static string Head(string log) => log + HeadSuffix;

    /// <summary>Returns the name of the row that says how far a log reaches.</summary>
    public static string End(string log) => log + EndSuffix;

    /// <summary>Returns the name of a technology's recommendations, without the number. There are two rows, used in turn.</summary>
    public static string Recommendations(string technology) => $"recommendations-{technology}";

    /// <summary>Parses the name of a numbered row.</summary>
    public static bool TryParse(string row, [NotNullWhen(true)] out string? name, out int number)
    {
        var dash = row.LastIndexOf('-');
        (name, number) = (null, 0);
        if (dash < 1 || !int.TryParse(row.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        name = row[..dash];
        return true;
    }

    /// <returns>Null if the row is neither the head nor the end of a log.</returns>
    public static string? LogOf(string row) =>
        row.EndsWith(HeadSuffix, StringComparison.Ordinal) ? row[..^HeadSuffix.Length]
        : row.EndsWith(EndSuffix, StringComparison.Ordinal) ? row[..^EndSuffix.Length]
        : null;
}
