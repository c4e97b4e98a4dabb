using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CsCheck;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Support;

namespace EngageCenter.Fuzz.Parsing;

/// <summary>Lines of support cases, out of any bytes in pieces of any size.</summary>
public class CaseLineTests
{
    private const int MaxLine = 600;

    private const string Case = """{"caseId":"SR-1","revision":3,"lastUpdatedAt":"2026-07-02T12:00:00Z","createdAt":"2026-07-01T08:00:00Z","title":"Sign-in is slow 😀","status":"Closed","severity":"1","product":"Azure","cloud":"Public","location":"West","slaMet":true,"firstResponseAt":"2026-07-01T08:20:00.5+02:00","resolvedAt":null,"closedAt":"2026-07-02T12:00:00Z","primaryContact":"a@b"}""";

    private static readonly Gen<byte[]> bodies = Mutations.Bytes(Case, $"{Case}\n{Case}\r\n\n{Case}", $"\uFEFF{Case}", "\n\r\n \t\n", $"{Case}{Case}");

    [Fact]
    public Task Lines_are_the_same_whatever_pieces_they_come_in() => Gen.Select(bodies, Gen.Int[1, 200]).SampleAsync(async (body, piece) =>
    {
        var whole = await Lines(body, body.Length + 1);
        var pieces = await Lines(body, piece);
        Assert.Equal(whole.Select(Shown), pieces.Select(Shown));
        Assert.All(pieces, line => Assert.True(line.Bytes.Length <= MaxLine && !line.Bytes.Span.Contains((byte)'\n')));
    }, iter: Mutations.Runs / 10);

    [Fact]
    public void Accepted_case_is_accepted_again_as_it_is_written() => bodies.Sample(body =>
    {
        foreach (var line in Encoding.UTF8.GetString(body).Split('\n').Select(l => new NdjsonLine(1, Encoding.UTF8.GetBytes(l), IsTooLong: false)))
        {
            var update = CaseUpdate.Of(line);
            if (CaseIngestion.Rejection(update, 7) is { } rejected)
            {
                Assert.Equal(7, rejected.Index);
                Assert.NotEmpty(rejected.Errors);
                continue;
            }

            var written = JsonSerializer.SerializeToUtf8Bytes(CaseJson.Of(update.Case!.ToCase()), WireJson.Options);
            Assert.Equal(update, CaseUpdate.Of(new(1, written, IsTooLong: false)));
        }
    }, iter: Mutations.Runs / 4);

    // Also bytes that are no UTF-8, which the text above cannot have.
    [Fact]
    public void No_bytes_are_a_fault() => bodies.Sample(body =>
    {
        var update = CaseUpdate.Of(new NdjsonLine(1, body, IsTooLong: false));
        Assert.True(update.Case is null != update.Fault is null);
    }, iter: Mutations.Runs);

    private static string Shown(NdjsonLine line) => line.IsTooLong ? "too long" : Convert.ToHexString(line.Bytes.Span);

    private static async Task<List<NdjsonLine>> Lines(byte[] body, int piece)
    {
        var reader = PipeReader.Create(new MemoryStream(body), new StreamPipeReaderOptions(bufferSize: piece, minimumReadSize: 1));
        var lines = new List<NdjsonLine>();
        await foreach (var line in NdjsonLines.Read(reader, MaxLine))
        {
            lines.Add(line with { Bytes = line.Bytes.ToArray() });
        }

        return lines;
    }
}
