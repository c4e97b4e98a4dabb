using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Support;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Imports a real incident log, shuffled, repeated, and with invalid cases among the valid ones. The insights equal a
/// recomputation, whatever the order and format of the import.
/// </summary>
[Collection(RunningService.Collection)]
public class IncidentLogTests(RunningService service)
{
    private static readonly (DateTimeOffset From, DateTimeOffset To)[] Windows =
    [
        (new(2016, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2017, 3, 1, 0, 0, 0, TimeSpan.Zero)),
        (new(2016, 3, 1, 0, 0, 0, TimeSpan.Zero), new(2016, 4, 1, 0, 0, 0, TimeSpan.Zero)),
        (new(2016, 3, 3, 7, 31, 0, TimeSpan.Zero), new(2016, 3, 17, 23, 59, 59, TimeSpan.Zero)),
        (new(2016, 2, 1, 0, 0, 0, TimeSpan.FromHours(5)), new(2016, 9, 15, 12, 0, 0, TimeSpan.FromHours(-8))),
        (new(2018, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2018, 2, 1, 0, 0, 0, TimeSpan.Zero)),
    ];

    [RealLogTheory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public async Task Insights_of_a_real_log_are_exact_for_every_order_and_format(int seed, bool ndjson)
    {
        var random = new Random(seed);
        var updates = RealLog.Updates();
        var workspace = await service.Workspace();
        var replayed = updates.Concat(updates.Where(_ => random.Next(5) == 0)).ToArray();
        random.Shuffle(replayed);
        var lines = new List<string>();
        var broken = 0;
        foreach (var update in replayed)
        {
            if (random.Next(50) == 0)
            {
                lines.Add(Broken(update, broken++));
            }

            lines.Add(Json(update).ToJsonString());
        }

        var (applied, ignored, rejected) = ndjson ? await PostStream(workspace, lines) : await PostBatches(workspace, lines, random);

        Assert.Equal(broken, rejected);
        Assert.Equal(replayed.Length, applied + ignored);
        foreach (var (from, to) in Windows)
        {
            await Compare(workspace, updates, from, to);
        }

        await IsAsKnown(workspace);
    }

    private async Task Compare(string workspace, IReadOnlyList<SupportCase> updates, DateTimeOffset from, DateTimeOffset to)
    {
        var expected = Recomputation.Of(updates, new(from, to), to);
        var actual = await Insights(workspace, from, to);

        Assert.Equal(
            (expected.Totals.Opened, expected.Totals.Closed, expected.Totals.Open),
            ((int)actual["totals"]!["opened"]!, (int)actual["totals"]!["closed"]!, (int)actual["totals"]!["open"]!));
        Close(expected.Totals.SlaMetPercent, actual["totals"]!["slaMetPercent"]);
        Close(expected.Totals.MedianHoursToClose, actual["totals"]!["medianHoursToClose"]);
        Close(expected.Totals.P90HoursToClose, actual["totals"]!["p90HoursToClose"]);
        Assert.Equal(
            expected.ByMonth.Select(m => (m.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture), m.Opened, m.Closed, m.Open)),
            actual["byMonth"]!.AsArray().Select(m => ((string)m!["month"]!, (int)m["opened"]!, (int)m["closed"]!, (int)m["open"]!)));
        Assert.Equal(
            expected.BySeverity.Select(s => (s.Severity == CaseSeverity.One ? "1" : $"{s.Severity}", s.Count)), Counts(actual, "bySeverity", "severity"));
        Assert.Equal(expected.ByStatus.Select(s => ($"{s.Status}", s.Count)), Counts(actual, "byStatus", "status"));
        Assert.Equal(expected.ByProduct.Select(p => (p.Product, p.Count)), Counts(actual, "byProduct", "product"));
    }

    // Known facts about the log from another source, so that an error shared with the recomputation shows as well.
    private async Task IsAsKnown(string workspace)
    {
        var known = await Insights(workspace, Windows[0].From, Windows[0].To);
        var totals = known["totals"]!;

        Assert.Equal((890, 890, 0), ((int)totals["opened"]!, (int)totals["closed"]!, (int)totals["open"]!));
        Assert.Equal(55.618, (double)totals["slaMetPercent"]!, 3);
        Assert.Equal(173.925, (double)totals["medianHoursToClose"]!, 3);
        Assert.Equal(960.383, (double)totals["p90HoursToClose"]!, 3);
        var march = known["byMonth"]!.AsArray().Single(m => (string)m!["month"]! == "2016-03")!;
        Assert.Equal((683, 780, 109), ((int)march["opened"]!, (int)march["closed"]!, (int)march["open"]!));
        Assert.Equal([("B", 757), ("C", 85), ("A", 33), ("1", 15)], Counts(known, "bySeverity", "severity"));
        Assert.Equal(28, known["byProduct"]!.AsArray().Count);
        Assert.Equal(("Category 45", 204), Counts(known, "byProduct", "product").First());
    }

    private async Task<JsonNode> Insights(string workspace, DateTimeOffset from, DateTimeOffset to) => await service.Get(
        $"/v1/workspaces/{workspace}/support-insights?from={Uri.EscapeDataString($"{from:yyyy-MM-dd'T'HH:mm:sszzz}")}&to={Uri.EscapeDataString($"{to:yyyy-MM-dd'T'HH:mm:sszzz}")}",
        await service.ManagerToken());

    private async Task<(int Applied, int Ignored, int Rejected)> PostBatches(string workspace, List<string> lines, Random random)
    {
        var (applied, ignored, rejected) = (0, 0, 0);
        for (var start = 0; start < lines.Count;)
        {
            var batch = lines.Skip(start).Take(random.Next(1, 1_001)).ToList();
            start += batch.Count;
            var answer = await Post(workspace, $$"""{"value":[{{string.Join(',', batch)}}]}""", "application/json");
            applied += answer.Applied;
            ignored += answer.Ignored;
            rejected += answer.Rejected;
        }

        return (applied, ignored, rejected);
    }

    private Task<(int Applied, int Ignored, int Rejected)> PostStream(string workspace, List<string> lines) =>
        Post(workspace, string.Join('\n', lines), "application/x-ndjson");

    private async Task<(int Applied, int Ignored, int Rejected)> Post(string workspace, string body, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/workspaces/{workspace}/support-cases");
        request.Headers.Authorization = new("Bearer", await service.AppToken());
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var response = await service.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        var answer = JsonNode.Parse(text)!;
        return ((int)answer["applied"]!, (int)answer["ignored"]!, answer["rejected"]!.AsArray().Count);
    }

    private static IEnumerable<(string Value, int Count)> Counts(JsonNode insights, string list, string member) =>
        insights[list]!.AsArray().Select(c => ((string)c![member]!, (int)c["count"]!));

    private static void Close(double? expected, JsonNode? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is { } value)
        {
            Assert.Equal(value, (double)actual!, 6);
        }
    }

    private static JsonObject Json(SupportCase update) => new()
    {
        ["caseId"] = update.CaseId,
        ["revision"] = update.Revision,
        ["lastUpdatedAt"] = Instant(update.LastUpdatedAt),
        ["createdAt"] = Instant(update.CreatedAt),
        ["title"] = update.Title,
        ["status"] = $"{update.Status}",
        ["severity"] = update.Severity == CaseSeverity.One ? "1" : $"{update.Severity}",
        ["product"] = update.Product,
        ["location"] = update.Location,
        ["slaMet"] = update.SlaMet,
        ["resolvedAt"] = update.ResolvedAt is { } resolved ? Instant(resolved) : null,
        ["closedAt"] = update.ClosedAt is { } closed ? Instant(closed) : null,
    };

    // Each of these would change the figures if it were accepted.
    private static string Broken(SupportCase update, int kind)
    {
        var json = Json(update with { LastUpdatedAt = update.LastUpdatedAt.AddYears(1), Product = "Broken" });
        switch (kind % 6)
        {
            case 0: json.Remove("caseId"); break;
            case 1: json["status"] = "Lost"; break;
            case 2: json["severity"] = 1; break;
            case 3: json["createdAt"] = "29-02-2016 01:16"; break;
            case 4: json["revision"] = -1; break;
            default: json["title"] = new string('x', 501); break;
        }

        return json.ToJsonString();
    }

    private static string Instant(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
