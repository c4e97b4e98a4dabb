using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.Storage;

/// <summary>One string for all equal ones: what a workspace keeps names the same few products, packages and people.</summary>
internal sealed class StringPool
{
    /// <summary>Strings that are remembered; at more it starts anew, and what was shared stays shared.</summary>
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
