using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit.Abstractions;

namespace EngageCenter.LocalEntra.Tests.Graph;

/// <summary>A tenant of 150,000 people and 5,000 groups: one of 100,000, groups in groups five deep and in a circle, and a person in 3,000.</summary>
public sealed class GraphSizesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int People = 150_000;
    private const int Groups = 5_000;
    private const int InLargest = 100_000;
    private const int OfBusiest = 3_000;
    private const string Graph = "/graph/v1.0";

    private static readonly string tenantId = Id(3, 0);
    private readonly string file = Path.Combine(AppContext.BaseDirectory, $"{Path.GetRandomFileName()}.json");
    private RunningEntra entra = null!;

    public async Task InitializeAsync()
    {
        // The largest is group 0. Groups 1 to 5 are in each other, five deep and round again, and the innermost holds the largest.
        // The busiest person, number 0, is in the groups from 10 on.
        var groups = Enumerable.Range(0, Groups).Select(group => new
        {
            id = Id(2, group),
            displayName = $"Group {group:d4}",
            members = group switch
            {
                0 => Enumerable.Range(1, InLargest).Select(Person),
                >= 1 and <= 4 => [Id(2, group + 1)],
                5 => [Id(2, 0), Id(2, 1)],
                >= 10 and < 10 + OfBusiest => [Person(0)],
                _ => [],
            },
        });
        await using (var stream = File.Create(file))
        {
            await JsonSerializer.SerializeAsync(stream, new
            {
                tenants = new[]
                {
                    new
                    {
                        tenantId,
                        displayName = "Large",
                        users = Enumerable.Range(0, People).Select(person => new { id = Person(person), displayName = $"Person {person:d6}", userPrincipalName = $"p{person}@large.example", mail = $"p{person}@large.example" }),
                        groups,
                    },
                },
                applications = new[] { new { clientId = "automation", clientSecret = "s3cret:/+ %" } },
            });
        }

        entra = await TimedAsync("load", () => RunningEntra.StartFileAsync(file));
        entra.Client.DefaultRequestHeaders.Add("ConsistencyLevel", "eventual");
    }

    public async Task DisposeAsync()
    {
        await entra.DisposeAsync();
        File.Delete(file);
    }

    [Fact]
    public async Task Everything_is_answered_completely()
    {
        var people = await TimedAsync("100,000 people through five groups, in pages of 999", () => IdsAsync($"{Graph}/groups/{Id(2, 1)}/transitiveMembers/microsoft.graph.user?$select=id,displayName,mail,userPrincipalName,userType,accountEnabled&$top=999&$count=true"));
        Assert.Equal(InLargest, people.Distinct().Count());
        Assert.Equal(InLargest, people.Count);
        Assert.Equal($"{InLargest}", await TimedAsync("their count", () => entra.Client.GetStringAsync($"{Graph}/groups/{Id(2, 1)}/transitiveMembers/microsoft.graph.user/$count")));

        Assert.Equal(OfBusiest, await TimedAsync("the groups of a person in 3,000", () => GroupsAsync(Person(0))));
        Assert.Equal(6, await TimedAsync("the groups of a person in six, five deep", () => GroupsAsync(Person(1))));
        Assert.Equal(10, await TimedAsync("a search among 5,000 groups", async () => (await IdsAsync($"{Graph}/groups?$filter=startswith(displayName,'group 012')")).Count));

        var (entries, delta) = await TimedAsync("a first round of changes of 50 groups with 100,046 members", () => RoundAsync(
            $"{Graph}/groups/delta?$select=displayName,members&$filter={Uri.EscapeDataString(string.Join(" or ", Enumerable.Range(0, 50).Select(group => $"id eq '{Id(2, group)}'")))}"));
        Assert.Equal(InLargest + 4 + 2 + 40, entries);

        (entries, delta) = await TimedAsync("a round when nothing changed", () => RoundAsync(delta));
        Assert.Equal(0, entries);

        // The link between the largest group and those above it.
        using (var deleted = await TimedAsync("the deletion of a group", () => entra.Client.DeleteAsync($"{Graph}/groups/{Id(2, 5)}")))
        {
            Assert.True(deleted.IsSuccessStatusCode);
        }

        Assert.Empty(await IdsAsync($"{Graph}/groups/{Id(2, 1)}/transitiveMembers/microsoft.graph.user?$count=true"));
        await TimedAsync("1,000 removals, one by one", async () =>
        {
            for (var i = 1; i <= 1_000; i++)
            {
                Assert.True(await entra.RemoveMemberAsync(Id(2, 0), Person(i)));
            }

            return true;
        });
        (entries, _) = await TimedAsync("a round of 1,002 changes", () => RoundAsync(delta));
        Assert.Equal(1_002, entries);
        output.WriteLine($"managed memory: {GC.GetTotalMemory(forceFullCollection: true) / 1024 / 1024} MB");
    }

    private static string Person(int number) => Id(1, number);

    private static string Id(int kind, int number) => $"{kind:x8}-0000-4000-8000-{number:x12}";

    private async Task<T> TimedAsync<T>(string what, Func<Task<T>> work)
    {
        var watch = Stopwatch.StartNew();
        var result = await work();
        output.WriteLine($"{what}: {watch.ElapsedMilliseconds} ms");
        return result;
    }

    private async Task<int> GroupsAsync(string person)
    {
        using var response = await entra.SendJsonAsync(HttpMethod.Post, $"{Graph}/users/{person}/getMemberGroups", """{"securityEnabledOnly":true}""");
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetArrayLength();
    }

    private async Task<List<string>> IdsAsync(string address)
    {
        var ids = new List<string>();
        for (string? next = address; next is not null;)
        {
            var page = await entra.Client.GetFromJsonAsync<JsonElement>(next);
            ids.AddRange(page.GetProperty("value").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            next = page.TryGetProperty("@odata.nextLink", out var link) ? link.GetString() : null;
        }

        return ids;
    }

    // How many members were told of, and the link to go on with.
    private async Task<(int Entries, string DeltaLink)> RoundAsync(string address)
    {
        var entries = 0;
        while (true)
        {
            var page = await entra.Client.GetFromJsonAsync<JsonElement>(address);
            entries += page.GetProperty("value").EnumerateArray().Sum(group => group.TryGetProperty("members@delta", out var members) ? members.GetArrayLength() : group.TryGetProperty("@removed", out _) ? 1 : 0);
            if (page.TryGetProperty("@odata.deltaLink", out var delta))
            {
                return (entries, delta.GetString()!);
            }

            address = page.GetProperty("@odata.nextLink").GetString()!;
        }
    }
}
