using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EngageCenter.Storage;

/// <summary>The names of rows of which a grain has more than one: the only place that makes them and takes them apart.</summary>
internal static class RowNames
{
    /// <summary>Of the rows of an audit trail.</summary>
    public const string Audit = "audit";

    private const string HeadSuffix = "-head";

    /// <summary>A row of a numbered kind.</summary>
    public static string Numbered(string name, long number) => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");

    /// <summary>The row that says where a log begins.</summary>
    public static string Head(string log) => log + HeadSuffix;

    /// <summary>The name of a technology's recommendations, of which there are two by turns.</summary>
    public static string Recommendations(string technology) => $"recommendations-{technology}";

    /// <summary>Takes a row of a numbered kind apart.</summary>
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

    /// <returns>Null for a row that is no head.</returns>
    public static string? LogOf(string row) => row.EndsWith(HeadSuffix, StringComparison.Ordinal) ? row[..^HeadSuffix.Length] : null;
}
