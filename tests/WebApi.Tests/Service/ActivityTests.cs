using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using Xunit.Abstractions;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests customer activity, and the proof of execution that is computed from it.</summary>
[Collection(RunningService.Collection)]
public class ActivityTests(RunningService service, ITestOutputHelper output)
{
    [Fact]
    public async Task Stored_resource_equals_the_request()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/activities/A.b_c~d-9";
        using var created = await service.Send(HttpMethod.Put, path, await service.AppToken(), Activities.Of());
        var answer = await created.Is(HttpStatusCode.Created);
        Assert.Equal((path, "\"1\""), (created.Headers.Location?.ToString(), created.Headers.ETag?.Tag));

        var expected = Activities.Of();
        expected["activityId"] = "A.b_c~d-9";
        Assert.True(JsonNode.DeepEquals(expected, answer), answer.ToJsonString());
        Assert.True(JsonNode.DeepEquals(expected, await Manager(path)));
        Assert.True(JsonNode.DeepEquals(expected, Assert.Single((await Manager($"/v1/workspaces/{workspace}/activities"))["value"]!.AsArray())));

        using var again = await service.Send(HttpMethod.Put, path, await service.AppToken(), Activities.Of());
        Assert.True(JsonNode.DeepEquals(expected, await again.Is(HttpStatusCode.OK)));
        Assert.Equal(("\"1\"", null), (again.Headers.ETag?.Tag, again.Headers.Location));

        // A PUT replaces the resource, so omitted values are gone.
        using var less = await service.Send(HttpMethod.Put, path, await service.AppToken(), """{"packageId":"contoso-unified","kind":"Learning","title":" Lab ","status":"Planned","unknown":1}""");
        Assert.Equal("""{"activityId":"A.b_c~d-9","packageId":"contoso-unified","kind":"Learning","title":"Lab","status":"Planned"}""", (await less.Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal("\"2\"", less.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task Proof_agrees_with_the_activities_after_every_change()
    {
        var (workspace, agreement) = await Contract(("unified", 100), ("security", null), ("idle", 20.5));
        var proof = await Proof();
        Assert.Equal((string)agreement["agreementId"]!, (string?)proof["agreementId"]);
        Assert.Equal(["unified 100 0 100 0 0", "security 0 0 0 0 0", "idle 20.5 0 20.5 0 0", "120.5 0 120.5 0 0"], Figures(proof));

        await service.PutActivity(workspace, "1", ("packageId", "unified"), ("hoursPurchased", 7), ("hoursDelivered", 30.25));
        await service.PutActivity(workspace, "2", ("packageId", "unified"), ("status", "InProgress"), ("hoursDelivered", 80.0001));
        await service.PutActivity(workspace, "3", ("packageId", "security"), ("status", "Planned"), ("hoursPurchased", 40), ("hoursDelivered", null));
        await service.PutActivity(workspace, "4", ("packageId", "security"), ("hoursPurchased", 0.1), ("hoursDelivered", 0.2));
        Assert.Equal(["unified 100 110.2501 -10.2501 1 0", "security 40.1 0.2 39.9 1 1", "idle 20.5 0 20.5 0 0", "160.6 110.4501 50.1499 2 1"], Figures(await Proof()));

        await service.PutActivity(workspace, "2", ("packageId", "unified"), ("status", "Cancelled"), ("hoursDelivered", 80.0001));
        await service.PutActivity(workspace, "3", ("packageId", "security"), ("status", "Cancelled"), ("hoursPurchased", 40));
        Assert.Equal(["unified 100 30.25 69.75 1 0", "security 0.1 0.2 -0.1 1 0", "idle 20.5 0 20.5 0 0", "120.6 30.45 90.15 2 0"], Figures(await Proof()));

        async Task<JsonNode> Proof() => await Manager($"/v1/workspaces/{workspace}/proof-of-execution");
    }

    [Fact]
    public async Task Removed_package_is_shown_as_it_was()
    {
        var (workspace, agreement) = await Contract(("unified", 100), ("retired", 50));
        await service.PutActivity(workspace, "1", ("packageId", "retired"), ("hoursPurchased", 8), ("hoursDelivered", 3));
        await Contract((string)agreement["agreementId"]!, ("unified", 100));

        await service.PutActivity(workspace, "1", ("packageId", "retired"), ("hoursPurchased", 8), ("hoursDelivered", 4));
        using (var refused = await service.Send(HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/2", await service.AppToken(), Activities.Of(("packageId", "retired"))))
        {
            Assert.Equal("retired", (string?)(await refused.IsProblem(409, "unknown-package"))["packageId"]);
        }

        var proof = await Manager($"/v1/workspaces/{workspace}/proof-of-execution");
        Assert.Equal(["unified 100 0 100 0 0", "retired 8 4 4 1 0", "108 4 104 1 0"], Figures(proof));
        Assert.Equal(("Package retired", "AddOn"), ((string?)proof["lines"]![1]!["name"], (string?)proof["lines"]![1]!["kind"]));
    }

    [Fact]
    public async Task Combined_filters_must_all_match()
    {
        var (workspace, _) = await Contract(("unified", null), ("security", null));
        await service.PutActivity(workspace, "1", ("packageId", "unified"), ("kind", "Reactive"), ("plannedAt", "2026-01-01T00:00:00Z"), ("deliveredAt", "2026-03-01T00:00:00Z"));
        await service.PutActivity(workspace, "2", ("packageId", "unified"), ("status", "Planned"), ("plannedAt", "2026-02-01T00:00:00Z"), ("deliveredAt", null));
        await service.PutActivity(workspace, "3", ("packageId", "security"), ("status", "Planned"), ("kind", "Learning"), ("plannedAt", null), ("deliveredAt", null));
        (string Query, string[] Expected)[] rows =
        [
            ("", ["1", "2", "3"]), ("kind=Reactive", ["1"]), ("kind=Assessment", []), ("status=Planned", ["2", "3"]), ("packageId=unified", ["1", "2"]),
            ("packageId=Unified", []), ("packageId=no%20id", []), ("status=Planned&packageId=unified", ["2"]), ("kind=&status=&packageId=&from=&to=", ["1", "2", "3"]),
            ("from=2026-01-01T00:00:00Z", ["1", "2"]), ("to=2027-01-01T00:00:00Z", ["1", "2"]), ("from=2026-02-01T00:00:00Z", ["1", "2"]),
            ("from=2026-02-01T00:00:00.0000001Z", ["1"]), ("to=2026-03-01T00:00:00Z", ["2"]), ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", []),
            ("from=2026-02-01T01:00:00%2B01:00&to=2026-03-01T00:00:00Z&status=Planned&kind=Proactive", ["2"]),
        ];
        foreach (var (query, expected) in rows)
        {
            var list = await Manager($"/v1/workspaces/{workspace}/activities?{query}");
            Assert.Equal(expected, list.Values("activityId"));
            Assert.Equal(expected.Length, (int)list["totalCount"]!);
        }
    }

    [Fact]
    public async Task Export_has_all_matches_and_no_formula()
    {
        var workspace = await service.Workspace(granted: false);
        await service.PutActivity(workspace, "-1", ("title", "=1+1"));
        await service.PutActivity(workspace, "2", ("title", "a \"b\", c"), ("hoursDelivered", 0.0001), ("hoursPurchased", null), ("deliveredAt", null), ("evidenceUri", null));
        await service.PutActivity(workspace, "3", ("status", "Planned"));

        using var response = await service.Send(
            HttpMethod.Get, $"/v1/workspaces/{workspace}/activities?status=Delivered&pageSize=1", await service.ManagerToken(), null, ("Accept", "text/csv"));
        await response.Is(HttpStatusCode.OK);
        Assert.Equal($"attachment; filename=\"activities-{workspace}.csv\"", $"{response.Content.Headers.ContentDisposition}");
        Assert.Equal(
            "activityId,packageId,kind,title,status,hoursPurchased,hoursDelivered,plannedAt,deliveredAt,evidenceUri\r\n"
            + "\"'-1\",contoso-unified,Proactive,\"'=1+1\",Delivered,16,12.5,2026-07-01T08:00:00Z,2026-07-02T15:00:00Z,https://contoso.example/evidence/1\r\n"
            + "2,contoso-unified,Proactive,\"a \"\"b\"\", c\",Delivered,,0.0001,2026-07-01T08:00:00Z,,\r\n",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Activities_belong_to_their_workspace()
    {
        var (one, other) = (await service.Workspace(granted: false), await service.Workspace(granted: false));
        await service.PutActivity(one, "same", ("title", "One"));
        await service.PutActivity(other, "same", ("title", "Other"), ("hoursDelivered", 1));

        Assert.Equal("One", (string?)(await Manager($"/v1/workspaces/{one}/activities/same"))["title"]);
        Assert.Equal("Other", (string?)(await Manager($"/v1/workspaces/{other}/activities/same"))["title"]);
        Assert.Equal([12.5m, 1m], [await Delivered(one), await Delivered(other)]);

        async Task<decimal> Delivered(string workspace) => (decimal)(await Manager($"/v1/workspaces/{workspace}/proof-of-execution"))["totals"]!["hoursDelivered"]!;
    }

    [Fact]
    public async Task Activity_put_concurrently_is_created_once()
    {
        var (workspace, app) = (await service.Workspace(granted: false), await service.AppToken());
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(async n =>
        {
            using var response = await service.Send(HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/one", app, Activities.Of(("title", $"Title {n % 3}")));
            return response.StatusCode;
        }));
        Assert.Single(answers, HttpStatusCode.Created);
        Assert.Equal(29, answers.Count(a => a == HttpStatusCode.OK));
        Assert.Equal(12.5m, (decimal)(await Manager($"/v1/workspaces/{workspace}/proof-of-execution"))["totals"]!["hoursDelivered"]!);
    }

    [Fact]
    public async Task Proof_is_served_while_activities_and_grants_change()
    {
        var (workspace, app, manager) = (await service.Workspace(), await service.AppToken(), await service.ManagerToken());
        var puts = Task.WhenAll(Enumerable.Range(0, 200).Select(n => service.PutActivity(workspace, $"activity-{n % 50}", ("hoursDelivered", 1), ("title", $"Title {n}"))));
        var grants = Task.WhenAll(Enumerable.Range(0, 10).Select(n => service.Grant(workspace, TestDirectory.SpareGroup(n), Roles.User)));
        var proofs = Enumerable.Range(0, 50).Select(async _ => await service.Get($"/v1/workspaces/{workspace}/proof-of-execution", manager));
        foreach (var totals in (await Task.WhenAll(proofs)).Select(p => p["totals"]!))
        {
            Assert.Equal(12.5m + (decimal)totals["delivered"]! - 1, (decimal)totals["hoursDelivered"]!);
        }

        await Task.WhenAll(puts, grants);
        Assert.Equal(62.5m, (decimal)(await Manager($"/v1/workspaces/{workspace}/proof-of-execution"))["totals"]!["hoursDelivered"]!);
    }

    /// <summary>
    /// The environment variable <c>ACTIVITIES</c> sets another number of activities, at most 10,000, which is what a caller
    /// may send at once. The test's output contains the figures.
    /// </summary>
    [Fact]
    public async Task Many_activities_are_put_at_once_and_exported_in_order()
    {
        var count = Environment.GetEnvironmentVariable("ACTIVITIES") is { Length: > 0 } set ? int.Parse(set, CultureInfo.InvariantCulture) : 600;
        var workspace = await service.Workspace(granted: false);
        var ids = Enumerable.Range(0, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"activity-{n:d6}")).ToList();
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (id, _) =>
            await service.PutActivity(workspace, id, ("hoursDelivered", 0.25)));
        output.WriteLine(FormattableString.Invariant($"{count} activities put in {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s: {count / Stopwatch.GetElapsedTime(since).TotalSeconds:F0} a second"));

        since = Stopwatch.GetTimestamp();
        using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}/activities", await service.ManagerToken(), null, ("Accept", "text/csv"));
        var lines = (await response.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        output.WriteLine(FormattableString.Invariant($"exported in {Stopwatch.GetElapsedTime(since).TotalMilliseconds:F0} ms"));
        Assert.Equal(["activityId", .. ids], lines.Select(l => l.Split(',')[0]));
        Assert.Equal(count / 4m, (decimal)(await Manager($"/v1/workspaces/{workspace}/proof-of-execution"))["totals"]!["hoursDelivered"]!);
    }

    /// <summary>Creates an agreement with these packages and hours; returns its workspace.</summary>
    private Task<(string Workspace, JsonNode Agreement)> Contract(params (string Id, double? Hours)[] packages) => Contract(service.NewAgreementId(), packages);

    private async Task<(string Workspace, JsonNode Agreement)> Contract(string agreementId, params (string Id, double? Hours)[] packages)
    {
        var agreement = RunningService.Agreement();
        agreement["packages"] = new JsonArray([.. packages.Select(p =>
        {
            var package = RunningService.Package(p.Id);
            (package["name"], package["kind"], package["hoursPurchased"]) = ($"Package {p.Id}", "AddOn", p.Hours);
            return package;
        })]);
        var put = await service.Json(HttpMethod.Put, $"/v1/agreements/{agreementId}", await service.AppToken(), agreement);
        return ((string)put["workspaces"]![0]!["workspaceId"]!, put);
    }

    /// <summary>Returns the lines of a proof and its totals, each as text.</summary>
    private static IEnumerable<string> Figures(JsonNode proof)
    {
        string[] names = ["hoursPurchased", "hoursDelivered", "hoursRemaining", "delivered", "planned"];
        return [
            .. proof["lines"]!.AsArray().Select(l => $"{l!["packageId"]} {Of(l)}"),
            Of(proof["totals"]!)];

        string Of(JsonNode figures) => string.Join(' ', names.Select(n => ((decimal)figures[n]!).ToString(CultureInfo.InvariantCulture)));
    }

    private async Task<JsonNode> Manager(string path) => await service.Get(path, await service.ManagerToken());
}
