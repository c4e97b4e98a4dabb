using System.Collections.Immutable;

namespace EngageCenter.Paging;

/// <param name="Size">1 to <see cref="MaxSize"/>.</param>
/// <param name="After">The <see cref="Page{T}.Next"/> of the previous page; null for the first page.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PageRequest")]
public readonly record struct PageRequest(
    [property: Id(0)] int Size,
    [property: Id(1)] string? After)
{
    public const int DefaultSize = 50;
    public const int MaxSize = 500;

    /// <summary>The greatest length of <see cref="After"/> in any list, in characters.</summary>
    public const int MaxAfterLength = 512;
}

/// <param name="Next">The <see cref="PageRequest.After"/> of the next request; null on the last page.</param>
/// <param name="TotalCount">The number of items on all pages.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Page`1")]
public sealed record Page<T>(
    [property: Id(0)] ImmutableArray<T> Items,
    [property: Id(1)] string? Next,
    [property: Id(2)] int TotalCount);
