using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.Storage;

/// <summary>Returns one string for all equal ones: the entries of a workspace have few different products, packages and people.</summary>
internal sealed class StringPool
{
    /// <summary>The most strings that are remembered. At this limit it starts again with none; strings that are already shared stay shared.</summary>
    public const int MaxCount = 16_384;

    private readonly HashSet<string> strings = new(StringComparer.Ordinal);

    [return: NotNullIfNotNull(nameof(text))]
    public string? Share(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (strings.TryGetValue(text, out var shared))
        {
            return shared;
        }

        if (strings.Count == MaxCount)
        {
            strings.Clear();
        }

        strings.Add(text);
        return text;
    }
}
