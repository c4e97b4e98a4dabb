namespace EngageCenter.Cli.Output;

/// <summary>Cleans text that others wrote, so that a terminal does not obey it.</summary>
internal static class Clean
{
    /// <summary>Returns the text on one line, with a mark in place of each control character.</summary>
    public static string Line(string? text) => text is null ? "" : string.Create(text.Length, text, (line, source) =>
    {
        for (var i = 0; i < line.Length; i++)
        {
            // Characters that change the direction of text count as control characters.
            line[i] = source[i] is '\r' or '\n' or '\t' ? ' '
                : char.IsControl(source[i]) || source[i] is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') ? '\uFFFD' : source[i];
        }
    });
}
