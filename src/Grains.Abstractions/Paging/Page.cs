using System.Collections.Immutable;

namespace EngageCenter.Paging;

/// <param name="Size">1 to <see cref="MaxSize"/>.</param>
/// <param name="After">The <see cref="Page{T}.Next"/> of the page before, null for the first.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PageRequest")]
public readonly record struct PageRequest(
    [property: Id(0)] int Size,
    [property: Id(1)] string? After)
{
    public const int DefaultSize = 50;
    public const int MaxSize = 500;

    /// <summary>The longest <see cref="After"/> that any list hands out, in characters.</summary>
    public const int MaxAfterLength = 512;
}

/// <param name="Next">What the next request says in <see cref="PageRequest.After"/>; null on the last page.</param>
/// <param name="TotalCount">The items of all pages.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Page`1")]
public sealed record Page<T>(
    [property: Id(0)] ImmutableArray<T> Items,
    [property: Id(1)] string? Next,
    [property: Id(2)] int TotalCount);
