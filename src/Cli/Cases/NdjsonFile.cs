using System.Runtime.CompilerServices;

namespace EngageCenter.Cli.Cases;

/// <summary>Reads a file of JSON lines from an offset on. Only one line is in memory. A line over the limit is not kept, only reported.</summary>
internal static class NdjsonFile
{
    /// <summary>The most bytes of an update, like in the service.</summary>
    public const int MaxLine = 64 * 1024;

    private const int Piece = 64 * 1024;

    /// <param name="from">The offset at which a line begins.</param>
    /// <param name="number">The number of the line before it.</param>
    public static async IAsyncEnumerable<CaseLine> ReadAsync(Stream file, long from, long number, [EnumeratorCancellation] CancellationToken cancellation)
    {
        file.Position = from;
        var piece = new byte[Piece];
        var line = new MemoryStream();
        var (isTooLong, position) = (false, from);
        for (int read; (read = await file.ReadAsync(piece, cancellation)) > 0;)
        {
            for (var start = 0; start < read;)
            {
                var end = Array.IndexOf(piece, (byte)'\n', start, read - start);
                var length = (end < 0 ? read : end) - start;

                // A byte order mark at the start of the file and a carriage return do not count.
                isTooLong |= line.Length + length > MaxLine + 4;
                if (!isTooLong)
                {
                    line.Write(piece, start, length);
                }

                position += length + (end < 0 ? 0 : 1);
                start += length + 1;
                if (end >= 0)
                {
                    if (Take(line, isTooLong, ++number, position) is { } complete)
                    {
                        yield return complete;
                    }

                    line.SetLength(0);
                    isTooLong = false;
                }
            }
        }

        if ((isTooLong || line.Length > 0) && Take(line, isTooLong, ++number, position) is { } last)
        {
            yield return last;
        }
    }

    /// <returns>Null for a blank line.</returns>
    private static CaseLine? Take(MemoryStream line, bool isTooLong, long number, long end)
    {
        if (isTooLong)
        {
            return new(number, end, default, $"The line has more than {MaxLine / 1024} KiB.");
        }

        var bytes = line.ToArray().AsMemory();
        if (number == 1 && bytes.Span.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        bytes = bytes.TrimEnd((byte)'\r');
        return bytes.Span.IndexOfAnyExcept(" \t\r"u8) < 0 ? null
            : bytes.Length > MaxLine ? new(number, end, default, $"The line has more than {MaxLine / 1024} KiB.")
            : new(number, end, bytes);
    }
}
