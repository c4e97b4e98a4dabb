using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace EngageCenter.WebApi.Support;

/// <param name="Bytes">Without its end; empty where the line is too long.</param>
internal readonly record struct NdjsonLine(ReadOnlyMemory<byte> Bytes, bool IsTooLong);

/// <summary>
/// Splits a stream into its lines, whatever the pieces it comes in. Holds one line at most; of a longer one than
/// <see cref="MaxLineBytes"/> it keeps nothing but the fact. Blank lines are passed over.
/// </summary>
internal static class NdjsonLines
{
    /// <summary>Bytes of one line, without its end.</summary>
    public const int MaxLineBytes = CaseUpdate.MaxBytes;

    public static async IAsyncEnumerable<NdjsonLine> Read(
        PipeReader reader, int maxLineBytes = MaxLineBytes, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var skipping = false;
        var first = true;
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Take(buffer.Slice(0, end), maxLineBytes, skipping, ref first);
                (buffer, skipping) = (buffer.Slice(buffer.GetPosition(1, end)), false);
                if (line is { } complete)
                {
                    // What has been handed out is ours, since the caller may take long.
                    yield return complete;
                }
            }

            // One byte more, for a carriage return that may turn out to end it, and three for a mark at the very start.
            if (buffer.Length > maxLineBytes + (first ? 4 : 1))
            {
                (buffer, skipping) = (buffer.Slice(buffer.End), true);
            }

            if (read.IsCompleted)
            {
                if ((skipping || !buffer.IsEmpty) && Take(buffer, maxLineBytes, skipping, ref first) is { } last)
                {
                    yield return last;
                }

                reader.AdvanceTo(buffer.End);
                yield break;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static NdjsonLine? Take(ReadOnlySequence<byte> line, int maxLineBytes, bool skipping, ref bool first)
    {
        var isFirst = first;
        first = false;
        if (skipping || line.Length > maxLineBytes + 4)
        {
            return new(default, IsTooLong: true);
        }

        var bytes = line.ToArray().AsMemory();
        if (isFirst && bytes.Span.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        if (bytes.Span is [.., (byte)'\r'])
        {
            bytes = bytes[..^1];
        }

        return bytes.Span.IndexOfAnyExcept(" \t\r"u8) < 0 ? null
            : bytes.Length > maxLineBytes ? new(default, IsTooLong: true)
            : new(bytes, IsTooLong: false);
    }
}
