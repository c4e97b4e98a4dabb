using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CsCheck;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Support;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.Support;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Support;

public sealed class CaseTests : IAsyncLifetime
{
    private const string Cases = $"/v1/workspaces/{WorkspaceId}/support-cases";
    private const string AppRole = "SupportCases.ReadWrite.All";

    private readonly List<ImmutableArray<SupportCase>> batches = [];
    private RunningWebApi api = null!;

    public async Task InitializeAsync()
    {
        api = await RunningWebApi.StartAsync();
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(
            new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 1, 1), DateTimeOffset.UnixEpoch)));
        api.Grains.On<ISupportGrain>("Ingest", a =>
        {
            var batch = (ImmutableArray<SupportCase>)a[0]!;
            batches.Add(batch);
            return Task.FromResult(new IngestOutcome(IngestStatus.Applied, batch.Length - 1, 1));
        });
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Invalid_case_never_stops_the_others()
    {
        var answer = await Post($$"""{ "value": [ {{Case("A")}}, { "caseId": "B" }, 5, {{Case("D")}} ] }""");

        Assert.Equal(200, answer.Status);
        Assert.Equal((1, 1, 2), (answer.Json.GetProperty("applied").GetInt32(), answer.Json.GetProperty("ignored").GetInt32(), answer.Json.GetProperty("rejectedCount").GetInt32()));
        Assert.Equal(["A", "D"], Assert.Single(batches).Select(c => c.CaseId));
        var rejected = answer.Json.GetProperty("rejected");
        Assert.Equal((1, "B"), (rejected[0].GetProperty("index").GetInt32(), rejected[0].GetProperty("caseId").GetString()));
        Assert.True(rejected[0].GetProperty("errors").TryGetProperty("title", out _));
        Assert.Equal(2, rejected[1].GetProperty("index").GetInt32());
        Assert.False(rejected[1].TryGetProperty("caseId", out _));
    }

    [Theory]
    [InlineData("{}", "value")]
    [InlineData("""{ "value": null }""", "value")]
    [InlineData("""{ "value": {} }""", "value")]
    public async Task Body_without_cases_is_400(string body, string field)
    {
        var answer = await Post(body);

        Assert.Equal(400, answer.Status);
        Assert.Equal([field], answer.ErrorFields);
    }

    [Fact]
    public async Task Body_with_too_many_cases_is_400_and_an_empty_one_applies_none()
    {
        Assert.Equal(200, (await Post("""{ "value": [] }""")).Status);
        Assert.Equal(200, (await Post($$"""{ "value": [{{string.Join(',', Enumerable.Repeat("1", 1_000))}}] }""")).Status);
        Assert.Equal(400, (await Post($$"""{ "value": [{{string.Join(',', Enumerable.Repeat("1", 1_001))}}] }""")).Status);
        Assert.Empty(batches);
    }

    [Fact]
    public async Task Body_of_cases_may_have_8_MiB()
    {
        Assert.Equal(200, (await Post("""{ "value": [] }""" + new string(' ', 7 * 1024 * 1024))).Status);
        Assert.Equal(413, (await Post("""{ "value": [] }""" + new string(' ', 8 * 1024 * 1024))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("]")]
    [InlineData("] } x")]
    [InlineData(", ] }")]
    [InlineData(", { ] }")]
    public async Task Body_that_is_malformed_at_its_end_changes_nothing(string end)
    {
        var answer = await Post($$"""{ "value": [ {{string.Join(',', Enumerable.Range(0, 500).Select(n => Case($"{n}")))}} {{end}}""");

        Assert.Equal(400, answer.Status);
        Assert.Equal(["$"], answer.ErrorFields);
        Assert.Empty(batches);
    }

    [Fact]
    public async Task Too_long_case_never_stops_the_others()
    {
        var longest = Case("B").Insert(1, new string(' ', (64 * 1024) - Case("B").Length));
        var unknown = string.Join(',', Enumerable.Repeat("{}", 1_000_000));
        var answer = await Post($$"""{ "value": [ {{Case("A")}}, {{longest.Insert(1, $"\"unknown\":[{unknown}],")}}, {{longest}}, {{longest.Insert(1, " ")}}, {{Case("D")}} ] }""");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["A", "B", "D"], Assert.Single(batches).Select(c => c.CaseId));
        Assert.Equal([(1, "$"), (3, "$")], answer.Json.GetProperty("rejected").EnumerateArray().Select(r =>
            (r.GetProperty("index").GetInt32(), r.GetProperty("errors").EnumerateObject().Single().Name)));
    }

    [Fact]
    public async Task Any_number_of_lines_is_passed_on_in_batches()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 2_500).Select(i => i == 7 ? "{ what" : i == 8 ? new string('x', 70_000) : Case($"C{i}")));

        var answer = await Post($"\n{lines}\n\n", "application/x-ndjson");

        Assert.Equal(200, answer.Status);
        Assert.Equal([1_000, 1_000, 498], batches.Select(b => b.Length));
        Assert.Equal(
            ["7 Line 9 must be valid JSON of at most 16 levels; the error is at byte 3.", "8 Line 10 is too long: a line must not be larger than 64 KiB."],
            answer.Json.GetProperty("rejected").EnumerateArray().Select(r => $"{r.GetProperty("index")} {r.GetProperty("errors").GetProperty("$")[0]}"));
    }

    [Fact]
    public async Task Broken_stream_is_answered_with_the_counts_and_the_last_line()
    {
        // The last line is the last of a batch, so that all lines have been read when the stream breaks off.
        var lines = string.Concat(Enumerable.Range(0, 2_001).Select(n => (n == 1_300 ? "what" : Case($"C{n}")) + "\n"));
        using var request = await SlowRequest.Start(
            api.Client.BaseAddress!, "POST", Cases, ApplicationToken(AppRole), announced: null, $"{lines.Length:x}\r\n{lines}\r\n", "application/x-ndjson");
        await Until.True(() => Task.FromResult(batches.Count == 2), TimeSpan.FromSeconds(60), "both batches are handed on");
        await request.Send("no chunk\r\n");
        var (status, text) = (await request.Answer())!.Value;

        Assert.Equal(400, status);
        var problem = JsonElement.Parse(text[text.IndexOf('{', StringComparison.Ordinal)..(text.LastIndexOf('}') + 1)]);
        Assert.Equal("/problems/invalid-request", problem.GetProperty("type").GetString());
        Assert.Equal((1_998, 2, 1, 2_001L), (
            problem.GetProperty("applied").GetInt32(), problem.GetProperty("ignored").GetInt32(), problem.GetProperty("rejectedCount").GetInt32(), problem.GetProperty("line").GetInt64()));
        Assert.Equal(1_300, problem.GetProperty("rejected")[0].GetProperty("index").GetInt32());
        Assert.Contains("after line 2001", problem.GetProperty("errors").GetProperty("$")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_over_a_limit_is_answered_with_the_counts_and_the_last_line()
    {
        foreach (var (limit, status) in new[] { (OverLimitException.Of(Scope.Caller, "requests"), 429), (OverLimitException.Of(Scope.Node, "requests"), 503), (new OverLimitException(Problems.RequestTimeout), 408) })
        {
            var ingestion = new CaseIngestion(api.Grains.Factory.GetGrain<ISupportGrain>(WorkspaceId), new(ActorKind.Application, Tenant, "app", null, AppRole));
            Assert.Null(await ingestion.Add(new(CaseJson.Of(Support("1", "a")))));
            Assert.Null(await ingestion.Add(new(CaseJson.Of(Support("2", "b")))));
            using var answer = new MemoryStream();
            var http = new DefaultHttpContext { Response = { Body = answer } };

            await (await ingestion.BreakOff(limit, line: 2)).ExecuteAsync(http);

            var problem = JsonElement.Parse(answer.ToArray());
            Assert.Equal(status, http.Response.StatusCode);
            Assert.Equal((1, 1, 2), (problem.GetProperty("applied").GetInt32(), problem.GetProperty("ignored").GetInt32(), problem.GetProperty("line").GetInt32()));
            Assert.StartsWith(limit.Message, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.False(problem.TryGetProperty("errors", out _));
        }
    }

    [Fact]
    public async Task First_rejected_cases_are_listed_and_all_are_counted()
    {
        var answer = await Post(string.Concat(Enumerable.Repeat("x\n", 1_500)), "application/x-ndjson");

        Assert.Equal((1_000, 1_500), (answer.Json.GetProperty("rejected").GetArrayLength(), answer.Json.GetProperty("rejectedCount").GetInt32()));
    }

    [Fact]
    public async Task Storage_failure_midway_is_503_with_the_counts_so_far()
    {
        api.Grains.On<ISupportGrain>("Ingest", a =>
        {
            batches.Add((ImmutableArray<SupportCase>)a[0]!);
            return batches.Count == 2
                ? Task.FromException<IngestOutcome>(new StorageUnavailableException())
                : Task.FromResult(new IngestOutcome(IngestStatus.Applied, 1_000, 0));
        });

        var answer = await Post(string.Join('\n', Enumerable.Range(0, 2_500).Select(i => Case($"C{i}"))), "application/x-ndjson");

        Assert.Equal((503, "service-unavailable"), (answer.Status, answer.Slug));
        Assert.Equal(1_000, answer.Json.GetProperty("applied").GetInt32());
        Assert.True(answer.Headers.ContainsKey("Retry-After"));
    }

    [Theory]
    [InlineData(IngestStatus.WorkspaceNotFound, 404, "workspace-not-found")]
    [InlineData(IngestStatus.TooManyCases, 409, "too-many-cases")]
    public async Task Refused_import_gives_the_reason(IngestStatus outcome, int status, string slug)
    {
        api.Grains.On<ISupportGrain>("Ingest", _ => Task.FromResult(new IngestOutcome(outcome, 0, 0)));

        var answer = await Post($$"""{ "value": [ {{Case("A")}} ] }""");

        Assert.Equal((status, slug), (answer.Status, answer.Slug));
    }

    [Fact]
    public async Task Unknown_workspace_is_404_before_the_body_is_read()
    {
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(null));

        Assert.Equal("workspace-not-found", (await Post("{", "text/plain")).Slug);
        Assert.Equal("workspace-not-found", (await api.SendAsync("POST", "/v1/workspaces/what/support-cases", ApplicationToken(AppRole), "{")).Slug);
    }

    [Theory]
    [InlineData("revision", "-1")]
    [InlineData("revision", "1.5")]
    [InlineData("revision", "\"1\"")]
    [InlineData("lastUpdatedAt", "\"2026-07-01\"")]
    [InlineData("createdAt", "null")]
    [InlineData("title", "\" \"")]
    [InlineData("status", "\"closed\"")]
    [InlineData("severity", "1")]
    [InlineData("severity", "\"One\"")]
    [InlineData("product", "{}")]
    [InlineData("slaMet", "\"true\"")]
    [InlineData("closedAt", "\"yesterday\"")]
    [InlineData("closedAt", "\"2026-07-01T07:59:59Z\"")]
    public void Wrong_field_of_a_case_is_named(string field, string value)
    {
        var node = System.Text.Json.Nodes.JsonNode.Parse(Case("A"))!;
        node[field] = System.Text.Json.Nodes.JsonNode.Parse(value);

        var rejected = Rejection(node.ToJsonString())!;

        Assert.Equal((3, "A"), (rejected.Index, rejected.CaseId));
        Assert.Equal([field], rejected.Errors.Keys);
    }

    [Fact]
    public void Case_that_repeats_a_field_is_rejected() =>
        Assert.Equal(["title"], Rejection(Case("A").Trim()[..^1] + """, "title": "again" }""")!.Errors.Keys);

    [Theory]
    [InlineData("\"B\"", "B")]
    [InlineData("\"\"", null)]
    [InlineData("\"a\\u0000\"", null)]
    [InlineData("\"\\ud800\"", null)]
    [InlineData("5", null)]
    [InlineData("\"B\", \"caseId\": \"C\"", null)]
    public void Unreadable_case_is_named_by_its_id_if_the_id_is_valid(string id, string? named) =>
        Assert.Equal(named, Rejection($$"""{ "title": {}, "caseId": {{id}} }""")!.CaseId);

    [Fact]
    public void All_violated_rules_of_a_case_are_reported_together() => Assert.Equal(
        ["createdAt", "lastUpdatedAt", "product", "revision", "severity", "status", "title"],
        Rejection("""{ "caseId": "A", "revision": -1, "title": "" }""")!.Errors.Keys.Order(StringComparer.Ordinal));

    // The serializer passes one update at a time to the converter, however the body is split.
    [Fact]
    public Task Cases_do_not_depend_on_the_pieces_of_a_body() => Gen.Select(
            Gen.OneOf<string>(Case("A"), "5", "null", "[{}]", "{}", """{ "caseId": "\ud800" }""", """{ "caseId": "é😀", "x": [1, { "y": "]}" }] }""").Array[0, 6],
            Gen.Int[1, 70])
        .SampleAsync(async (items, piece) =>
        {
            var body = $$"""{ "x": [{}], "value": [ {{string.Join(" , ", items)}} ], "y": {} }""";
            var whole = JsonSerializer.Deserialize<PostCasesRequest>(body, WireJson.Options)!;
            var pieces = PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(body)), new StreamPipeReaderOptions(bufferSize: piece, minimumReadSize: 1));
            var read = (await JsonSerializer.DeserializeAsync<PostCasesRequest>(pieces, WireJson.Options))!;

            Assert.Equal(items.Length, read.Value.Count);
            Assert.Equal(whole.Value.Select(Shown), read.Value.Select(Shown));
        }, iter: 300);

    [Fact]
    public async Task Export_has_every_page_and_no_formula()
    {
        api.Decides(Member(Permissions.ViewSupportInsights));
        var queries = new List<CaseQuery>();
        api.Grains.On<ISupportGrain>("Cases", a =>
        {
            var query = (CaseQuery)a[1]!;
            queries.Add(query);
            return Task.FromResult(query.Page.After is null
                ? new Page<SupportCase>([Support("1", "=1+1"), Support("2", "a \"b\", c")], "2", 0)
                : new Page<SupportCase>([Support("3", "line")], null, 0));
        });

        var answer = await api.SendAsync("GET", $"{Cases}?product=Azure&pageSize=1", Token(), headers: ("Accept", "text/csv"));

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("text/csv", answer.ContentType, StringComparison.Ordinal);
        Assert.Equal(
            "caseId,revision,lastUpdatedAt,createdAt,title,status,severity,product,cloud,location,slaMet,firstResponseAt,resolvedAt,closedAt,primaryContact\r\n"
            + "1,2,1970-01-01T00:00:00Z,1970-01-01T00:00:00Z,\"'=1+1\",Closed,1,Azure,,,true,,,1970-01-01T00:00:00Z,\r\n"
            + "2,2,1970-01-01T00:00:00Z,1970-01-01T00:00:00Z,\"a \"\"b\"\", c\",Closed,1,Azure,,,true,,,1970-01-01T00:00:00Z,\r\n"
            + "3,2,1970-01-01T00:00:00Z,1970-01-01T00:00:00Z,line,Closed,1,Azure,,,true,,,1970-01-01T00:00:00Z,\r\n",
            answer.Body);
        Assert.All(queries, q => Assert.Equal(("Azure", 500, false), (q.Product, q.Page.Size, q.Count)));
    }

    [Fact]
    public async Task Export_breaks_off_when_the_right_ends()
    {
        api.Decides(Member(Permissions.ViewSupportInsights), AccessDecision.Outsider(Ann, WorkspaceId));
        api.Grains.On<ISupportGrain>("Cases", _ => Task.FromResult(new Page<SupportCase>([Support("1", "a")], "1", 0)));

        await Assert.ThrowsAsync<HttpRequestException>(() => api.SendAsync("GET", Cases, Token(), headers: ("Accept", "text/csv")));
    }

    [Fact]
    public async Task Case_omits_absent_values()
    {
        api.Decides(Member(Permissions.ViewSupportInsights));
        api.Grains.On<ISupportGrain>("Cases", _ => Task.FromResult(new Page<SupportCase>([Support("1", "a")], null, 1)));

        var answer = await api.SendAsync("GET", Cases, Token());

        Assert.Equal(
            """{"value":[{"caseId":"1","revision":2,"lastUpdatedAt":"1970-01-01T00:00:00Z","createdAt":"1970-01-01T00:00:00Z","title":"a","status":"Closed","severity":"1","product":"Azure","slaMet":true,"closedAt":"1970-01-01T00:00:00Z"}],"totalCount":1}""",
            answer.Body);
    }

    [Theory]
    [InlineData("from=2026-07-01T00:00:00Z&to=2026-08-01T00:00:00Z", 200, null)]
    [InlineData("from=2026-07-01T02:00:00%2B02:00&to=2026-08-01T00:00:00Z", 200, null)]
    [InlineData("", 200, null)]
    [InlineData("from=2026-07-01T00:00:00Z&to=2026-07-01T00:00:00Z", 400, "from")]
    [InlineData("from=yesterday", 400, "from")]
    [InlineData("from=0001-01-01T00:00:00Z", 400, "from")]
    [InlineData("from=1826-08-01T00:00:00Z&to=2026-08-01T00:00:00Z", 200, null)]
    [InlineData("from=1826-07-31T23:59:59Z&to=2026-08-01T00:00:00Z", 400, "from")]
    public async Task Window_needs_from_before_to_and_has_a_maximum(string query, int status, string? field)
    {
        api.Decides(Member(Permissions.ViewSupportInsights));
        api.Grains.On<ISupportGrain>("Insights", a => Task.FromResult(new SupportInsights(
            (InsightsWindow)a[1]!, DateTimeOffset.UnixEpoch, new(3, 1, 2, null, 1.5, 1.5),
            [new(new(2026, 7, 1), 3, 1, 2)], [new(CaseSeverity.One, 3)], [new(CaseStatus.New, 3)], [new("Azure", 3)])));

        var answer = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/support-insights?{query}", Token());

        Assert.Equal(status, answer.Status);
        if (field is not null)
        {
            Assert.Equal([field], answer.ErrorFields);
            return;
        }

        Assert.Equal(
            """{"opened":3,"closed":1,"open":2,"slaMetPercent":null,"medianHoursToClose":1.5,"p90HoursToClose":1.5}""",
            answer.Json.GetProperty("totals").GetRawText());
        Assert.Equal("""[{"month":"2026-07","opened":3,"closed":1,"open":2}]""", answer.Json.GetProperty("byMonth").GetRawText());
        Assert.Equal("""[{"severity":"1","count":3}]""", answer.Json.GetProperty("bySeverity").GetRawText());
    }

    private static string Shown(CaseUpdate update) => $"{update.Case} {update.CaseId} {update.Fault?.Path} {update.Fault?.Message}";

    private static RejectedCase? Rejection(string json) => CaseIngestion.Rejection(JsonSerializer.Deserialize<CaseUpdate>(json, WireJson.Options), 3);

    private Task<Answer> Post(string body, string mediaType = "application/json") =>
        api.SendAsync("POST", Cases, ApplicationToken(AppRole), body, mediaType);

    private static string Case(string id) => $$"""
        { "caseId": "{{id}}", "revision": 1, "lastUpdatedAt": "2026-07-02T12:00:00Z", "createdAt": "2026-07-01T08:00:00Z", "title": "T", "status": "New", "severity": "A", "product": "Azure" }
        """;

    private static SupportCase Support(string id, string title) => new(
        id, 2, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, title, CaseStatus.Closed, CaseSeverity.One, "Azure",
        null, null, true, null, null, DateTimeOffset.UnixEpoch, null);
}
