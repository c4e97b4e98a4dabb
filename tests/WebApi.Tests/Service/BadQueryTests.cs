using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests queries, cursors and windows that are malformed or out of range.</summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadQueryTests(RunningService service)
{
    private static readonly string[] pageSizes =
        ["0", "501", "-1", "abc", "", "1.5", "1e2", "%2B5", "0x10", "99999999999", "%205", "5&pageSize=5", "5&PAGESIZE=6"];

    private static readonly string[] instants =
    [
        "yesterday", "2026", "2026-07-01", "2026-07-01T08:00:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "10000-01-01T00:00:00Z",
        "2026-07-01T25:00:00Z", "0000-01-01T00:00:00Z", "1751356800", "2026-07-01T08:00:00Z&{0}=2026-07-01T08:00:00Z", "2026-07-01T08:00:00.Z", "2026-07-01T08:00:00%2B99:00",
    ];

    [Fact]
    public async Task Page_has_1_to_500_items()
    {
        var rows = new Rows();
        foreach (var list in await Lists())
        {
            foreach (var size in pageSizes)
            {
                await Refused(rows, $"{list}?pageSize={size}", "pageSize");
            }

            foreach (var size in (string[])["1", "500"])
            {
                await rows.Try($"{list} {size}", async () => await service.Get($"{list}?pageSize={size}", await service.ManagerToken()));
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Cursor_must_come_from_the_same_list()
    {
        await Fill();
        var lists = await Lists();
        var cursors = new Dictionary<string, string>();
        foreach (var list in lists)
        {
            cursors[list] = ((string)(await service.Get($"{list}?pageSize=1", await service.ManagerToken()))["nextLink"]!).Split("cursor=")[1];
        }

        var rows = new Rows();
        foreach (var list in lists)
        {
            foreach (var cursor in (string[])["", "!", "garbage", "AAAA", "%00", "_-_-", "LTE", "MA", "OTk5OTk5OTk5OTk5", new('A', 3_000), $"{cursors[list]}&cursor={cursors[list]}", cursors[list] + "x"])
            {
                await Refused(rows, $"{list}?cursor={cursor}", "cursor");
            }

            foreach (var other in lists.Where(l => l != list))
            {
                await Refused(rows, $"{list}?cursor={cursors[other]}", "cursor");
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Filter_needs_exactly_one_known_value()
    {
        var workspace = await service.WorkspaceFor(nameof(BadQueryTests));
        var to = $"/v1/workspaces/{workspace}";
        (string Path, string Name, string[] Wrong)[] filters =
        [
            ("users", "role", ["king", "user", "USER", "1", "None", "User,Administrator", "User&role=User", "%00"]),
            ("users", "status", ["active", "0", "Closed", "Active&status=Pending"]),
            ("users", "userType", ["member", "0", "Admin", "Guest&userType=Guest"]),
            ("users", "source", ["contract", "0", "Direct"]),
            ("users", "search", [new('a', 201), "%00", "a%07b", "a&search=b", "%0Aa%0Ab"]),
            ("groups", "role", ["king", "user", "1", "None", "User&role=User"]),
            ("directory/groups", "search", [new('a', 201), "%00", "a&search=b"]),
            ("groups", "search", [new('a', 201), "%00", "a&search=b"]),
            ("support-cases", "status", ["closed", "4", "Active", "New&status=New"]),
            ("support-cases", "severity", ["a", "One", "0", "D", "A&severity=B"]),
            ("support-cases", "product", [new('a', 201), "%00", "a&product=b"]),
            ("support-cases", "search", [new('a', 201), "%00", "a&search=b"]),
            ("support-cases", "from", instants),
            ("support-cases", "to", instants),
            ("activities", "kind", ["proactive", "0", "Other", "Proactive&kind=Proactive"]),
            ("activities", "status", ["delivered", "2", "Closed", "Planned&status=Planned"]),
            ("activities", "packageId", [new('a', 201), "%00", "a&packageId=b"]),
            ("activities", "from", instants),
            ("activities", "to", instants),
            ("support-insights", "from", instants),
            ("support-insights", "to", instants),
        ];
        var rows = new Rows();
        foreach (var (path, name, wrong) in filters)
        {
            foreach (var value in wrong)
            {
                await Refused(rows, $"{to}/{path}?{name}={value.Replace("{0}", name, StringComparison.Ordinal)}", name);
            }
        }

        rows.AllHold();
    }

    [Theory]
    [InlineData("support-cases")]
    [InlineData("support-insights")]
    [InlineData("activities")]
    public async Task Window_must_start_before_it_ends(string path)
    {
        var to = $"/v1/workspaces/{await service.WorkspaceFor(nameof(BadQueryTests))}/{path}";
        var rows = new Rows();
        await Refused(rows, $"{to}?from=2026-07-01T00:00:00Z&to=2026-07-01T00:00:00Z", "from");
        await Refused(rows, $"{to}?from=2026-07-01T00:00:01Z&to=2026-07-01T00:00:00Z", "from");
        // The same instant with another offset.
        await Refused(rows, $"{to}?from=2026-07-01T02:00:00%2B02:00&to=2026-07-01T00:00:00Z", "from");
        rows.AllHold();

        foreach (var window in (string[])["from=2026-07-01T00:00:00Z&to=2026-07-01T00:00:00.0000001Z", "from=2026-07-01T02:00:00%2B02:00&to=2026-07-01T00:00:01Z", "to=0001-01-02T00:00:00Z", "from=9999-12-31T23:59:58Z&to=9999-12-31T23:59:59.9999999Z", "from=2026-01-01T00:00:00%2b14:00&to=2026-02-01t00:00:00z"])
        {
            await service.Get($"{to}?{window}", await service.ManagerToken());
        }
    }

    [Fact]
    public async Task Window_of_insights_has_a_maximum_and_never_causes_a_fault()
    {
        var to = $"/v1/workspaces/{await service.WorkspaceFor(nameof(BadQueryTests))}/support-insights";
        var rows = new Rows();
        await Refused(rows, $"{to}?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", "from");
        await Refused(rows, $"{to}?from=9999-12-31T00:00:00Z", "from");
        rows.AllHold();
        await service.Get($"{to}?from=0001-01-01T00:00:00Z&to=0001-01-01T00:00:00.0000001Z", await service.ManagerToken());
        await service.Get($"{to}?from=1900-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", await service.ManagerToken());
    }

    [Theory]
    [InlineData("support-cases", "image/png")]
    [InlineData("support-cases", "application/json;q=0, text/csv;q=0")]
    [InlineData("activities", "image/png")]
    public async Task Exported_list_is_JSON_or_CSV(string list, string accept)
    {
        var path = $"/v1/workspaces/{await service.WorkspaceFor(nameof(BadQueryTests))}/{list}";
        using var response = await service.Send(HttpMethod.Get, path, await service.ManagerToken(), null, ("Accept", accept));
        await response.IsProblem(406, "not-acceptable");
    }

    [Fact]
    public async Task Agreement_id_is_checked()
    {
        var app = await service.AppToken();
        var rows = new Rows();
        foreach (var id in (string[])["a%20b", "%C3%A4", "a%2Fb", new('a', 65), "a%0A", "a*b"])
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put])
            {
                await rows.Try($"{method} {id}", async () =>
                {
                    using var response = await service.Send(method, $"/v1/agreements/{id}", app, method == HttpMethod.Put ? RunningService.Agreement() : null);
                    await response.IsProblem(400, "invalid-request", "agreementId");
                });
            }
        }

        rows.AllHold();
        using var missing = await service.Send(HttpMethod.Get, $"/v1/agreements/{new string('a', 64)}", app);
        await missing.IsProblem(404, "agreement-not-found");
    }

    private async Task<List<string>> Lists()
    {
        var to = $"/v1/workspaces/{await service.WorkspaceFor(nameof(BadQueryTests))}";
        return ["/v1/roles", $"{to}/users", $"{to}/groups", $"{to}/audit-events", $"{to}/support-cases", $"{to}/activities"];
    }

    // Gives every list a second page: two people have signed in, and there are two cases and activities.
    private async Task Fill()
    {
        var to = $"/v1/workspaces/{await service.WorkspaceFor(nameof(BadQueryTests))}";
        await service.Get(to, await service.TokenOf(Roles.Administrator));
        await service.Json(HttpMethod.Post, $"{to}/support-cases", await service.AppToken(), new JsonObject { ["value"] = new JsonArray(Cases.Of("one"), Cases.Of("two")) });
        await service.PutActivity(await service.WorkspaceFor(nameof(BadQueryTests)), "another");
    }

    private async Task Refused(Rows rows, string path, string field)
    {
        var shown = path.Length > 160 ? path[..160] : path;
        await rows.Try(shown, async () =>
        {
            using var response = await service.Send(HttpMethod.Get, path, await service.ManagerToken());
            await response.IsProblem(400, "invalid-request", field);
        });
    }
}
