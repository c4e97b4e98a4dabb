using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using EngageCenter.Cli.Output;

namespace EngageCenter.Cli.Audit;

/// <summary>
/// Checks that an export has all events from the first one on, and that it continues an earlier export or a kept head. At most two
/// events are in memory.
/// </summary>
internal static class AuditVerification
{
    /// <summary>The most bytes of an event. Changes of agreements are the largest.</summary>
    public const int MaxEvent = 4 * 1024 * 1024;

    /// <param name="earlier">An earlier export of the same trail, if there is one.</param>
    /// <param name="head">The head of an earlier export, if there is one.</param>
    /// <returns>The whole trail.</returns>
    /// <exception cref="EngageException">The trail is broken. The message says where.</exception>
    public static async Task<AuditChain> VerifyAsync(Stream export, Stream? earlier, (long Last, string Hash)? head, CancellationToken cancellation)
    {
        var (chain, before) = (new AuditChain(), new AuditChain());
        await using var lines = earlier is null ? null : LinesAsync(earlier, cancellation).GetAsyncEnumerator(cancellation);
        var hasMore = lines is not null;
        await foreach (var line in LinesAsync(export, cancellation))
        {
            if (chain.Add(line) is { } problem)
            {
                throw Broken(problem);
            }

            hasMore = hasMore && await NextAsync();
            if ((hasMore && before.Hash != chain.Hash) || (head?.Last == chain.Last && head?.Hash != chain.Hash))
            {
                throw Broken(hasMore && before.Hash != chain.Hash
                    ? $"Event {chain.Last} is not the one of the earlier export."
                    : $"Event {chain.Last} or an earlier one was changed: its hash is {chain.Hash}, not that of the given head.");
            }
        }

        while (hasMore && await NextAsync())
        {
        }

        if (earlier is not null && before.Last == 0)
        {
            throw EngageException.Wrong("The earlier export has no events, so nothing can be compared with it.");
        }

        var last = Math.Max(before.Last, head?.Last ?? 0);
        if (chain.Last == 0 && last == 0)
        {
            throw Broken("It has no events, and a trail begins when its workspace is set up.");
        }

        return chain.Last >= last ? chain : throw Broken($"The newest events are missing: it ends with event {chain.Last}, and event {last} was there.");

        async Task<bool> NextAsync() => await lines!.MoveNextAsync()
            && (before.Add(lines.Current) is not { } problem ? true : throw EngageException.Wrong($"The earlier export is broken. {Clean.Line(problem)}"));
    }

    /// <returns>Null if the text is not a head.</returns>
    public static (long Last, string Hash)? ReadHead(string text) =>
        text.Split(':') is [var id, { Length: 64 } hash] && hash.All(char.IsAsciiHexDigit)
            && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && last > 0
                ? (last, hash.ToLowerInvariant())
                : null;

    private static EngageException Broken(string problem) => new(ExitCodes.No, $"The trail is broken. {Clean.Line(problem)}");

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(Stream export, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = PipeReader.Create(export, new(bufferSize: 64 * 1024, leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                yield return Bounded(buffer.Slice(0, end));
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (read.IsCompleted)
            {
                if (!buffer.IsEmpty)
                {
                    yield return Bounded(buffer);
                }

                break;
            }

            Bounded(buffer.Length);
            reader.AdvanceTo(buffer.Start, buffer.End);
        }

        await reader.CompleteAsync();
    }

    private static ReadOnlyMemory<byte> Bounded(ReadOnlySequence<byte> line)
    {
        Bounded(line.Length);
        return line.ToArray();
    }

    private static void Bounded(long length)
    {
        if (length > MaxEvent)
        {
            throw EngageException.Wrong($"A line has more than {MaxEvent / 1024 / 1024} MiB, which no event has.");
        }
    }
}
