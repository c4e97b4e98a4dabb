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

    /// <summary>A member of an enumeration by its name, as it stands in an address; null for anything else.</summary>
    public static T? Choice<T>(string? name)
        where T : struct, Enum => Enum.TryParse<T>(name, out var value) && Enum.GetName(value) == name ? value : null;
}
