namespace EngageCenter.Storage;

/// <summary>Bounds how many bytes the JSON of an entry has, without writing it.</summary>
internal static class StoredSize
{
    /// <summary>Bytes of a UTF-16 code unit that the serializer escapes, as <c>\u00e9</c>.</summary>
    private const int Escaped = 6;

    /// <param name="rest">Bytes of everything but the texts: names, numbers, quotes.</param>
    public static int Of(int rest, params ReadOnlySpan<string?> texts)
    {
        var bytes = rest;
        foreach (var text in texts)
        {
            foreach (var unit in text ?? string.Empty)
            {
                bytes += char.IsAsciiLetterOrDigit(unit) || unit is ' ' or '-' or '.' or '/' or ':' or '_' or '@' ? 1 : Escaped;
            }
        }

        return bytes;
    }
}
