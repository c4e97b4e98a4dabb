namespace EngageCenter.Cli.Output;

/// <summary>Text that others wrote, for a terminal: without what a terminal would obey.</summary>
internal static class Clean
{
    /// <summary>On one line, each control character as a mark that something was there.</summary>
    public static string Line(string? text) => text is null ? "" : string.Create(text.Length, text, (line, source) =>
    {
        for (var i = 0; i < line.Length; i++)
        {
            // Beside control characters, those that turn the direction of what follows.
            line[i] = source[i] is '\r' or '\n' or '\t' ? ' '
                : char.IsControl(source[i]) || source[i] is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') ? '\uFFFD' : source[i];
        }
    });
}
