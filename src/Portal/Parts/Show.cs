using System.Globalization;
using System.Text;
using EngageCenter.Client.Models;
using static EngageCenter.Portal.Texts;

namespace EngageCenter.Portal.Parts;

/// <summary>Formats values in the language of the pages, with the number format of the browser's country.</summary>
internal static class Show
{
    private const string None = "–";

    public static string Day(DateTimeOffset? instant) => instant?.UtcDateTime.ToString(DayFormat, CultureInfo.CurrentCulture) ?? None;

    /// <summary>A time to the minute, in UTC, because a page does not know where its reader is.</summary>
    public static string Instant(DateTimeOffset? instant) =>
        instant is null ? None : $"{Day(instant)}, {instant.Value.UtcDateTime.ToString("t", CultureInfo.CurrentCulture)} UTC";

    public static string Number(double? value) => value?.ToString("#,0.#", CultureInfo.CurrentCulture) ?? None;

    public static string Percent(double? value) => value is null ? None : $"{Number(value)} %";

    /// <summary>A duration in hours, or in days if it is three days or more.</summary>
    public static string Hours(double? hours) => hours switch
    {
        null => None,
        >= 72 => T("{0} days", Number(hours / 24)),
        _ => T("{0} hours", Number(hours)),
    };

    public static string Agreement(AgreementType? type) => type switch
    {
        AgreementType.EnterpriseSupportMca => T("Enterprise Support"),
        AgreementType.DigitalNativeSupport => T("Digital Native Support"),
        _ => T("Workload"),
    };

    /// <summary>A month of the API, such as 2026-03, in words.</summary>
    public static string Month(string? month) =>
        DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first) ? first.ToString("MMM yyyy", CultureInfo.CurrentCulture) : month ?? None;

    /// <summary>The member of an enumeration of the API in words: <c>WaitingForCustomer</c> is 'Waiting for customer'.</summary>
    public static string Choice<T>(T? value)
        where T : struct, Enum => value is { } known ? Choice(Enum.GetName(known)) : None;

    public static string Choice(string? name) => T(Words(name));

    /// <summary>A role, or a source of roles, as a title: <c>SupportUser</c> is 'Support User'.</summary>
    public static string Title(string? name) => T(Split(name, c => c));

    /// <summary>A name of the API as English words.</summary>
    public static string Words(string? name) => Split(name, char.ToLowerInvariant);

    private static string Split(string? name, Func<char, char> begin)
    {
        var words = new StringBuilder();
        foreach (var c in name ?? "")
        {
            _ = char.IsUpper(c) && words.Length > 0 ? words.Append(' ').Append(begin(c)) : words.Append(c);
        }

        return words.ToString();
    }

    // A country's long date without the day of the week would be too wide for a grid.
    private static string DayFormat => Language == "de" ? "d. MMM yyyy" : CultureInfo.CurrentCulture.Name is "en-US" or "en" ? "MMM d, yyyy" : "d MMM yyyy";
}
