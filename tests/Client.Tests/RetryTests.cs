using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Kiota.Abstractions;

namespace EngageCenter.Client.Tests;

/// <summary>What the client sends again while the service is too busy.</summary>
public sealed class RetryTests
{
    private const string Body = """{"workspaceId":"one"}""";

    private static readonly Uri service = new("https://engage.contoso.example");

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task Idempotent_request_is_sent_again_with_its_body(HttpStatusCode status)
    {
        var connection = new Busy(status, status);
        var opened = await Client(connection).V1.Me.CurrentWorkspace.PutAsync(new() { WorkspaceId = "one" });

        Assert.Equal("one", opened!.WorkspaceId);
        Assert.Equal([Body, Body, Body], connection.Bodies);
    }

    [Fact]
    public async Task Post_is_sent_again_after_429_when_nothing_was_done()
    {
        var connection = new Busy(HttpStatusCode.TooManyRequests);
        await Client(connection).V1.Workspaces["one"].SupportCases.PostAsync(new() { Value = [] });

        Assert.Equal(2, connection.Bodies.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task Post_that_may_have_been_done_is_not_sent_again(HttpStatusCode status)
    {
        var connection = new Busy(status);
        var busy = await Assert.ThrowsAnyAsync<ApiException>(() => Client(connection).V1.Workspaces["one"].SupportCases.PostAsync(new() { Value = [] }));

        Assert.Equal((int)status, busy.ResponseStatusCode);
        Assert.Single(connection.Bodies);
    }

    [Fact]
    public async Task Lines_are_never_sent_again()
    {
        var connection = new Busy(HttpStatusCode.TooManyRequests);
        using var lines = new MemoryStream("{}\n"u8.ToArray());
        var busy = await Assert.ThrowsAsync<Problem>(() => Client(connection).PostCaseLinesAsync("one", lines));

        Assert.Equal(429, busy.Status);
        Assert.Equal(["{}\n"], connection.Bodies);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Last_answer_is_the_callers_problem(int retries)
    {
        var connection = new Busy([.. Enumerable.Repeat(HttpStatusCode.TooManyRequests, 9)]);
        var busy = await Assert.ThrowsAsync<Problem>(() => Client(connection, retries).V1.Me.GetAsync());

        Assert.Equal((429, 429), (busy.Status, busy.ResponseStatusCode));
        Assert.Equal(1 + retries, connection.Bodies.Count);
    }

    [Fact]
    public async Task Fault_of_the_service_is_not_sent_again()
    {
        var connection = new Busy(HttpStatusCode.InternalServerError);
        Assert.Equal(500, (await Assert.ThrowsAnyAsync<ApiException>(() => Client(connection).V1.Me.GetAsync())).ResponseStatusCode);
        Assert.Single(connection.Bodies);
    }

    private static EngageCenterClient Client(HttpMessageHandler connection, int retries = 3) =>
        EngageCenterClient.Create(service, _ => Task.FromResult("token"), connection, retries);

    /// <summary>Refuses requests, and asks to come back at once; then it answers.</summary>
    private sealed class Busy(params HttpStatusCode[] refusals) : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = new HttpResponseMessage(Bodies.Count < refusals.Length ? refusals[Bodies.Count] : HttpStatusCode.OK) { RequestMessage = request };
            Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
            answer.Content = answer.IsSuccessStatusCode
                ? new StringContent(Body, new MediaTypeHeaderValue("application/json"))
                : new StringContent(new JsonObject { ["status"] = (int)answer.StatusCode }.ToJsonString(), new MediaTypeHeaderValue("application/problem+json"));
            answer.Headers.Add("Retry-After", "0");
            return answer;
        }
    }
}
