namespace EngageCenter.Paging;

/// <summary>An <c>If-Match</c>: any existing version (<c>*</c>), or one version.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.IfMatch")]
public readonly record struct IfMatch(
    [property: Id(0)] long? Version)
{
    /// <param name="current">The version there is, or null where there is nothing.</param>
    public bool Allows(long? current) => current is not null && (Version is null || Version == current);
}
