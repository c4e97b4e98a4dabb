using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using EngageCenter.WebApi.Json;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// Answers conditional requests (RFC 9110, section 13). A resource's entity tag is its version in quotes. It is strong,
/// because a version has one representation. If the representation also shows data of others, a dot and that data follow the
/// version; a change depends on the version alone.
/// </summary>
internal static class Preconditions
{
    public static string TagOf(long version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>Returns the version at the start of a quoted tag.</summary>
    public static ReadOnlySpan<char> VersionIn(ReadOnlySpan<char> tag) => tag[1..(tag.IndexOf('.') is var dot and > 0 ? dot : tag.Length - 1)];

    /// <summary>Returns the response to a GET of one resource: 304 if the client already has it.</summary>
    /// <param name="shown">
    /// The data that the representation shows besides the version, in letters, digits and hyphens; null for none.
    /// </param>
    public static IResult Answer<T>(HttpContext http, long version, T resource, string? shown = null)
    {
        var tag = TagOf(version, shown);
        http.Response.Headers.ETag = tag;
        return IsKnown(http.Request, tag) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(resource);
    }

    /// <summary>Does the same for a resource without a version. Its ETag is a hash of the response.</summary>
    public static IResult Answer<T>(HttpContext http, T resource)
    {
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(resource, WireJson.Options));
        var tag = $"\"{Base64Url.EncodeToString(hash.AsSpan(0, 16))}\"";
        http.Response.Headers.ETag = tag;
        return IsKnown(http.Request, tag) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(resource);
    }

    /// <summary>Returns the response to a PUT: the resource with its tag.</summary>
    /// <param name="createdAt">The address of the resource if the request created it; otherwise null.</param>
    /// <param name="shown">As in the response to a GET.</param>
    public static IResult AnswerPut<T>(HttpContext http, long version, T resource, string? createdAt, string? shown = null)
    {
        http.Response.Headers.ETag = TagOf(version, shown);
        return createdAt is null ? TypedResults.Ok(resource) : TypedResults.Created(createdAt, resource);
    }

    private static string TagOf(long version, string? shown) => shown is null ? TagOf(version) : $"{TagOf(version)[..^1]}.{shown}\"";

    private static bool IsKnown(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseStrictList([.. request.Headers.IfNoneMatch.Select(v => v ?? "")], out var known)
        && known.Any(k => k.Tag == "*" || k.Tag == tag);
}
