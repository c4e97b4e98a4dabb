using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// A year of a large customer's cases through one request. <c>CASES</c> in the environment sets another number of them
/// (at most 500,000, the limit of a workspace); the figures are in the test's output.
/// </summary>
public sealed class ManyCasesTests(ITestOutputHelper output) : IDisposable
{
    private const string Adele = "c0000000-0000-4000-8000-000000000101";
    private const double MB = 1024 * 1024;

    /// <summary>Bytes. A usual row has as many cases as a batch, 1,000, of some 300 bytes each.</summary>
    private const long MaxRow = 1024 * 1024;

    private static readonly int count =
        Environment.GetEnvironmentVariable("CASES") is { Length: > 0 } cases ? int.Parse(cases, CultureInfo.InvariantCulture) : 100_000;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task A_stream_of_cases_is_applied_in_flat_memory_and_counted_exactly()
    {
        await using var host = await DevHostProcess.Start(new(folder.Path) { Sample = false });
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
        using var response = await client.SendContent(HttpMethod.Post, automation, $"{workspace}/support-cases", stream);
        var took = Stopwatch.GetElapsedTime(since);
        var secondPeak = host.PeakMemory;

        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {body}");
        var answer = JsonNode.Parse(body)!;
        Assert.Equal((count, 0, 0), (Number(answer, "applied"), Number(answer, "ignored"), answer["rejected"]!.AsArray().Count));
        output.WriteLine(FormattableString.Invariant($"{count} cases, {stream.Bytes / MB:F1} MB as {stream.Bytes / count} bytes a line, in {took.TotalSeconds:F1} s: {count / took.TotalSeconds:F0} cases/s"));
        output.WriteLine(FormattableString.Invariant($"resident: {before / MB:F0} MB before, at most {firstPeak / MB:F0} MB in the first half and {secondPeak / MB:F0} MB in the second"));

        await CheckTotals(client, adele, insights);
        await MeasureReads(client, adele, insights, workspace);
        Assert.Equal(0, await host.Stop());
        CheckRows(host.Options.StoreFile);
        CheckMemory(before, firstPeak, secondPeak);
        await MeasureRestart(host.Options, client, adele, insights);
    }

    public void Dispose() => folder.Dispose();

    private void CheckMemory(long before, long firstPeak, long secondPeak)
    {
        output.WriteLine(FormattableString.Invariant($"that is {(secondPeak - before) / (double)count:F0} bytes a case over all, {(secondPeak - firstPeak) / (count / 2.0):F0} in the second half"));
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

        // The row's key is 'type/key' of its grain.
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
