using System.Globalization;
using System.Text;
using EngageCenter.Client.Models;

namespace EngageCenter.Portal.Parts;

/// <summary>Values in the words of the pages' language.</summary>
internal static class Show
{
    private const string None = "–";
    private static readonly CultureInfo english = CultureInfo.GetCultureInfo("en-US");

    public static string Day(DateTimeOffset? instant) => instant?.UtcDateTime.ToString("MMM d, yyyy", english) ?? None;

    public static string Number(double? value) => value?.ToString("#,0.#", english) ?? None;

    public static string Percent(double? value) => value is null ? None : $"{Number(value)} %";

    /// <summary>A duration in hours, in days from three days on.</summary>
    public static string Hours(double? hours) => hours switch
    {
        null => None,
        >= 72 => $"{Number(hours / 24)} days",
        _ => $"{Number(hours)} hours",
    };

    public static string Agreement(AgreementType? type) => type switch
    {
        AgreementType.EnterpriseSupportMca => "Enterprise Support",
        AgreementType.DigitalNativeSupport => "Digital Native Support",
        _ => "Workload",
    };

    /// <summary>A name of the API as words: <c>WaitingForCustomer</c> is 'Waiting for customer'.</summary>
    public static string Words(string? name) => Split(name, char.ToLowerInvariant);

    /// <summary>The same as a title: <c>SupportUser</c> is 'Support User'.</summary>
    public static string Title(string? name) => Split(name, c => c);

    private static string Split(string? name, Func<char, char> begin)
    {
        var words = new StringBuilder();
        foreach (var c in name ?? "")
        {
            _ = char.IsUpper(c) && words.Length > 0 ? words.Append(' ').Append(begin(c)) : words.Append(c);
        }

        return words.ToString();
    }
}
