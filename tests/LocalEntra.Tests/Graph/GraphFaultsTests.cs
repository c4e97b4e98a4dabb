using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Graph;

/// <summary>What a test can make go wrong with Graph.</summary>
public sealed class GraphFaultsTests : OwnEntraTest
{
    private const string Person = $"/graph/v1.0/users/{Ann}";

    [Theory]
    [InlineData(429, "2")]
    [InlineData(429, "1.5")]
    [InlineData(429, "Sun, 01 Mar 2026 12:00:05 GMT")]
    [InlineData(429, null)]
    [InlineData(503, "1")]
    public async Task Requests_are_throttled_as_often_as_asked_for(int status, string? retryAfter)
    {
        await entra.SetFaultsAsync(new { kind = "Refuse", status, retryAfter, times = 2 });

        for (var i = 0; i < 2; i++)
        {
            using var refused = await entra.Client.GetAsync(Person);
            Assert.Equal((status, retryAfter), ((int)refused.StatusCode, refused.Headers.TryGetValues("Retry-After", out var values) ? values.Single() : null));
        }

        Assert.Equal(HttpStatusCode.OK, (await entra.Client.GetAsync(Person)).StatusCode);
    }

    [Fact]
    public async Task Fault_affects_only_its_requests_until_it_is_cleared()
    {
        await entra.SetFaultsAsync(new { kind = "Refuse", status = 500, path = "/users/" });

        Assert.Equal(HttpStatusCode.InternalServerError, (await entra.Client.GetAsync(Person)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await entra.Client.GetAsync($"/graph/v1.0/groups/{Outer}")).StatusCode);

        using var cleared = await entra.Client.DeleteAsync("/graph/faults");
        Assert.Equal(HttpStatusCode.OK, (await entra.Client.GetAsync(Person)).StatusCode);
    }

    [Fact]
    public async Task A_slow_answer_comes_after_its_delay()
    {
        await entra.SetFaultsAsync(new { kind = "Slow", delay = "00:00:05" });

        var answer = entra.Client.GetAsync(Person);
        await AppliedAsync();
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(answer.IsCompleted);

        // Its wait may have begun only now.
        while (!answer.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await ViewAsync();
        }

        Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
    }

    [Fact]
    public async Task A_silent_answer_does_not_come_until_the_fault_is_over()
    {
        await entra.SetFaultsAsync(new { kind = "Silent" });

        var answer = entra.Client.GetAsync(Person);
        await AppliedAsync();
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(answer.IsCompleted);
        using var cleared = await entra.Client.DeleteAsync("/graph/faults");

        Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
    }

    [Fact]
    public async Task Half_an_answer_breaks_in_the_middle()
    {
        await entra.SetFaultsAsync(new { kind = "Half", times = 1 });

        await Assert.ThrowsAsync<HttpRequestException>(() => entra.Client.GetAsync(Person));
        Assert.Equal(HttpStatusCode.OK, (await entra.Client.GetAsync(Person)).StatusCode);
    }

    [Fact]
    public async Task A_page_token_is_made_to_expire_in_the_middle_of_a_list()
    {
        var page = await entra.Client.GetFromJsonAsync<JsonElement>($"/graph/v1.0/groups/{Outer}/members?$top=1");
        await entra.SetFaultsAsync(new { kind = "ExpiredPage" });

        using var expired = await entra.Client.GetAsync(page.GetProperty("@odata.nextLink").GetString());
        var error = await expired.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((HttpStatusCode.BadRequest, "Directory_ExpiredPageToken"), (expired.StatusCode, error.GetProperty("error").GetProperty("code").GetString()));

        Assert.Equal(HttpStatusCode.OK, (await entra.Client.GetAsync($"/graph/v1.0/groups/{Outer}/members?$top=1")).StatusCode);
    }

    [Fact]
    public async Task Requests_are_counted()
    {
        var before = await ViewAsync();
        using var one = await entra.Client.GetAsync(Person);
        using var two = await entra.Client.GetAsync("/graph/v1.0/groups/delta");

        Assert.Equal(2, (await ViewAsync()).GetProperty("requests").GetInt64() - before.GetProperty("requests").GetInt64());
    }

    [Theory]
    [InlineData("""{"faults":[{"kind":"Refuse"}]}""", "faults[0]: 'status' must be from 400 to 599.")]
    [InlineData("""{"faults":[{"kind":"Refuse","status":200}]}""", "faults[0]: 'status' must be from 400 to 599.")]
    [InlineData("""{"faults":[{"kind":"Slow"}]}""", "faults[0]: 'delay' is required.")]
    [InlineData("""{"faults":[{"kind":"Slow","delay":"01:00:00"}]}""", "faults[0]: 'delay' must be positive and at most 00:10:00.")]
    [InlineData("""{"faults":[{"kind":"SmallPages","pageSize":0}]}""", "faults[0]: 'pageSize' must be from 1 to 999.")]
    [InlineData("""{"faults":[{"kind":"Half","times":0}]}""", "faults[0]: 'times' must be at least 1.")]
    [InlineData("""{"faults":[{"kind":"Refuse","status":429,"retryAfter":"1\r\nX: y"}]}""", "faults[0]: a text must have at most 256 characters of printable ASCII.")]
    [InlineData("""{"faults":[null]}""", "faults[0]: is null.")]
    [InlineData("""{"faults":[{"kind":"Explode"}]}""", "faults[0].kind")]
    [InlineData("""{"faults":[{"kind":"Half","tiems":1}]}""", "tiems")]
    [InlineData("""{"faults":7}""", "faults")]
    public async Task A_wrong_fault_is_refused_and_changes_nothing(string body, string expected)
    {
        await entra.SetFaultsAsync(new { kind = "Refuse", status = 500 });

        using var refused = await entra.SendJsonAsync(HttpMethod.Put, "/graph/faults", body);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains(expected, (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(HttpStatusCode.InternalServerError, (await entra.Client.GetAsync(Person)).StatusCode);
    }

    [Fact]
    public async Task Faults_have_a_bound()
    {
        var body = JsonSerializer.Serialize(new { faults = Enumerable.Repeat(new { kind = "Half" }, 101) });

        using var refused = await entra.SendJsonAsync(HttpMethod.Put, "/graph/faults", body);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    private Task<JsonElement> ViewAsync() => entra.Client.GetFromJsonAsync<JsonElement>("/graph/faults");

    // A request that is counted has met the fault.
    private async Task AppliedAsync()
    {
        while ((await ViewAsync()).GetProperty("faults")[0].GetProperty("applied").GetInt32() == 0)
        {
            await Task.Yield();
        }
    }
}
