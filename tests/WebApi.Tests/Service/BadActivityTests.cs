using System.Text.Json.Nodes;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests activities that are malformed, out of range, or against a rule.</summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadActivityTests(RunningService service)
{
    private static readonly string[] texts = ["5", "[]", "\"\"", "\"  \"", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\ud800\""];

    private static readonly string[] instants =
        ["5", "[]", "\"\"", "\"yesterday\"", "\"2026-07-01\"", "\"2026-07-01T08:00:00\"", "\"10000-01-01T00:00:00Z\"", "\"2026-02-30T00:00:00Z\""];

    private static readonly string[] hours =
        ["-1", "-0.0001", "1000000.0001", "1000001", "0.00001", "12.123456", "1e300", "\"5\"", "[]", "true", "79228162514264337593543950336",
            "1e-30", "1e-400", "0.00000000000000000000000000001", "999999.99999999999999999999999999"];

    private static readonly string[] addresses =
    [
        "\"javascript:alert(1)\"", "\"JAVASCRIPT:alert(1)\"", "\" javascript:alert(1)\"", "\"data:text/html,x\"", "\"ftp://contoso.example/a\"", "\"file:///etc/passwd\"",
        "\"contoso.example\"", "\"/evidence/1\"", "\"//contoso.example\"", "\"https://\"", "\"https:contoso.example\"", "\"https://contoso.example/a b\"",
        "\"https://contoso.example@evil.example\"", "\"https://contoso.example/\\u00e4\"", "\"=cmd|'/c calc'!A0\"", "\"https:\\\\\\\\contoso.example\"",
    ];

    [Fact]
    public async Task Every_field_is_checked_and_named()
    {
        var rows = new List<(string Field, string Json)>();
        Add("packageId", ["null", .. texts, Long(65), "\"a b\"", "\"\\u00e4\"", "\"a/b\""]);
        Add("kind", ["null", "0", "\"0\"", "\"proactive\"", "\"Other\"", "\"\"", "[\"Proactive\"]", "\"Proactive, Reactive\""]);
        Add("title", ["null", .. texts, Long(501)]);
        Add("status", ["null", "0", "\"0\"", "\"delivered\"", "\"Closed\"", "\"\"", "[\"Delivered\"]"]);
        Add("hoursPurchased", hours);
        Add("hoursDelivered", hours);
        Add("plannedAt", instants);
        Add("deliveredAt", instants);
        Add("evidenceUri", [.. texts, .. addresses, $"\"https://contoso.example/{new string('a', 1_977)}\""]);

        var workspace = await service.WorkspaceFor(nameof(BadActivityTests));
        var app = await service.AppToken();
        var all = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var (field, json) in rows)
            {
                // One activity that exists, and one that does not.
                foreach (var id in (string[])[Activities.Onboarding, "never"])
                {
                    await all.Try($"{id}, {field} = {(json.Length > 60 ? json[..60] : json)}", async () =>
                    {
                        var body = Activities.Of((field, "\u0001")).ToJsonString().Replace("\"\\u0001\"", json, StringComparison.Ordinal);
                        using var response = await service.Send(HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/{id}", app, body);
                        var problem = await response.IsProblem(400, "invalid-request", field);
                        Assert.Equal([field], problem["errors"]!.AsObject().Select(e => e.Key));
                    });
                }
            }

            all.AllHold();
        });

        void Add(string field, IEnumerable<string> values) => rows.AddRange(values.Select(v => (field, v)));
    }

    [Fact]
    public async Task All_errors_of_an_activity_are_reported_together()
    {
        var workspace = await service.WorkspaceFor(nameof(BadActivityTests));
        using var response = await service.Send(
            HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/a%20b", await service.AppToken(),
            """{ "hoursDelivered": -1, "evidenceUri": "javascript:1" }""", ("If-Match", "nonsense"));
        var problem = await response.IsProblem(400, "invalid-request");
        Assert.Equal(
            ["If-Match", "activityId", "evidenceUri", "hoursDelivered", "kind", "packageId", "status", "title"],
            problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Activity_id_is_checked()
    {
        var workspace = await service.WorkspaceFor(nameof(BadActivityTests));
        var rows = new Rows();
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var id in (string[])["a%20b", "%C3%A4", "a%2Fb", new('a', 65), "a%0A", "a*b", "=1+1"])
            {
                var path = $"/v1/workspaces/{workspace}/activities/{id}";
                await rows.Try($"PUT {id}", async () =>
                {
                    using var put = await service.Send(HttpMethod.Put, path, await service.AppToken(), Activities.Of());
                    await put.IsProblem(400, "invalid-request", "activityId");
                });
                await rows.Try($"GET {id}", async () =>
                {
                    using var get = await service.Send(HttpMethod.Get, path, await service.ManagerToken());
                    await get.IsProblem(400, "invalid-request", "activityId");
                });
            }

            rows.AllHold();
        });
        using var missing = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}/activities/{new string('a', 64)}", await service.ManagerToken());
        await missing.IsProblem(404, "activity-not-found");
    }

    [Fact]
    public async Task Package_must_belong_to_the_workspace()
    {
        var workspace = await service.WorkspaceFor(nameof(BadActivityTests));
        await Snapshot.Unchanged(service, workspace, async () =>
        {
            foreach (var package in (string[])["unknown", "Contoso-Unified", "contoso-unified2"])
            {
                foreach (var id in (string[])[Activities.Onboarding, "never"])
                {
                    using var response = await service.Send(
                        HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/{id}", await service.AppToken(), Activities.Of(("packageId", package)));
                    Assert.Equal(package, (string?)(await response.IsProblem(409, "unknown-package"))["packageId"]);
                }
            }
        });
    }

    [Theory]
    [InlineData("hoursPurchased", "1000000")]
    [InlineData("hoursPurchased", "0")]
    [InlineData("hoursDelivered", "0.0001")]
    [InlineData("hoursDelivered", "1.25000000")]
    [InlineData("hoursDelivered", "null")]
    [InlineData("title", "\"=1+1 \\ud83d\\ude00\"")]
    [InlineData("plannedAt", "\"0001-01-01T00:00:00Z\"")]
    [InlineData("deliveredAt", "\"9999-12-31T23:59:59.9999999Z\"")]
    [InlineData("evidenceUri", "\"http://[::1]:8080/a?b=c&d=%20#e\"")]
    public async Task Value_at_its_limit_is_accepted(string field, string json)
    {
        var workspace = await service.WorkspaceFor(nameof(Value_at_its_limit_is_accepted));
        var body = Activities.Of((field, "\u0001")).ToJsonString().Replace("\"\\u0001\"", json, StringComparison.Ordinal);
        var answer = await service.Json(HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/{field}", await service.AppToken(), body);
        Assert.True(JsonNode.DeepEquals(answer, await service.Get($"/v1/workspaces/{workspace}/activities/{field}", await service.ManagerToken())));
        var expected = JsonNode.Parse(json);
        Assert.True(
            expected is null ? !answer.AsObject().ContainsKey(field)
            : field.StartsWith("hours", StringComparison.Ordinal) ? (decimal)expected == (decimal)answer[field]!
            : JsonNode.DeepEquals(expected, answer[field]),
            $"{json} became {answer[field]?.ToJsonString()}");
    }

    [Fact]
    public async Task Maximum_length_of_texts_is_the_same_in_every_script()
    {
        var workspace = await service.WorkspaceFor(nameof(Value_at_its_limit_is_accepted));
        var (title, address) = (string.Concat(Enumerable.Repeat("😀", 500)), $"https://contoso.example/{new string('a', 1_976)}");
        var answer = await service.PutActivity(workspace, new string('~', 64), ("title", title), ("evidenceUri", address));
        Assert.Equal((title, address), ((string?)answer["title"], (string?)answer["evidenceUri"]));
    }

    private static string Long(int length) => $"\"{new string('a', length)}\"";
}
