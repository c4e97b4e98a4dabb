using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Graph;

/// <summary>A reader of groups/delta who follows every link knows the direct members of every group, whatever happens in between.</summary>
public sealed class GraphDeltaTests : OwnEntraTest
{
    private const string Graph = "/graph/v1.0";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(999)]
    public async Task First_round_reports_everything_for_any_page_size(int pageSize)
    {
        await entra.SetFaultsAsync(new { kind = "SmallPages", pageSize });
        var reader = new Reader(entra, Contoso);

        await reader.ReadAsync(First(Outer, Inner, Circle, Empty));

        Assert.Equal([Bob, Inner], Sorted(reader.Members[Outer]));
        Assert.Equal([Circle], reader.Members[Inner]);
        Assert.Equal([Ann, Outer], Sorted(reader.Members[Circle]));
        Assert.Empty(reader.Members[Empty]);
    }

    [Fact]
    public async Task Changes_of_all_groups_are_reported_without_a_filter()
    {
        var reader = new Reader(entra, Contoso);

        await reader.ReadAsync($"{Graph}/groups/delta?$select=displayName,members");

        Assert.Equal(Sorted([Outer, Inner, Circle, Empty]), Sorted(reader.Members.Keys));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(999)]
    public async Task Reader_who_follows_the_links_knows_the_members_after_any_changes(int pageSize)
    {
        await entra.SetFaultsAsync(new { kind = "SmallPages", pageSize });
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Outer, Inner, Circle, Empty));
        string[] people = [Ann, Bob, Guy, Twin];
        string[] groups = [Outer, Inner, Circle, Empty];
        var random = new Random(7);

        for (var round = 0; round < 20; round++)
        {
            for (var i = random.Next(6); i > 0; i--)
            {
                var (group, person) = (groups[random.Next(groups.Length)], people[random.Next(people.Length)]);
                _ = await entra.AddMemberAsync(group, person) || await entra.RemoveMemberAsync(group, person);
            }

            await reader.ReadAsync(reader.DeltaLink);
            foreach (var group in groups)
            {
                Assert.Equal(await DirectAsync(group), Sorted(reader.Members[group]));
            }
        }
    }

    [Fact]
    public async Task Change_during_a_round_is_reported_in_the_next_round()
    {
        await entra.SetFaultsAsync(new { kind = "SmallPages", pageSize = 1 });
        var reader = new Reader(entra, Contoso);
        var next = await reader.PageAsync(First(Outer, Empty));
        await entra.RemoveMemberAsync(Outer, Bob);
        await entra.AddMemberAsync(Empty, Bob);

        await reader.ReadAsync(next!);
        await reader.ReadAsync(reader.DeltaLink);

        Assert.Equal([Inner], reader.Members[Outer]);
        Assert.Equal([Bob], reader.Members[Empty]);
    }

    [Fact]
    public async Task Only_changes_of_followed_groups_are_reported()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Empty));
        await entra.AddMemberAsync(Outer, Guy);

        Assert.Equal(0, (await reader.JsonAsync(reader.DeltaLink)).GetProperty("value").GetArrayLength());
    }

    [Fact]
    public async Task Deleted_group_is_reported_and_removed_from_its_parent_groups()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Outer, Inner, Circle));
        using var deleted = await entra.Client.DeleteAsync($"{Graph}/groups/{Inner}");

        await reader.ReadAsync(reader.DeltaLink);

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal([Inner], reader.Deleted);
        Assert.Equal([Bob], reader.Members[Outer]);
        Assert.Equal(HttpStatusCode.NotFound, (await entra.Client.GetAsync($"{Graph}/groups/{Inner}")).StatusCode);
        Assert.DoesNotContain(Inner, await entra.GroupsOfAsync(Contoso, "ann@contoso.example"));
    }

    [Fact]
    public async Task A_deleted_person_leaves_every_group_and_cannot_sign_in()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Outer, Circle));
        using var deleted = await entra.Client.DeleteAsync($"{Graph}/users/{Ann}");

        await reader.ReadAsync(reader.DeltaLink);

        Assert.Equal([Outer], reader.Members[Circle]);
        Assert.Equal(HttpStatusCode.NotFound, (await entra.Client.GetAsync($"{Graph}/users/{Ann}")).StatusCode);
        using var refused = await entra.AskTokenAsync(Contoso, ("grant_type", "password"), ("username", "ann@contoso.example"), ("scope", "api://engage-center/access_as_user"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task A_token_is_good_for_seven_days_and_then_says_where_to_begin()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Outer));
        time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        using (var good = await reader.SendAsync(reader.DeltaLink))
        {
            Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        }

        time.Advance(TimeSpan.FromSeconds(1));
        await AssertGoneAsync(reader);
    }

    [Fact]
    public async Task A_token_of_an_earlier_start_says_where_to_begin()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Outer));
        var token = new Uri(reader.DeltaLink).Query;
        await entra.DisposeAsync();
        entra = await RunningEntra.StartAsync(Value, time);

        await AssertGoneAsync(new Reader(entra, Contoso) { DeltaLink = $"{Graph}/groups/delta{token}" });
    }

    [Fact]
    public async Task A_token_that_is_made_to_expire_says_where_to_begin()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync(First(Outer));
        await entra.SetFaultsAsync(new { kind = "ExpiredDelta", times = 1 });

        await AssertGoneAsync(reader);
    }

    [Fact]
    public async Task Newest_position_is_returned_without_reading_changes()
    {
        var reader = new Reader(entra, Contoso);
        await reader.ReadAsync($"{First(Outer)}&$deltatoken=latest");
        Assert.Empty(reader.Members);

        await entra.AddMemberAsync(Outer, Guy);
        await reader.ReadAsync(reader.DeltaLink);
        Assert.Equal([Guy], reader.Members[Outer]);
    }

    [Theory]
    [InlineData("$filter=displayName eq 'x'", "Request_UnsupportedQuery")]
    [InlineData("$filter=id eq 'x'", "Request_UnsupportedQuery")]
    [InlineData("$select=manager", "Request_BadRequest")]
    [InlineData("$deltatoken=x", "Request_BadRequest")]
    [InlineData("$skiptoken=x", "Request_BadRequest")]
    public async Task What_is_malformed_is_refused(string query, string code)
    {
        using var response = await new Reader(entra, Contoso).SendAsync($"{Graph}/groups/delta?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, code), (response.StatusCode, await CodeAsync(response)));
    }

    [Theory]
    [InlineData(50, HttpStatusCode.OK)]
    [InlineData(51, HttpStatusCode.BadRequest)]
    public async Task A_filter_names_up_to_fifty_groups(int count, HttpStatusCode expected)
    {
        using var response = await new Reader(entra, Contoso).SendAsync(First([.. Enumerable.Range(0, count).Select(_ => $"{Guid.NewGuid()}")]));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Without_a_token_a_request_must_say_the_tenant_by_its_groups()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await entra.Client.GetAsync($"{Graph}/groups/delta")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await entra.Client.GetAsync(First(Foreign))).StatusCode);
    }

    private static async Task AssertGoneAsync(Reader reader)
    {
        using var gone = await reader.SendAsync(reader.DeltaLink);
        Assert.Equal((HttpStatusCode.Gone, "syncStateNotFound"), (gone.StatusCode, await CodeAsync(gone)));

        // Followed, it is the first round again.
        await reader.ReadAsync(gone.Headers.Location!.AbsoluteUri);
        Assert.Equal([Bob, Inner], Sorted(reader.Members[Outer]));
        Assert.Equal([Outer], reader.Members.Keys);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString();

    private static string First(params string[] ids) =>
        $"{Graph}/groups/delta?$select=displayName,members&$filter={Uri.EscapeDataString(string.Join(" or ", ids.Select(id => $"id eq '{id}'")))}";

    private static IEnumerable<string> Sorted(IEnumerable<string> ids) => ids.OrderBy(Guid.Parse);

    private async Task<IEnumerable<string>> DirectAsync(string group)
    {
        var ids = new List<string>();
        for (var next = $"{Graph}/groups/{group}/members?$select=id"; next is not null;)
        {
            var page = await entra.Client.GetFromJsonAsync<JsonElement>(next);
            ids.AddRange(page.GetProperty("value").EnumerateArray().Select(member => member.GetProperty("id").GetString()!));
            next = page.TryGetProperty("@odata.nextLink", out var link) ? link.GetString() : null;
        }

        return Sorted(ids);
    }

    /// <summary>Whoever follows the links and keeps what they say.</summary>
    private sealed class Reader(RunningEntra entra, string tenant)
    {
        public Dictionary<string, HashSet<string>> Members { get; } = [];

        public List<string> Deleted { get; } = [];

        public string DeltaLink { get; set; } = "";

        public async Task ReadAsync(string address)
        {
            for (string? next = address; next is not null;)
            {
                next = await PageAsync(next);
            }
        }

        public async Task<string?> PageAsync(string address)
        {
            var page = await JsonAsync(address);
            foreach (var group in page.GetProperty("value").EnumerateArray())
            {
                var id = group.GetProperty("id").GetString()!;
                if (group.TryGetProperty("@removed", out _))
                {
                    Deleted.Add(id);
                    Members.Remove(id);
                    continue;
                }

                if (!Members.TryGetValue(id, out var members))
                {
                    Members[id] = members = [];
                }

                foreach (var member in group.TryGetProperty("members@delta", out var changed) ? changed.EnumerateArray().ToList() : [])
                {
                    var memberId = member.GetProperty("id").GetString()!;
                    _ = member.TryGetProperty("@removed", out _) ? members.Remove(memberId) : members.Add(memberId);
                }
            }

            if (page.TryGetProperty("@odata.deltaLink", out var delta))
            {
                DeltaLink = delta.GetString()!;
                return null;
            }

            return page.GetProperty("@odata.nextLink").GetString();
        }

        public async Task<JsonElement> JsonAsync(string address)
        {
            using var response = await SendAsync(address);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonDocument.Parse(text).RootElement;
        }

        public async Task<HttpResponseMessage> SendAsync(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Authorization = new("Bearer", await entra.GraphTokenAsync(tenant));
            return await entra.Client.SendAsync(request);
        }
    }
}
