using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Tests that following nextLink returns each lasting item exactly once, whatever is added or removed meanwhile.
/// </summary>
[Collection(RunningService.Collection)]
public class PagingTests(RunningService service)
{
    private const int Items = 8;

    private static readonly int[] sizes = [1, 2, 3, 5, 7, 8, 9, 500];

    private int comings;

    [Fact]
    public async Task Groups_are_listed_once_while_groups_come_and_go()
    {
        var workspace = await service.Workspace(granted: false);
        var stays = Enumerable.Range(0, Items).Select(n => TestDirectory.SpareGroup(100 + n)).ToList();
        foreach (var group in stays)
        {
            await service.Grant(workspace, group, Roles.User);
        }

        await Follow($"/v1/workspaces/{workspace}/groups", "groupId", stays.Select(g => $"{g}"), async () =>
        {
            var (came, left) = (Interlocked.Increment(ref comings), comings - 3);
            await service.Grant(workspace, TestDirectory.SpareGroup(1_000 + came), Roles.User);
            await service.Revoke(workspace, TestDirectory.SpareGroup(1_000 + left));
        });
    }

    [Fact]
    public async Task Filtered_groups_are_listed_once_while_groups_come_and_go()
    {
        var workspace = await service.Workspace(granted: false);
        var stays = Enumerable.Range(0, Items).Select(n => TestDirectory.SpareGroup(100 + n)).ToList();
        foreach (var group in stays)
        {
            await service.Grant(workspace, group, Roles.SupportUser);
            await service.Grant(workspace, TestDirectory.SpareGroup(300 + comings++), Roles.User);
        }

        await Follow($"/v1/workspaces/{workspace}/groups?role=SupportUser", "groupId", stays.Select(g => $"{g}"), async () =>
        {
            var (came, left) = (Interlocked.Increment(ref comings), comings - 3);
            await service.Grant(workspace, TestDirectory.SpareGroup(1_000 + came), Roles.SupportUser);
            await service.Grant(workspace, TestDirectory.SpareGroup(1_000 + left), Roles.User);
        });
    }

    [Fact]
    public async Task People_are_listed_once_while_people_come_and_go()
    {
        var app = await service.AppToken();
        var path = $"/v1/agreements/{service.NewAgreementId()}";
        var stays = Enumerable.Range(0, Items).Select(n => Guid.Parse($"b0000000-0000-4000-8000-{n * 1_000:d12}")).ToList();
        var passing = new List<Guid>();
        var workspace = (string)(await Put())["workspaces"]![0]!["workspaceId"]!;
        var manager = TestDirectory.UserId(TestDirectory.PersonOf(Roles.CustomerSupportManager));

        await Follow($"/v1/workspaces/{workspace}/users", "userId", stays.Append(manager).Select(p => $"{p}"), async () =>
        {
            passing.Add(Guid.Parse($"b0000000-0000-4000-8000-{comings++ % Items * 1_000 + 500 + comings:d12}"));
            if (passing.Count > 3)
            {
                passing.RemoveAt(0);
            }

            await Put();
        });

        async Task<JsonNode> Put()
        {
            var agreement = RunningService.Agreement();
            agreement["contacts"] = new JsonArray([
                RunningService.Contact(Roles.CustomerSupportManager, TestDirectory.Contoso),
                .. stays.Concat(passing).Select(p =>
                {
                    var contact = RunningService.Contact(Roles.IncidentManager, TestDirectory.Microsoft);
                    contact["userId"] = p.ToString();
                    return contact;
                })]);
            return await service.Json(HttpMethod.Put, path, app, agreement);
        }
    }

    [Fact]
    public async Task Cases_are_listed_once_while_cases_are_added()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/support-cases";
        var app = await service.AppToken();
        // Some have the same instant, so that the id decides their order.
        var stays = Enumerable.Range(0, Items).Select(n => $"stays-{n}").ToList();
        await Post(stays.Select((id, n) => Cases.Of(id, ("createdAt", $"2026-07-{1 + (n / 2):00}T08:00:00Z"))));

        foreach (var query in (string[])["", "?status=InProgress", "?search=s", "?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&severity=A"])
        {
            await Follow(path + query, "caseId", stays, async () =>
            {
                // Every fourth page adds a case, alternately before and after the current place, and updates one that stays.
                var came = comings++;
                await Post([
                    Cases.Of($"s-new-{came / 4}", ("createdAt", $"2026-07-{1 + (came / 4 % 6):00}T08:00:00Z")),
                    Cases.Of(stays[came % Items], ("createdAt", $"2026-07-{1 + (came % Items / 2):00}T08:00:00Z"), ("revision", 2 + came))]);
            });
        }

        async Task Post(IEnumerable<JsonObject> cases) =>
            await service.Json(HttpMethod.Post, path, app, new JsonObject { ["value"] = new JsonArray([.. cases]) });
    }

    [Fact]
    public async Task Activities_are_listed_once_while_activities_are_added()
    {
        var workspace = await service.Workspace(granted: false);
        var stays = Enumerable.Range(0, Items).Select(n => $"stays-{n}").ToList();
        foreach (var id in stays)
        {
            await service.PutActivity(workspace, id);
        }

        foreach (var query in (string[])["", "?status=Delivered", "?kind=Proactive&packageId=contoso-unified", "?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"])
        {
            await Follow($"/v1/workspaces/{workspace}/activities{query}", "activityId", stays, async () =>
            {
                // Every fourth page adds an activity, alternately at the start and in the middle, and changes one that
                // stays.
                var came = comings++;
                await service.PutActivity(workspace, $"{(came % 8 < 4 ? "a" : "stays-4")}-{came / 4}");
                await service.PutActivity(workspace, stays[came % Items], ("title", $"Title {came}"), ("deliveredAt", $"2026-07-{1 + (came % 28):00}T08:00:00Z"));
            });
        }
    }

    [Fact]
    public async Task Courses_are_listed_once_while_courses_are_added()
    {
        var prefix = Guid.NewGuid().ToString("N");
        var stays = Enumerable.Range(0, Items).Select(n => $"{prefix}-stays-{n}").ToList();
        foreach (var id in stays)
        {
            await Put(id, "Stays");
        }

        foreach (var query in (string[])[$"?search={prefix}", $"?search={prefix}&format=Workshop&product=Azure&language=EN"])
        {
            await Follow($"/v1/learning/courses{query}", "courseId", stays, async () =>
            {
                var came = comings++;
                await Put($"{prefix}-{(came % 8 < 4 ? "a" : "stays-4")}-{came / 8}", "Comes");
                await Put(stays[came % Items], $"Stays {came}");
            }, token: await service.Learner());
        }

        async Task Put(string id, string title) => await service.Json(
            HttpMethod.Put, $"/v1/learning/courses/{id}", await service.AppToken(), RunningService.CourseBody(("title", title)));
    }

    [Fact]
    public async Task Transcript_is_listed_once_while_courses_are_started()
    {
        var (workspace, prefix) = (await service.Workspace(granted: false), Guid.NewGuid().ToString("N"));
        var token = await service.TokenOf(Roles.CustomerSuccessAccountManager);
        var stays = Enumerable.Range(0, Items).Select(n => $"{prefix}-stays-{n}").ToList();
        foreach (var id in stays)
        {
            await Start(id, 1);
        }

        await Follow($"/v1/workspaces/{workspace}/learning/transcript", "courseId", stays, async () =>
        {
            var came = comings++;
            await Start($"{prefix}-{(came % 8 < 4 ? "a" : "stays-4")}-{came / 8}", 1);
            await Start(stays[came % Items], came % 100);
        }, token: token);

        async Task Start(string id, int percent)
        {
            await service.Json(HttpMethod.Put, $"/v1/learning/courses/{id}", await service.AppToken(), RunningService.CourseBody());
            await service.Json(HttpMethod.Put, $"/v1/workspaces/{workspace}/learning/enrollments/{id}", token, new JsonObject { ["progressPercent"] = percent });
        }
    }

    [Fact]
    public async Task Audit_events_are_listed_once_while_events_are_recorded()
    {
        var workspace = await service.Workspace();
        var path = $"/v1/workspaces/{workspace}/audit-events";
        for (var i = 0; i < 40; i++)
        {
            await Rename();
        }

        var stays = (await All(path, 500)).Select(e => (string)e["eventId"]!).ToList();
        Assert.Equal(stays.OrderByDescending(long.Parse), stays);
        await Follow(path, "eventId", stays, Rename, [1, 7, 16, 31, 32, 33, 500]);

        async Task Rename() => await service.Json(
            HttpMethod.Patch, $"/v1/workspaces/{workspace}", await service.ManagerToken(), new JsonObject { ["name"] = $"Name {comings++}" });
    }

    [Fact]
    public async Task Large_events_make_short_pages_and_none_is_left_out()
    {
        var app = await service.AppToken();
        var path = $"/v1/agreements/{service.NewAgreementId()}";
        const int changes = 5;
        string workspace = "";
        for (var change = 0; change < changes; change++)
        {
            var agreement = RunningService.Agreement();
            agreement["contacts"] = new JsonArray([
                RunningService.Contact(Roles.CustomerSupportManager, TestDirectory.Contoso),
                .. Enumerable.Range(0, 90).Select(n =>
                {
                    var contact = RunningService.Contact(Roles.IncidentManager, TestDirectory.Microsoft);
                    contact["userId"] = $"{Guid.NewGuid()}";
                    contact["displayName"] = new string('x', 250);
                    return contact;
                })]);
            workspace = (string)(await service.Json(HttpMethod.Put, path, app, agreement))["workspaces"]![0]!["workspaceId"]!;
        }

        var events = $"/v1/workspaces/{workspace}/audit-events";
        var first = await service.Get($"{events}?pageSize=500", await service.ManagerToken());
        Assert.InRange(first.ToJsonString().Length, 1, 500 * 2 * 1024);
        var small = await service.Get($"{events}?pageSize=10", await service.ManagerToken());
        Assert.InRange(small["value"]!.AsArray().Count, 1, changes - 1);
        var all = (await All(events, 10)).Select(e => (int)long.Parse((string)e["eventId"]!)).ToList();
        Assert.Equal(Enumerable.Range(1, all[0]).Reverse(), all);
    }

    [Fact]
    public async Task Roles_are_listed_once() => await Follow("/v1/roles", "role", RoleTable.All.Select(d => $"{d.Role}"), () => Task.CompletedTask);

    [Fact]
    public async Task Page_has_50_items_by_default()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/support-cases";
        await service.Json(HttpMethod.Post, path, await service.AppToken(), new JsonObject { ["value"] = new JsonArray([.. Enumerable.Range(0, 51).Select(n => Cases.Of($"{n}"))]) });

        var first = await service.Get(path, await service.ManagerToken());
        Assert.Equal((50, 51), (first["value"]!.AsArray().Count, (int)first["totalCount"]!));
        Assert.StartsWith("/v1/", (string)first["nextLink"]!, StringComparison.Ordinal);
        var last = await service.Get((string)first["nextLink"]!, await service.ManagerToken());
        Assert.Single(last["value"]!.AsArray());
        Assert.False(last.AsObject().ContainsKey("nextLink"));
        Assert.Equal(51, (int)last["totalCount"]!);

        // A page that ends exactly with the list is the last one.
        var whole = await service.Get($"{path}?pageSize=51", await service.ManagerToken());
        Assert.False(whole.AsObject().ContainsKey("nextLink"));
    }

    [Fact]
    public async Task Next_link_keeps_the_query()
    {
        var workspace = await service.Workspace(granted: false);
        var path = $"/v1/workspaces/{workspace}/support-cases";
        await service.Json(HttpMethod.Post, path, await service.AppToken(), new JsonObject
        {
            ["value"] = new JsonArray([.. Enumerable.Range(0, 10).Select(n => Cases.Of($"{n}", ("title", n % 2 == 0 ? "R&D + 100% = ä?" : "Other")))]),
        });
        var items = await All($"{path}?pageSize=2&search={Uri.EscapeDataString("r&d + 100% = Ä?")}&status=InProgress", null);
        Assert.Equal(["0", "2", "4", "6", "8"], items.Select(i => (string)i["caseId"]!));
    }

    /// <summary>Follows a list once for each page size, and runs an action between two pages.</summary>
    private async Task Follow(string path, string id, IEnumerable<string> stays, Func<Task> meanwhile, int[]? pageSizes = null, string? token = null)
    {
        var expected = stays.Order(StringComparer.Ordinal).ToList();
        foreach (var size in pageSizes ?? sizes)
        {
            var met = new List<string>();
            var next = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}pageSize={size}";
            for (var pages = 0; next is not null; pages++)
            {
                Assert.InRange(pages, 0, 500);
                var page = await service.Get(next, token ?? await service.ManagerToken());
                Assert.InRange(page["value"]!.AsArray().Count, 0, size);
                met.AddRange(page.Values(id));
                next = (string?)page["nextLink"];
                await meanwhile();
            }

            Assert.Equal(expected, met.Where(expected.Contains).Order(StringComparer.Ordinal));
            Assert.Equal(met.Count, met.Distinct().Count());
        }
    }

    private async Task<List<JsonNode>> All(string path, int? pageSize)
    {
        var items = new List<JsonNode>();
        for (var next = pageSize is null ? path : $"{path}?pageSize={pageSize}"; next is not null;)
        {
            var page = await service.Get(next, await service.ManagerToken());
            items.AddRange(page["value"]!.AsArray()!);
            next = (string?)page["nextLink"];
        }

        return items;
    }
}
