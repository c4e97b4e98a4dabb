using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Cli.Cases;
using EngageCenter.Support;

namespace EngageCenter.Cli.Tests;

[Collection(nameof(CliService))]
public sealed class ImportTests(CliService service)
{
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(3);

    [RealLogFact]
    public async Task A_real_log_whose_import_is_killed_three_times_ends_with_the_insights_of_a_clean_run()
    {
        var (killed, clean) = (await service.WorkspaceAsync("killed"), await service.WorkspaceAsync("clean"));
        using var shell = service.NewApplication();
        string[] import = ["cases", "import", RealLog.File!, "--map", CliService.Sample("case-map.json"), "--rejected", shell.File("rejected.ndjson"), "--json", "--batch"];
        var length = new FileInfo(RealLog.File!).Length;
        foreach (var part in (double[])[0.2, 0.45, 0.7])
        {
            await using var process = shell.Start([.. import, "20", "-w", killed]);
            await Until.True(() => Task.FromResult(process.HasEnded || Offset(shell) > part * length), bound, $"{part:P0} of the log is in");
            Assert.False(process.HasEnded, $"{process}");
            await process.Kill();
        }

        await using var last = shell.Start([.. import, "20", "-w", killed]);
        Assert.True(await last.Ended() == 0, $"{last}");
        Assert.Contains("Going on behind line", last.Errors);
        var summary = JsonNode.Parse(last.Output)!;
        Assert.Equal((5_999L, 0L), ((long)summary["lines"]!, (long)summary["rejected"]!));
        Assert.Equal(5_998L, (long)summary["applied"]! + (long)summary["ignored"]!);

        var all = (await shell.RunAsync([.. import, "1000", "-w", clean])).With(0).Json;
        Assert.Equal(5_998L, (long)all["applied"]! + (long)all["ignored"]!);
        var (one, other) = (await InsightsAsync(killed), await InsightsAsync(clean));
        Assert.Equal(890, (int)one["totals"]!["opened"]!);
        Assert.True(JsonNode.DeepEquals(one, other), $"{one}\n{other}");
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task Rejected_lines_go_to_a_file_with_their_number_and_reason_and_block_nothing(string end)
    {
        var workspace = await service.WorkspaceAsync("rejected");
        using var shell = service.NewApplication();
        var file = shell.File("cases.ndjson");
        string[] lines = ["\uFEFF" + Case("A-1"), "", "not JSON", Case("A-2").Replace("\"Azure\"", "null"), $"{{\"caseId\":\"{new string('x', 70_000)}\"}}", Case("A-3")];
        await File.WriteAllTextAsync(file, string.Join(end, lines), new UTF8Encoding(false));

        // Places in a batch and lines of the file are not the same.
        var said = (await shell.RunAsync("cases", "import", file, "-w", workspace, "--batch", "2")).With(1);
        Assert.StartsWith("2 applied, 0 ignored", said.Out);
        Assert.Contains("3 rejected", said.Out);
        var rejected = (await File.ReadAllLinesAsync($"{file}.rejected.ndjson")).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal([3, 4, 5], rejected.Select(r => (int)r["line"]!));
        Assert.Equal("not JSON", (string)rejected[0]["update"]!);
        Assert.NotNull(rejected[1]["errors"]!["product"]);
        Assert.Contains("64 KiB", $"{rejected[2]["errors"]}");

        // What is mended is imported, and then there is nothing rejected any more.
        await File.WriteAllTextAsync(file, Case("A-2"));
        Assert.StartsWith("1 applied, 0 ignored", (await shell.RunAsync("cases", "import", file, "-w", workspace)).With(0).Out);
        Assert.False(File.Exists($"{file}.rejected.ndjson"));
    }

    [Fact]
    public async Task A_busy_service_is_given_the_time_that_it_asks_for()
    {
        var workspace = await service.WorkspaceAsync("busy");
        var answers = new Queue<HttpResponseMessage>([Busy(HttpStatusCode.ServiceUnavailable, "7"), Busy(HttpStatusCode.TooManyRequests, "3"), Busy(HttpStatusCode.BadGateway, null), new(HttpStatusCode.Unauthorized)]);
        using var shell = service.NewApplication();
        var time = new Impatient();
        (shell.Connection, shell.Time) = (() => new Answering(answers), time);
        var said = await ImportAsync(shell, workspace);

        // The fourth: no new token helps once it was tried, and what was taken is remembered.
        Assert.Contains("engage login", said.With(3).Error);
        Assert.Contains("The service is busy (503); going on in 7 s.", said.Error);
        Assert.Equal([7, 3, 4], time.Waits.Select(w => w.TotalSeconds));

        answers.Enqueue(new(HttpStatusCode.Unauthorized));
        Assert.StartsWith("1 applied", (await ImportAsync(shell, workspace)).With(0).Out);
    }

    [Fact]
    public async Task A_service_that_stays_away_ends_the_import_which_can_go_on_later()
    {
        var workspace = await service.WorkspaceAsync("away");
        using var shell = service.NewApplication();
        (shell.Connection, shell.Time) = (() => new Answering(new(Enumerable.Range(0, 30).Select(_ => Busy(HttpStatusCode.ServiceUnavailable, "900")))), new Impatient());
        Assert.Contains("too busy", (await ImportAsync(shell, workspace)).With(4).Error);
        Assert.All(((Impatient)shell.Time).Waits, wait => Assert.Equal(TimeSpan.FromMinutes(2), wait));
        shell.Connection = null;
        Assert.StartsWith("1 applied", (await ImportAsync(shell, workspace)).With(0).Out);
    }

    [Theory]
    [InlineData("caseId,colour\n", "no field 'colour'", "cases.csv")]
    [InlineData("", "empty", "cases.csv")]
    [InlineData("caseId\n\"never closed\n", "not closed", "cases.csv")]
    [InlineData("{}", "--format", "cases.txt")]
    [InlineData("caseId\n", "'--map' is for CSV", "cases.ndjson", "--map", "map.json")]
    [InlineData("caseId\n", "no column 'elsewhere'", "cases.csv", "--map", "map.json")]
    [InlineData("caseId\n", "no field 'nonsense'", "cases.csv", "--map", "nonsense.json")]
    [InlineData("caseId\n", "none.json", "cases.csv", "--map", "none.json")]
    [InlineData("caseId\n", "Rejected lines cannot be written", "cases.csv", "--rejected", "/proc/x")]
    [InlineData("caseId\n", "--batch must be", "cases.csv", "--batch", "0")]
    [InlineData("caseId\n", "--batch must be", "cases.csv", "--batch", "1001")]
    [InlineData(null, "no file", "cases.csv")]
    public async Task Input_that_is_wrong_changes_nothing_and_says_what_to_do(string? content, string says, string name, params string[] more)
    {
        using var shell = service.NewApplication();
        if (content is not null)
        {
            // Beyond any field's bound, where a quote is not closed.
            await File.WriteAllTextAsync(shell.File(name), content.EndsWith("closed\n", StringComparison.Ordinal) ? content + new string('x', 200_000) : content);
        }

        await File.WriteAllTextAsync(shell.File("map.json"), """{ "columns": { "caseId": "elsewhere" } }""");
        await File.WriteAllTextAsync(shell.File("nonsense.json"), """{ "columns": { "nonsense": "caseId" } }""");
        var arguments = more.Select(m => m.EndsWith(".json", StringComparison.Ordinal) ? shell.File(m) : m);
        Assert.Contains(says, (await shell.RunAsync(["cases", "import", shell.File(name), "-w", service.Workspace, .. arguments])).With(2).Error);
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("""{ "columns": 5 }""", "'$.columns'")]
    [InlineData("""{ "columns": null }""", "'$.columns'")]
    [InlineData("""{ "columns": { "caseId": 5 } }""", "'$.columns.caseId'")]
    [InlineData("""{ "colums": {} }""", "'$.colums'")]
    [InlineData("""{ "values": { "status": null } }""", "'$.values.status'")]
    [InlineData("""{ "onlyWithStatus": { "closedAt": null } }""", "'$.onlyWithStatus.closedAt'")]
    public async Task Unusable_map_is_refused_in_words_of_the_map(string map, string says)
    {
        using var shell = service.NewApplication();
        await File.WriteAllTextAsync(shell.File("map.json"), map);
        await File.WriteAllTextAsync(shell.File("cases.csv"), "caseId,status,closedAt\nA-1,New,never\n");
        var error = (await shell.RunAsync("cases", "import", shell.File("cases.csv"), "--map", shell.File("map.json"), "-w", service.Workspace)).With(2).Error;
        Assert.Contains(says, error);
        Assert.DoesNotContain("System.", error);
        Assert.DoesNotContain("EngageCenter.", error);
    }

    [Fact]
    public async Task File_that_was_named_for_rejected_lines_stays()
    {
        var workspace = await service.WorkspaceAsync("named");
        using var shell = service.NewApplication();
        await File.WriteAllTextAsync(shell.File("cases.ndjson"), Case("A-1"));
        await File.WriteAllTextAsync(shell.File("rejected"), "of an import before");
        (await shell.RunAsync("cases", "import", shell.File("cases.ndjson"), "--rejected", shell.File("rejected"), "-w", workspace)).With(0);
        Assert.Equal("", await File.ReadAllTextAsync(shell.File("rejected")));
    }

    [Fact]
    public async Task Answer_that_is_cut_is_asked_for_again()
    {
        var workspace = await service.WorkspaceAsync("cut");
        using var shell = service.NewApplication();
        (shell.Connection, shell.Time) = (() => new Answering(new([Cut.Answer("application/json")])), new Impatient());
        var said = (await ImportAsync(shell, workspace)).With(0);
        Assert.StartsWith("1 applied", said.Out);
        Assert.Contains("cannot be reached", said.Error);
    }

    [Fact]
    public async Task A_row_is_read_on_from_where_the_one_before_it_ends()
    {
        var text = "\uFEFFcaseId,title\r\nA-1,\"two\r\nlines, é\"\r\n\r\nA-2,plain\nA-3,\"\"\"\"\nA-4,last";
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var all = await ReadAsync(0, 0);
        Assert.Equal(["A-1", "A-2", "A-3", "A-4"], all.Select(Id));
        Assert.Equal(file.Length, all[^1].End);
        foreach (var (line, rest) in all.Select((line, place) => (line, all[(place + 1)..])))
        {
            Assert.Equal(rest.Select(r => (r.Number, r.End, Id(r))), (await ReadAsync(line.End, line.Number)).Select(r => (r.Number, r.End, Id(r))));
        }

        async Task<List<CaseLine>> ReadAsync(long from, long number)
        {
            List<CaseLine> lines = [];
            await foreach (var line in CsvFile.ReadAsync(file, new(), from, number, CancellationToken.None))
            {
                lines.Add(line);
            }

            return lines;
        }

        static string Id(CaseLine line) => JsonDocument.Parse(line.Json).RootElement.GetProperty("caseId").GetString()!;
    }

    [Fact]
    public async Task A_line_without_an_end_takes_no_memory()
    {
        using var file = new Endless(64 * 1024 * 1024);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        List<CaseLine> lines = [];
        await foreach (var line in NdjsonFile.ReadAsync(file, 0, 0, CancellationToken.None))
        {
            lines.Add(line);
        }

        Assert.Equal((1L, file.Length, true), Assert.Single(lines) is var only ? (only.Number, only.End, only.Fault is not null) : default);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 16 * 1024 * 1024);
    }

    [Fact]
    public async Task A_file_that_was_changed_is_imported_from_its_beginning()
    {
        using var shell = service.NewApplication();
        var file = new FileInfo(shell.File("cases.ndjson"));
        await File.WriteAllTextAsync(file.FullName, "one\n");
        file.Refresh();
        var saved = shell.File("progress.json");
        (ImportProgress.Begin(file) with { Offset = 2, Number = 1 }).Save(saved);
        Assert.Equal(2, ImportProgress.Read(saved, file)!.Offset);

        await File.WriteAllTextAsync(file.FullName, "another\n");
        Assert.Null(ImportProgress.Read(saved, new(file.FullName)));
        await File.WriteAllTextAsync(saved, "{");
        Assert.Null(ImportProgress.Read(saved, file));
    }

    private async Task<JsonObject> InsightsAsync(string workspace)
    {
        using var adele = await service.SignedInAsync("adele", isUsing: false);
        var insights = (await adele.RunAsync("insights", "--from", "2016-01-01", "--to", "2017-03-01", "--json", "-w", workspace)).With(0).Json.AsObject();
        insights.Remove("workspaceId");
        insights.Remove("generatedAt");
        return insights;
    }

    private static async Task<Said> ImportAsync(Shell shell, string workspace)
    {
        await File.WriteAllTextAsync(shell.File("one.ndjson"), Case("A-1"));
        return await shell.RunAsync("cases", "import", shell.File("one.ndjson"), "-w", workspace, "--from-start");
    }

    private static string Case(string id) =>
        $$"""{"caseId":"{{id}}","revision":1,"lastUpdatedAt":"2026-07-02T12:00:00Z","createdAt":"2026-07-01T08:00:00Z","title":"Slow","status":"New","severity":"B","product":"Azure"}""";

    private static long Offset(Shell shell)
    {
        var folder = Path.Combine(shell.Home, "engage", "imports");
        return Directory.Exists(folder) && Directory.GetFiles(folder, "*.json") is [var file] ? JsonNode.Parse(File.ReadAllBytes(file))!["Offset"]!.GetValue<long>() : 0;
    }

    private static HttpResponseMessage Busy(HttpStatusCode status, string? retryAfter)
    {
        var answer = new HttpResponseMessage(status);
        if (retryAfter is not null)
        {
            answer.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return answer;
    }

    /// <summary>Answers by itself as long as it has answers, and then lets the service answer.</summary>
    private sealed class Answering(Queue<HttpResponseMessage> answers) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answers.TryDequeue(out var answer) ? Task.FromResult(answer) : base.SendAsync(request, cancellationToken);
    }

    /// <summary>A file of one line.</summary>
    private sealed class Endless(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            buffer.AsSpan(offset, read).Fill((byte)'x');
            Position += read;
            return read;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = (int)Math.Min(buffer.Length, length - Position);
            buffer.Span[..read].Fill((byte)'x');
            Position += read;
            return new(read);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
