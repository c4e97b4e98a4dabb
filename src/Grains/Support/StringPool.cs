using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.Support;

/// <summary>One string for all equal ones: the cases of a workspace name the same few products and people.</summary>
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
