namespace EngageCenter.Paging;

/// <summary>Estimates how many bytes of memory an item of a list takes, for the limits of pages.</summary>
internal static class Weight
{
    /// <summary>The size of an item without its texts and entries.</summary>
    public const int Item = 400;

    /// <summary>The size of an entry of a list within an item.</summary>
    public const int Entry = 100;

    public static int Of(params ReadOnlySpan<string?> texts)
    {
        var characters = 0;
        foreach (var text in texts)
        {
            characters += text?.Length ?? 0;
        }

        return Item + (sizeof(char) * characters);
    }

    public static int Entries(IEnumerable<string> texts) => texts.Sum(text => Entry + (sizeof(char) * text.Length));
}
