using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace EngageCenter.WebApi.Support;

/// <param name="Number">The line's number, from 1. Blank lines are counted.</param>
/// <param name="Bytes">The line without its end; empty if it is too long.</param>
internal readonly record struct NdjsonLine(long Number, ReadOnlyMemory<byte> Bytes, bool IsTooLong);

/// <summary>
/// Splits a stream into lines, whatever pieces it arrives in. Holds at most one line, and nothing of a line longer than
/// <see cref="MaxLineBytes"/>. Skips blank lines.
/// </summary>
internal static class NdjsonLines
{
    /// <summary>The maximum size of a line without its end, in bytes.</summary>
    public const int MaxLineBytes = CaseUpdate.MaxBytes;

    public static async IAsyncEnumerable<NdjsonLine> Read(
        PipeReader reader, int maxLineBytes = MaxLineBytes, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var skipping = false;
        var number = 0L;
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Take(buffer.Slice(0, end), maxLineBytes, skipping, ++number);
                (buffer, skipping) = (buffer.Slice(buffer.GetPosition(1, end)), false);
                if (line is { } complete)
                {
                    // The line is a copy, because the caller may keep it after the reader has advanced.
                    yield return complete;
                }
            }

            // One byte more for a carriage return before the line feed, and three more for a byte order mark at the very
            // start.
            if (buffer.Length > maxLineBytes + (number == 0 ? 4 : 1))
            {
                (buffer, skipping) = (buffer.Slice(buffer.End), true);
            }

            if (read.IsCompleted)
            {
                if ((skipping || !buffer.IsEmpty) && Take(buffer, maxLineBytes, skipping, ++number) is { } last)
                {
                    yield return last;
                }

                reader.AdvanceTo(buffer.End);
                yield break;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static NdjsonLine? Take(ReadOnlySequence<byte> line, int maxLineBytes, bool skipping, long number)
    {
        if (skipping || line.Length > maxLineBytes + 4)
        {
            return new(number, default, IsTooLong: true);
        }

        var bytes = line.ToArray().AsMemory();
        if (number == 1 && bytes.Span.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        if (bytes.Span is [.., (byte)'\r'])
        {
            bytes = bytes[..^1];
        }

        return bytes.Span.IndexOfAnyExcept(" \t\r"u8) < 0 ? null
            : bytes.Length > maxLineBytes ? new(number, default, IsTooLong: true)
            : new(number, bytes, IsTooLong: false);
    }
}
