using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using EngageCenter.Paging;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Requests;

/// <summary>Binds the If-Match header as a parameter of an endpoint that changes a resource.</summary>
internal sealed class IfMatchHeader : IEndpointParameterMetadataProvider
{
    // Versions are never negative, so this one matches no resource.
    private const long None = -1;

    private readonly IList<EntityTagHeaderValue> tags = [];
    private readonly bool isPresent;
    private readonly bool isMalformed;
    private readonly bool hasIfNoneMatch;

    public IfMatchHeader(IHeaderDictionary headers)
    {
        hasIfNoneMatch = headers.IfNoneMatch.Count > 0;
        isPresent = headers.IfMatch.Count > 0;
        isMalformed = isPresent
            && (!EntityTagHeaderValue.TryParseStrictList([.. headers.IfMatch.Select(v => v ?? "")], out tags!) || tags.Count == 0
                || (tags.Count > 1 && IsAny));
    }

    private bool IsAny => tags.Any(t => t.Tag == "*");

    public static ValueTask<IfMatchHeader?> BindAsync(HttpContext http) => new(new IfMatchHeader(http.Request.Headers));

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new HeaderParameter("If-Match", "Changes the resource only if it still has one of these entity tags; * for any existing resource."));
        builder.Metadata.Add(Problems.PreconditionFailed);
    }

    public void Check(RequestErrors errors)
    {
        if (hasIfNoneMatch)
        {
            // Ignoring 'create only if absent' would overwrite an existing resource.
            errors.Add("If-None-Match", "Is supported on GET only.");
        }

        if (isMalformed)
        {
            errors.Add("If-Match", "Must be entity tags in quotes, or *.");
        }
    }

    /// <summary>
    /// Returns the condition that a grain checks; null without the header. A grain takes only one version. If the header
    /// lists several, the current one is chosen; if it is not among them, one that fails.
    /// </summary>
    /// <param name="current">Returns the current version; called only if needed.</param>
    public async Task<IfMatch?> Choose(Func<Task<long?>> current)
    {
        if (!isPresent)
        {
            return null;
        }

        if (IsAny)
        {
            return new(null);
        }

        ImmutableArray<long> versions = [.. tags.Where(t => !t.IsWeak).Select(VersionOf)];
        if (versions.Length > 1 && await current() is { } version && versions.Contains(version))
        {
            return new(version);
        }

        return new(versions is [var only] ? only : None);
    }

    /// <summary>Returns the response for a condition that is not met. <c>*</c> is met by any existing resource.</summary>
    public IResult Refusal() => Problems.PreconditionFailed.Answer(IsAny ? "If-Match is *, which requires that the resource exists, but there is none." : null);

    private static long VersionOf(EntityTagHeaderValue tag) =>
        long.TryParse(Preconditions.VersionIn(tag.Tag.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        && Preconditions.TagOf(version).AsSpan()[1..^1].SequenceEqual(Preconditions.VersionIn(tag.Tag.AsSpan()))
            ? version
            : None;
}
