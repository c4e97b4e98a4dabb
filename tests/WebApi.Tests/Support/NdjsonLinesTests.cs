using System.IO.Pipelines;
using System.Text;
using CsCheck;
using EngageCenter.WebApi.Support;

namespace EngageCenter.WebApi.Tests.Support;

public sealed class NdjsonLinesTests
{
    private const int Limit = 8;

    [Fact]
    public void Every_chunking_of_the_bytes_gives_the_same_lines()
    {
        var text = Gen.OneOf("\n", "\r\n", "a", "bc", " ", "\r", "\t", "\uFEFF", "é", "longish").Array[0, 40].Select(string.Concat);
        var chunks = Gen.Int[1, 12].Array[1, 60];
        Gen.Select(text, chunks).Sample((t, sizes) =>
        {
            var bytes = Encoding.UTF8.GetBytes(t);
            Assert.Equal(Expected(bytes), Split(bytes, sizes));
        });
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\n \n\t\r\n", "")]
    [InlineData("a\nb", "a|b")]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("\uFEFFa\n\uFEFFb", "a|\uFEFFb")]
    [InlineData("12345678\n123456789\n1", "12345678|!|1")]
    [InlineData("12345678\r\nx", "12345678|x")]
    [InlineData("\uFEFF12345678\r\nx", "12345678|x")]
    [InlineData("1234567890123456789012345", "!")]
    [InlineData("         \nx", "x")]
    public void Lines_are_split_blank_ones_skipped_and_long_ones_reported(string text, string expected) =>
        Assert.Equal(expected, Split(Encoding.UTF8.GetBytes(text), [3]));

    [Fact]
    public async Task At_most_one_line_is_held()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64, resumeWriterThreshold: 32, minimumSegmentSize: 16));
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                await pipe.Writer.WriteAsync("xxxxxxxxxx"u8.ToArray());
            }

            await pipe.Writer.WriteAsync("\nend\n"u8.ToArray());
            await pipe.Writer.CompleteAsync();
        });

        var lines = new List<NdjsonLine>();
        await foreach (var line in NdjsonLines.Read(pipe.Reader, Limit))
        {
            lines.Add(line);
        }

        await writing;
        Assert.Equal([true, false], lines.Select(l => l.IsTooLong));
    }

    // Splits everything at once, in the simplest way.
    private static string Expected(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (text.StartsWith('\uFEFF'))
        {
            text = text[1..];
        }

        var lines = text.Split('\n')
            .Select(l => l.EndsWith('\r') ? l[..^1] : l)
            .Where(l => l.Trim(' ', '\t', '\r').Length > 0 || Encoding.UTF8.GetByteCount(l) > Limit + 1)
            .Select(l => Encoding.UTF8.GetByteCount(l) > Limit ? "!" : l);
        return string.Join('|', lines);
    }

    private static string Split(byte[] bytes, int[] sizes)
    {
        var reader = PipeReader.Create(new Chunked(bytes, sizes), new(bufferSize: 16, minimumReadSize: 1));
        var lines = new List<string>();
        foreach (var line in NdjsonLines.Read(reader, Limit).ToBlockingEnumerable())
        {
            lines.Add(line.IsTooLong ? "!" : Encoding.UTF8.GetString(line.Bytes.Span));
        }

        return string.Join('|', lines);
    }

    private sealed class Chunked(byte[] bytes, int[] sizes) : MemoryStream(bytes)
    {
        private int next;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, Size())]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, Size())], cancellationToken);

        private int Size() => sizes[next++ % sizes.Length];
    }
}
