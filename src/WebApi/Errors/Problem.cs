namespace EngageCenter.WebApi.Errors;

/// <summary>A kind of refusal. All of them are defined in <see cref="Problems"/>.</summary>
/// <param name="Slug">The end of the problem's <c>type</c>, by which clients tell problems apart.</param>
/// <param name="Detail">The detail text, unless the endpoint gives a more specific one.</param>
/// <param name="RetryAfter">The seconds after which a client may try again.</param>
internal sealed record Problem(int Status, string Slug, string Title, string Detail, int? RetryAfter = null)
{
    public string Type => $"/problems/{Slug}";

    /// <param name="members">Further members of the response that help a client to act.</param>
    public IResult Answer(string? detail = null, params ReadOnlySpan<(string Name, object? Value)> members) =>
        new ProblemResult(this, detail, [.. members]);
}
