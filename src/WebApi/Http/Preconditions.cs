using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Paging;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// The conditions of a request, RFC 9110 section 13. A resource's entity tag is its version in quotes: strong, since a
/// version stands for one representation.
/// </summary>
internal static class Preconditions
{
    // Versions are never negative, so this one is nobody's.
    private const long None = -1;

    public static string TagOf(long version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>The answer to a GET of one resource: 304 where the client has it already.</summary>
    public static IResult Answer<T>(HttpContext http, long version, T resource)
    {
        var tag = TagOf(version);
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

    /// <summary>What If-Match names; null where it is absent.</summary>
    public static IfMatchHeader? Read(HttpRequest request, RequestErrors errors)
    {
        if (request.Headers.IfNoneMatch.Count > 0)
        {
            // To overlook 'only if it is not there' would overwrite what is.
            errors.Add("If-None-Match", "Is honoured on GET only.");
        }

        if (request.Headers.IfMatch.Count == 0)
        {
            return null;
        }

        if (!EntityTagHeaderValue.TryParseStrictList([.. request.Headers.IfMatch.Select(v => v ?? "")], out var tags) || tags.Count == 0)
        {
            errors.Add("If-Match", "Must be entity tags in quotes, or *.");
            return null;
        }

        return tags.Any(t => t.Tag == "*") ? new(Any: true, []) : new(Any: false, [.. tags.Where(t => !t.IsWeak).Select(VersionOf)]);
    }

    private static bool IsKnown(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseStrictList([.. request.Headers.IfNoneMatch.Select(v => v ?? "")], out var known)
        && known.Any(k => k.Tag == "*" || k.Tag == tag);

    private static long VersionOf(EntityTagHeaderValue tag) =>
        long.TryParse(tag.Tag.AsSpan(1, tag.Tag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        && TagOf(version) == tag.Tag
            ? version
            : None;

    internal sealed record IfMatchHeader(bool Any, ImmutableArray<long> Versions)
    {
        /// <summary>
        /// The condition that a grain checks. It takes one version, so of several the one that is there now is chosen;
        /// where none is, whichever fails.
        /// </summary>
        /// <param name="current">The version that is there, asked only if need be.</param>
        public async Task<IfMatch> Choose(Func<Task<long?>> current)
        {
            if (Any)
            {
                return new(null);
            }

            if (Versions.Length > 1 && await current() is { } version && Versions.Contains(version))
            {
                return new(version);
            }

            return new(Versions.Length == 1 ? Versions[0] : None);
        }
    }
}
