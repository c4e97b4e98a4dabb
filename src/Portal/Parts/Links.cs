using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace EngageCenter.Portal.Parts;

/// <summary>Addresses of pages: what a page shows is in its address.</summary>
internal static class Links
{
    public static string With(string path, params IEnumerable<(string Name, string? Value)> query) =>
        QueryHelpers.AddQueryString(path, query.Where(q => !string.IsNullOrEmpty(q.Value)).Select(q => KeyValuePair.Create(q.Name, q.Value)));

    /// <summary>The cursor of the next page of a list; null on the last.</summary>
    public static string? Cursor(string? nextLink) =>
        nextLink?.IndexOf('?', StringComparison.Ordinal) is > 0 and var at ? QueryHelpers.ParseQuery(nextLink[at..])["cursor"].ToString() : null;

    /// <summary>A filter that somebody filled in; null for a blank one.</summary>
    public static string? Text(string? typed) => string.IsNullOrWhiteSpace(typed) ? null : typed.Trim();

    /// <summary>The beginning of a day (UTC) as a form sends it; null for anything else.</summary>
    public static DateTimeOffset? Day(string? typed) =>
        DateTimeOffset.TryParseExact(typed, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) ? day : null;

    /// <summary>An address of the web that somebody gave; null for anything that a browser would not simply open.</summary>
    public static string? Web(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) ? address : null;

    /// <summary>A member of an enumeration by its name, as it stands in an address; null for anything else.</summary>
    public static T? Choice<T>(string? name)
        where T : struct, Enum => Enum.TryParse<T>(name, out var value) && Enum.GetName(value) == name ? value : null;
}
