namespace EngageCenter.Storage;

/// <summary>Computes an upper limit for the size of an entry's JSON in bytes, without writing it.</summary>
internal static class StoredSize
{
    /// <summary>The bytes of a UTF-16 code unit that the serializer escapes, as <c>\u00e9</c>.</summary>
    private const int Escaped = 6;

    /// <param name="rest">The bytes of everything except the texts: names, numbers, quotes.</param>
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
