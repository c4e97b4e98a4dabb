namespace EngageCenter.WebApi.Errors;

/// <summary>A kind of refusal. Its instances are those of <see cref="Problems"/>, and no others.</summary>
/// <param name="Slug">The end of the problem's <c>type</c>, which clients go by.</param>
/// <param name="Detail">What is said where the endpoint has nothing better to say.</param>
/// <param name="RetryAfter">Seconds after which it is worth while to try again.</param>
internal sealed record Problem(int Status, string Slug, string Title, string Detail, int? RetryAfter = null)
{
    public string Type => $"/problems/{Slug}";

    /// <param name="members">What a client needs to act, beside the members that every problem has.</param>
    public IResult Answer(string? detail = null, params ReadOnlySpan<(string Name, object? Value)> members) =>
        new ProblemResult(this, detail, [.. members]);
}
