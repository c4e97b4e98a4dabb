using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace EngageCenter.Portal.Parts;

/// <summary>Reads and makes addresses of pages. Everything that a page shows is in its address.</summary>
internal static class Links
{
    public static string With(string path, params IEnumerable<(string Name, string? Value)> query) =>
        QueryHelpers.AddQueryString(path, query.Where(q => !string.IsNullOrEmpty(q.Value)).Select(q => KeyValuePair.Create(q.Name, q.Value)));

    /// <summary>Returns the cursor of the next page of a list; null on the last page.</summary>
    public static string? Cursor(string? nextLink) =>
        nextLink?.IndexOf('?', StringComparison.Ordinal) is > 0 and var at ? QueryHelpers.ParseQuery(nextLink[at..])["cursor"].ToString() : null;

    /// <summary>Returns the text of a filter; null if it is blank.</summary>
    public static string? Text(string? typed) => string.IsNullOrWhiteSpace(typed) ? null : typed.Trim();

    /// <summary>Returns the beginning of a day (UTC) from a form's value; null for anything else.</summary>
    public static DateTimeOffset? Day(string? typed) =>
        DateTimeOffset.TryParseExact(typed, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) ? day : null;

    /// <summary>Returns an address from outside if it is an http or https link; otherwise null.</summary>
    public static string? Web(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) ? address : null;

    /// <summary>Returns a member of an enumeration by its name in an address; null for anything else.</summary>
    public static T? Choice<T>(string? name)
        where T : struct, Enum => Enum.TryParse<T>(name, out var value) && Enum.GetName(value) == name ? value : null;
}
