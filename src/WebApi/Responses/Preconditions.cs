using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using EngageCenter.WebApi.Json;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// The conditions of a request, RFC 9110 section 13. A resource's entity tag is its version in quotes: strong, since a
/// version stands for one representation. Where a representation also shows what others say, that is behind the version and
/// a dot; a change is bound to the version alone.
/// </summary>
internal static class Preconditions
{
    public static string TagOf(long version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>The version that a tag begins with, in quotes.</summary>
    public static ReadOnlySpan<char> VersionIn(ReadOnlySpan<char> tag) => tag[1..(tag.IndexOf('.') is var dot and > 0 ? dot : tag.Length - 1)];

    /// <summary>The answer to a GET of one resource: 304 where the client has it already.</summary>
    /// <param name="shown">What the representation shows beside the version, in letters, digits and hyphens; null for nothing.</param>
    public static IResult Answer<T>(HttpContext http, long version, T resource, string? shown = null)
    {
        var tag = shown is null ? TagOf(version) : $"{TagOf(version)[..^1]}.{shown}\"";
        http.Response.Headers.ETag = tag;
        return IsKnown(http.Request, tag) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(resource);
    }

    /// <summary>Does the same for a resource without a version. Its ETag is a hash of the answer.</summary>
    public static IResult Answer<T>(HttpContext http, T resource)
    {
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(resource, WireJson.Options));
        var tag = $"\"{Base64Url.EncodeToString(hash.AsSpan(0, 16))}\"";
        http.Response.Headers.ETag = tag;
        return IsKnown(http.Request, tag) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(resource);
    }

    /// <summary>The answer to a PUT: the resource with its tag.</summary>
    /// <param name="createdAt">Where it is, if it was not there before.</param>
    public static IResult AnswerPut<T>(HttpContext http, long version, T resource, string? createdAt)
    {
        http.Response.Headers.ETag = TagOf(version);
        return createdAt is null ? TypedResults.Ok(resource) : TypedResults.Created(createdAt, resource);
    }

    private static bool IsKnown(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseStrictList([.. request.Headers.IfNoneMatch.Select(v => v ?? "")], out var known)
        && known.Any(k => k.Tag == "*" || k.Tag == tag);
}
