namespace EngageCenter.Paging;

/// <summary>The condition of an <c>If-Match</c> header: any existing version (<c>*</c>), or one version.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.IfMatch")]
public readonly record struct IfMatch(
    [property: Id(0)] long? Version)
{
    /// <param name="current">The current version; null if the resource does not exist.</param>
    public bool Allows(long? current) => current is not null && (Version is null || Version == current);
}
