using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// Sends a year of a large customer's cases in one request. The environment variable <c>CASES</c> sets their number (at most
/// 500,000, the limit of a workspace); the figures are in the test's output.
/// </summary>
public sealed class ManyCasesTests(ITestOutputHelper output) : IDisposable
{
    private const string Adele = "c0000000-0000-4000-8000-000000000101";
    private const double MB = 1024 * 1024;

    /// <summary>The greatest size of a row in bytes. A usual row has as many cases as a batch: 1,000 with about 300 bytes each.</summary>
    private const long MaxRow = 1024 * 1024;

    private static readonly int count =
        Environment.GetEnvironmentVariable("CASES") is { Length: > 0 } cases ? int.Parse(cases, CultureInfo.InvariantCulture) : 100_000;

    /// <summary>
    /// The limit of the managed heap, in bytes. A kept case takes 150 bytes for its object, 240 for its id and title, and 200 for its
    /// places in three indexes and the columns; the tables sometimes double as they grow. 100,000 cases usually pass with 128 MB,
    /// never with 105, and get 191. The request's body is another 432 bytes for each case, twice as much as text and more as
    /// objects. So the whole body as text and objects would not fit.
    /// </summary>
    private static readonly long heap = (96L * 1024 * 1024) + (1_000L * count);

    /// <summary>
    /// By how many resident bytes for each case the second half of a request may exceed the first: three times what is kept, because
    /// the collector lets garbage wait.
    /// </summary>
    private const int MaxGrowth = 2_000;

    /// <summary>
    /// By how many resident bytes a repetition of the request may exceed the first one. Nothing of it is kept, so this is only the
    /// collector's growth. It is less than the request's body and does not grow with it.
    /// </summary>
    private const long MaxReplayGrowth = 32L * 1024 * 1024;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Stream_of_cases_is_applied_in_constant_memory_and_counted_exactly()
    {
        await using var host = await DevHostProcess.Start(
            new DevHostOptions(folder.Path) { Sample = false }.With("DOTNET_GCHeapHardLimit", $"0x{heap:X}"));
        using var client = host.Client();
        var automation = await client.Automation();
        var agreement = await client.Put(automation, "/v1/agreements/large", Samples.Agreement("DigitalNativeSupport", DevHostClient.Contoso, "Contoso", Adele, "unified"));
        var workspace = $"/v1/workspaces/{agreement["workspaces"]![0]!["workspaceId"]}";
        var adele = await client.Person("adele@contoso.example");
        var insights = FormattableString.Invariant($"{workspace}/support-insights?from={CaseStream.From:yyyy-MM-dd}T00:00:00Z&to={CaseStream.To:yyyy-MM-dd}T00:00:00Z");
        await client.Get(adele, insights);

        var before = host.Memory;
        var firstPeak = 0L;
        host.ResetPeak();
        using var stream = new CaseStream(count, () =>
        {
            firstPeak = host.PeakMemory;
            host.ResetPeak();
        });
        var since = Stopwatch.GetTimestamp();
        var counts = await Post(host, client, automation, workspace, stream);
        var took = Stopwatch.GetElapsedTime(since);
        var secondPeak = host.PeakMemory;

        Assert.Equal((count, 0, 0), counts);
        output.WriteLine(FormattableString.Invariant($"{count} cases, {stream.Bytes / MB:F1} MB as {stream.Bytes / count} bytes a line, in {took.TotalSeconds:F1} s: {count / took.TotalSeconds:F0} cases/s"));
        output.WriteLine(FormattableString.Invariant($"resident: {before / MB:F0} MB before, at most {firstPeak / MB:F0} MB in the first half and {secondPeak / MB:F0} MB in the second; {(secondPeak - before) / (double)count:F0} bytes a case. The heap's limit is {heap / MB:F0} MB"));

        await CheckTotals(client, adele, insights);
        await MeasureReads(client, adele, insights, workspace);
        await Export(host, client, adele, workspace);
        await Replay(host, client, automation, workspace, Math.Max(firstPeak, secondPeak));
        Assert.Equal(0, await host.Stop());
        CheckRows(host.Options.StoreFile);
        Assert.InRange(secondPeak - firstPeak, long.MinValue, MaxGrowth * (count / 2L));
        await MeasureRestart(host.Options, client, adele, insights);
    }

    public void Dispose() => folder.Dispose();

    // No case of the repeated request is new, so nothing is written or kept.
    private async Task Replay(DevHostProcess host, DevHostClient client, string token, string workspace, long peak)
    {
        host.ResetPeak();
        using var stream = new CaseStream(count, () => { });
        var since = Stopwatch.GetTimestamp();
        Assert.Equal((0, count, 0), await Post(host, client, token, workspace, stream));
        output.WriteLine(FormattableString.Invariant($"the same again in {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s, resident at most {host.PeakMemory / MB:F0} MB"));
        Assert.InRange(host.PeakMemory - peak, long.MinValue, MaxReplayGrowth);
    }

    private static async Task<(int Applied, int Ignored, int Rejected)> Post(
        DevHostProcess host, DevHostClient client, string token, string workspace, CaseStream stream)
    {
        try
        {
            using var response = await client.SendContent(HttpMethod.Post, token, $"{workspace}/support-cases", stream);
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {body}");
            var answer = JsonNode.Parse(body)!;
            return (Number(answer, "applied"), Number(answer, "ignored"), answer["rejected"]!.AsArray().Count);
        }
        catch (HttpRequestException cut)
        {
            // A refusal closes the connection while the client still writes, so only the process knows the reason.
            throw new InvalidOperationException($"{cut.Message} {host}", cut);
        }
    }

    private static async Task CheckTotals(DevHostClient client, string token, string path)
    {
        var answer = await client.Get(token, path);
        var totals = answer["totals"]!;
        var (opened, closed, open, sla, median, p90) = CaseStream.Totals(count);
        Assert.Equal((opened, closed, open), (Number(totals, "opened"), Number(totals, "closed"), Number(totals, "open")));
        Assert.Equal(sla, totals["slaMetPercent"]!.GetValue<double>(), 1e-9);
        Assert.Equal(median, totals["medianHoursToClose"]!.GetValue<double>(), 1e-9);
        Assert.Equal(p90, totals["p90HoursToClose"]!.GetValue<double>(), 1e-9);
        foreach (var part in new[] { "bySeverity", "byStatus", "byProduct" })
        {
            Assert.Equal(opened, answer[part]!.AsArray().Sum(p => Number(p!, "count")));
        }

        var months = answer["byMonth"]!.AsArray();
        Assert.Equal(12, months.Count);
        Assert.Equal((opened, closed, open), (months.Sum(m => Number(m!, "opened")), months.Sum(m => Number(m!, "closed")), Number(months[^1]!, "open")));
    }

    private async Task MeasureReads(DevHostClient client, string token, string insights, string workspace)
    {
        output.WriteLine(FormattableString.Invariant($"insights over a year, read again: {await Median(n => client.Get(token, insights)):F1} ms, median of 50"));
        output.WriteLine(FormattableString.Invariant($"insights over windows not asked for before: {await Median(n => client.Get(token, $"{workspace}/support-insights?from=2025-01-01T00:00:{n:D2}Z&to=2026-01-01T00:00:00Z")):F1} ms, median of 50"));
        output.WriteLine(FormattableString.Invariant($"a page of 50 cases: {await Median(n => client.Get(token, $"{workspace}/support-cases")):F1} ms, median of 50"));
    }

    // One page is held at a time, so like the repetition it may take only the collector's growth.
    private async Task Export(DevHostProcess host, DevHostClient client, string token, string workspace)
    {
        host.ResetPeak();
        var before = host.Memory;
        var since = Stopwatch.GetTimestamp();
        using var response = await client.Export(token, $"{workspace}/support-cases");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("caseId,", await lines.ReadLineAsync(), StringComparison.Ordinal);
        var ids = new HashSet<string>(count, StringComparer.Ordinal);
        while (await lines.ReadLineAsync() is { } line)
        {
            Assert.True(ids.Add(line[..line.IndexOf(',', StringComparison.Ordinal)]), $"Twice: {line}");
        }

        Assert.Equal(count, ids.Count);
        output.WriteLine(FormattableString.Invariant($"{count} cases as CSV in {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s, resident {before / MB:F0} MB before and at most {host.PeakMemory / MB:F0} MB"));
        Assert.InRange(host.PeakMemory - before, long.MinValue, MaxReplayGrowth);
    }

    private static async Task<double> Median(Func<int, Task> read)
    {
        List<double> times = [];
        for (var n = 0; n < 50; n++)
        {
            var since = Stopwatch.GetTimestamp();
            await read(n);
            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        return times.Order().ElementAt(times.Count / 2);
    }

    private void CheckRows(string file)
    {
        using var store = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        store.Open();
        using var command = store.CreateCommand();

        // The key of a row is 'type/key' of its grain.
        command.CommandText = """
            SELECT substr(GrainIdExtensionString, 1, instr(GrainIdExtensionString, '/') - 1) AS type, count(*), max(length(PayloadBinary))
            FROM OrleansStorage GROUP BY type ORDER BY 3 DESC
            """;
        using var rows = command.ExecuteReader();
        output.WriteLine(FormattableString.Invariant($"the store is {new FileInfo(file).Length / MB:F1} MB; rows by grain:"));
        while (rows.Read())
        {
            output.WriteLine(FormattableString.Invariant($"  {rows.GetString(0),-16} {rows.GetInt64(1),6} rows, the largest {rows.GetInt64(2),7} bytes"));
            Assert.InRange(rows.GetInt64(2), 1, MaxRow);
        }
    }

    private async Task MeasureRestart(DevHostOptions options, DevHostClient client, string token, string insights)
    {
        await using var host = await DevHostProcess.Start(options);
        var since = Stopwatch.GetTimestamp();
        await CheckTotals(client, token, insights);
        output.WriteLine(FormattableString.Invariant($"first insights after a restart, which reads all cases: {Stopwatch.GetElapsedTime(since).TotalMilliseconds:F0} ms"));
    }

    private static int Number(JsonNode node, string name) => node[name]!.GetValue<int>();
}
