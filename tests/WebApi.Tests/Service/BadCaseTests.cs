using System.Net;
using System.Text.Json.Nodes;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Tests that an invalid case is rejected with its position, id and fields, and that the other cases are applied.
/// </summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadCaseTests(RunningService service)
{
    private static readonly string[] texts = ["null", "5", "[]", "\"\"", "\"  \"", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\ud800\""];

    private static readonly string[] instants =
    [
        "5", "[]", "\"\"", "\"yesterday\"", "\"2026-07-01\"", "\"2026-07-01T08:00:00\"", "\"10000-01-01T00:00:00Z\"", "\"2026-02-30T00:00:00Z\"",
        "\"2026-07-01T24:00:01Z\"", "\"2026-07-01T08:00:00+99:00\"", "\"2026-07-01 08:00:00Z\"", "1751356800",
    ];

    [Fact]
    public async Task Every_field_of_a_case_is_checked_and_named()
    {
        var rows = new List<(string Field, string Json)>();
        Add("caseId", [.. texts, Long(65)]);
        Add("title", [.. texts, Long(501)]);
        Add("product", [.. texts, Long(101)]);
        Add("cloud", [.. texts[1..], Long(101)]);
        Add("location", [.. texts[1..], Long(101)]);
        Add("primaryContact", [.. texts[1..], Long(321)]);
        Add("revision", ["null", "-1", "1.5", "\"1\"", "9223372036854775808", "1e30", "true", "[]"]);
        Add("lastUpdatedAt", ["null", .. instants]);
        Add("createdAt", ["null", .. instants]);
        Add("firstResponseAt", instants);
        Add("resolvedAt", instants);
        Add("closedAt", instants);
        Add("status", ["null", "0", "\"0\"", "\"closed\"", "\"Open\"", "\"\"", "[\"Closed\"]"]);
        Add("severity", ["null", "1", "\"a\"", "\"One\"", "\"0\"", "\"D\"", "\"\""]);
        Add("slaMet", ["\"true\"", "1", "[]"]);

        var (workspace, path, app) = await Make();
        for (var i = 0; i < rows.Count; i += 40)
        {
            // Each invalid case is between two valid ones.
            var some = rows.Skip(i).Take(40).ToList();
            var items = some.SelectMany((row, n) => (string[])[
                Cases.Of($"good-{i}-{n}").ToJsonString(),
                Cases.Of("bad", (row.Field, "\u0001")).ToJsonString().Replace("\"\\u0001\"", row.Json, StringComparison.Ordinal)]);
            var answer = await service.Json(HttpMethod.Post, path, app, $"{{\"value\":[{string.Join(',', items)}]}}");

            var rejected = answer["rejected"]!.AsArray();
            Assert.Equal(some.Select((r, n) => ((2 * n) + 1, r.Field == "caseId" ? null : "bad", r.Field)), rejected.Select(r =>
                ((int)r!["index"]!, (string?)r["caseId"], r["errors"]!.AsObject().Single().Key)));
            Assert.Equal([some.Count, 0, some.Count], ((string[])["applied", "ignored", "rejectedCount"]).Select(n => (int)answer[n]!));
        }

        Assert.Equal(rows.Count, await Count(workspace));

        void Add(string field, IEnumerable<string> values) => rows.AddRange(values.Select(v => (field, v)));
    }

    [Fact]
    public async Task Batch_is_an_array_of_at_most_1000()
    {
        var (workspace, path, app) = await Make();
        string[] bodies =
        [
            "{}", """{"value":null}""", """{"value":{}}""", """{"value":"x"}""", """{"value":5}""", """{"value":[],"value":[]}""",
            $"{{\"value\":[{string.Join(',', Enumerable.Range(0, 1_001).Select(n => Cases.Of($"{n}").ToJsonString()))}]}}",
        ];
        foreach (var body in bodies)
        {
            using var response = await service.Send(HttpMethod.Post, path, app, body);
            await response.IsProblem(400, "invalid-request", "value");
        }

        Assert.Equal(0, await Count(workspace));
        var answer = await service.Json(
            HttpMethod.Post, path, app, $"{{\"value\":[{string.Join(',', Enumerable.Range(0, 1_000).Select(n => Cases.Of($"{n}").ToJsonString()))}]}}");
        Assert.Equal(1_000, (int)answer["applied"]!);
        Assert.Equal(1_000, await Count(workspace));
    }

    [Fact]
    public async Task Entry_that_is_not_an_object_or_repeats_a_field_is_rejected()
    {
        var (workspace, path, app) = await Make();
        var twice = Cases.Of("twice").ToJsonString()[..^1] + ",\"title\":\"again\"}";
        var answer = await service.Json(
            HttpMethod.Post, path, app, $"{{\"value\":[null,5,[],\"x\",{{}},{twice},{Cases.Of("good")}]}}");

        Assert.Equal(
            [(0, null, "$"), (1, null, "$"), (2, null, "$"), (3, null, "$"), (4, null, "caseId"), (5, "twice", "title")],
            answer["rejected"]!.AsArray().Select(r => ((int)r!["index"]!, (string?)r["caseId"], r["errors"]!.AsObject().First().Key)));
        Assert.Equal(1, (int)answer["applied"]!);
        Assert.Equal(1, await Count(workspace));
    }

    [Fact]
    public async Task Invalid_too_long_and_blank_lines_do_not_stop_the_others()
    {
        var (workspace, path, app) = await Make();
        var longest = Cases.Of("longest").ToJsonString().PadRight(64 * 1024);
        using var response = await service.Send(HttpMethod.Post, path, app, Answers.Ndjson(
            Cases.Of("first").ToJsonString(), "", "   \t", "{", "[]", longest, longest + " ", Cases.Of("late").ToJsonString() + "x",
            Cases.Of("carriage").ToJsonString() + "\r", new string('x', 1_000_000), Cases.Of("revised", ("revision", -1)).ToJsonString(), Cases.Of("last").ToJsonString()));
        var answer = await response.Is(HttpStatusCode.OK);

        Assert.Equal(
            [(1, null, "$"), (2, null, "$"), (4, null, "$"), (5, null, "$"), (7, null, "$"), (8, "revised", "revision")],
            answer["rejected"]!.AsArray().Select(r => ((int)r!["index"]!, (string?)r["caseId"], r["errors"]!.AsObject().Single().Key)));
        Assert.Equal([4, 0, 6], ((string[])["applied", "ignored", "rejectedCount"]).Select(n => (int)answer[n]!));
        Assert.Equal(4, await Count(workspace));
    }

    [Fact]
    public async Task Empty_stream_has_no_cases()
    {
        var (_, path, app) = await Make();
        foreach (var content in (HttpContent[])[Answers.Ndjson(), Answers.Ndjson("", "", "\r"), Answers.Raw([], "application/x-ndjson")])
        {
            using var response = await service.Send(HttpMethod.Post, path, app, content);
            var answer = await response.Is(HttpStatusCode.OK);
            Assert.Equal([0, 0, 0], ((string[])["applied", "ignored", "rejectedCount"]).Select(n => (int)answer[n]!));
        }
    }

    [Fact]
    public async Task Longest_texts_are_accepted_in_every_script()
    {
        var (workspace, path, app) = await Make();
        string Emoji(int length) => string.Concat(Enumerable.Repeat("😀", length));
        var longest = Cases.Of(
            Emoji(64), ("title", Emoji(500)), ("product", Emoji(100)), ("cloud", Emoji(100)), ("location", Emoji(100)), ("primaryContact", Emoji(320)));
        var answer = await service.Json(HttpMethod.Post, path, app, new JsonObject { ["value"] = new JsonArray(longest, Cases.Of("neighbour")) });

        Assert.Equal([2, 0], ((string[])["applied", "rejectedCount"]).Select(n => (int)answer[n]!));
        var first = await service.Get($"/v1/workspaces/{workspace}/support-cases?pageSize=1", await service.ManagerToken());
        Assert.Single((await service.Get((string)first["nextLink"]!, await service.ManagerToken()))["value"]!.AsArray());
    }

    [Fact]
    public async Task Stream_of_lines_has_no_maximum_length()
    {
        var (workspace, path, app) = await Make();
        // More than a JSON body may have, and more than the server accepts by default.
        var bad = new string(' ', 60_000) + "{}";
        using var response = await service.Send(HttpMethod.Post, path, app, Answers.Ndjson([.. Enumerable.Repeat(bad, 600), Cases.Of("last").ToJsonString()]));
        var answer = await response.Is(HttpStatusCode.OK);
        Assert.Equal([1, 600], ((string[])["applied", "rejectedCount"]).Select(n => (int)answer[n]!));
        Assert.Equal(1, await Count(workspace));
    }

    private static string Long(int length) => $"\"{new string('a', length)}\"";

    private async Task<(string Workspace, string Path, string App)> Make()
    {
        var workspace = await service.Workspace(granted: false);
        return (workspace, $"/v1/workspaces/{workspace}/support-cases", await service.AppToken());
    }

    private async Task<int> Count(string workspace) =>
        (int)(await service.Get($"/v1/workspaces/{workspace}/support-cases?pageSize=1", await service.ManagerToken()))["totalCount"]!;
}
