using System.Net.Sockets;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Hosting;

public sealed class ProtocolTests : IAsyncLifetime
{
    private RunningWebApi api = null!;

    public async Task InitializeAsync() => api = await RunningWebApi.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Unknown_address_is_a_problem_with_a_trace_id()
    {
        var answer = await api.SendAsync("GET", "/v1/nowhere");

        Assert.Equal((404, "not-found"), (answer.Status, answer.Slug));
        Assert.Equal(["type", "title", "status", "detail", "traceId"], answer.Json.EnumerateObject().Select(m => m.Name));
        Assert.NotEmpty(answer.Json.GetProperty("traceId").GetString()!);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
    }

    [Fact]
    public async Task Wrong_method_is_a_problem_that_lists_the_allowed_methods()
    {
        var answer = await api.SendAsync("DELETE", "/v1/roles", Token());

        Assert.Equal((405, "method-not-allowed"), (answer.Status, answer.Slug));
        Assert.Equal("GET, HEAD", answer.Headers["Allow"]);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/xml")]
    public async Task Body_of_another_type_is_415(string mediaType)
    {
        var answer = await api.SendAsync("PUT", "/v1/me/current-workspace", Token(), "{}", mediaType);

        Assert.Equal((415, "unsupported-media-type"), (answer.Status, answer.Slug));
    }

    [Fact]
    public async Task Body_over_the_limit_is_413()
    {
        var answer = await api.SendAsync("PUT", "/v1/me/current-workspace", Token(), new string(' ', (1024 * 1024) + 1));

        Assert.Equal((413, "content-too-large"), (answer.Status, answer.Slug));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{} {}")]
    [InlineData("{ \"workspaceId\": \"a\", }")]
    public async Task Body_that_is_not_an_object_is_refused(string body)
    {
        var answer = await api.SendAsync("PUT", "/v1/me/current-workspace", Token(), body);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Slug));
        Assert.Equal(["$"], answer.ErrorFields);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "workspaceId": 5 }""")]
    [InlineData("""{ "workspaceId": null }""")]
    [InlineData("""{ "workspaceId": "\ud800" }""")]
    [InlineData("""{ "workspaceId": "a", "workspaceId": "b" }""")]
    public async Task Wrong_field_is_named(string body)
    {
        var answer = await api.SendAsync("PUT", "/v1/me/current-workspace", Token(), body);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Slug));
        Assert.Equal(["workspaceId"], answer.ErrorFields);
    }

    [Fact]
    public async Task Unavailable_storage_is_503_with_Retry_After()
    {
        api.Grains.On<IUserGrain>("Me", _ => Task.FromException<Me>(new StorageUnavailableException("a secret")));

        var answer = await api.SendAsync("GET", "/v1/me", Token());

        Assert.Equal((503, "service-unavailable"), (answer.Status, answer.Slug));
        Assert.True(answer.Headers.ContainsKey("Retry-After"));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Responses_for_one_caller_are_not_cached()
    {
        foreach (var (path, token) in new[] { ("/v1/roles", Token()), ("/v1/roles", null), ("/v1/me", Token()), ("/v1/nowhere", null) })
        {
            Assert.Equal("no-store", (await api.SendAsync("GET", path, token)).Headers["Cache-Control"]);
        }
    }

    [Theory]
    [InlineData(true, "Warning")]
    [InlineData(false, "Error")]
    public async Task Log_of_a_fault_names_no_person(bool isUnavailable, string level)
    {
        using var lines = new LogLines();
        api.Services.GetRequiredService<ILoggerFactory>().AddProvider(lines);
        var message = $"Timeout while the grain user/{Ann} did this, and USER%2F{Ann.TenantId}%2F{Ann.UserId} that";
        api.Grains.On<IUserGrain>("Me", _ => Task.FromException<Me>(isUnavailable ? new TimeoutException(message) : new InvalidDataException(message)));

        await api.SendAsync("GET", "/v1/me", Token());

        var line = Assert.Single(lines.All, l => l.Category.EndsWith(".Faults", StringComparison.Ordinal));
        Assert.Equal(level, $"{line.Level}");
        Assert.Contains("Timeout while the grain user did this, and user that", line.Text, StringComparison.Ordinal);
        Assert.All(lines.All, l => Assert.DoesNotContain(Ann.UserId.ToString(), l.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void No_key_for_cookies_is_created_or_stored()
    {
        var protection = typeof(EphemeralDataProtectionProvider).Assembly;

        Assert.DoesNotContain(api.Services.GetServices<IHostedService>(), s => s.GetType().Assembly == protection);
        Assert.IsType<EphemeralDataProtectionProvider>(api.Services.GetRequiredService<IDataProtectionProvider>());
    }

    [Fact]
    public async Task Overloaded_silo_is_503_with_Retry_After()
    {
        api.Grains.On<IUserGrain>("Me", _ => Task.FromException<Me>(new GatewayTooBusyException("Shedding load")));

        var answer = await api.SendAsync("GET", "/v1/me", Token());

        Assert.Equal((503, "service-unavailable"), (answer.Status, answer.Slug));
        Assert.True(answer.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task Fault_reveals_no_details()
    {
        api.Grains.On<IUserGrain>("Me", _ => Task.FromException<Me>(new InvalidOperationException("a secret")));

        var answer = await api.SendAsync("GET", "/v1/me", Token());

        Assert.Equal((500, "internal-error"), (answer.Status, answer.Slug));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_the_links_of_a_list_gives_every_item_once()
    {
        var roles = new List<string>();
        var pages = 0;
        for (string? next = "/v1/roles?pageSize=3"; next is not null; pages++)
        {
            var answer = await api.SendAsync("GET", next, Token());
            Assert.Equal(200, answer.Status);
            Assert.Equal(10, answer.Json.GetProperty("totalCount").GetInt32());
            roles.AddRange(answer.Json.GetProperty("value").EnumerateArray().Select(r => r.GetProperty("role").GetString()!));
            next = answer.Json.TryGetProperty("nextLink", out var link) ? link.GetString() : null;
            Assert.True(next is null || (next.StartsWith("/v1/roles?", StringComparison.Ordinal) && next.Contains("pageSize=3", StringComparison.Ordinal)));
        }

        Assert.Equal(4, pages);
        Assert.Equal(RoleTable.All.Select(r => r.Role.ToString()), roles);
    }

    [Theory]
    [InlineData("pageSize=0", "pageSize")]
    [InlineData("pageSize=501", "pageSize")]
    [InlineData("pageSize=x", "pageSize")]
    [InlineData("pageSize=", "pageSize")]
    [InlineData("pageSize=1&pageSize=2", "pageSize")]
    [InlineData("cursor=", "cursor")]
    [InlineData("cursor=!", "cursor")]
    [InlineData("cursor=OTk5", "cursor")]
    public async Task Invalid_page_is_400(string query, string field)
    {
        var answer = await api.SendAsync("GET", $"/v1/roles?{query}", Token());

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Slug));
        Assert.Equal([field], answer.ErrorFields);
    }

    [Fact]
    public async Task Caller_with_too_many_requests_is_told_to_wait()
    {
        await using var strict = await RunningWebApi.StartAsync(("WebApi:RateLimit:PermitLimit", "1"), ("WebApi:RateLimit:Burst", "1"));
        var other = new PersonId(Tenant, Guid.NewGuid());
        string? slug = null;
        for (var i = 0; i < 50 && slug is null; i++)
        {
            slug = (await strict.SendAsync("GET", "/v1/roles", Token())).Slug;
        }

        Assert.Equal("too-many-requests", slug);
        Assert.Equal(200, (await strict.SendAsync("GET", "/v1/roles", Token(other))).Status);
    }

    [Fact]
    public async Task Process_is_live_whatever_the_state_of_the_cluster()
    {
        Assert.Equal(200, (await api.SendAsync("GET", "/health/live")).Status);
        Assert.Equal(503, (await api.SendAsync("GET", "/health/ready")).Status);
    }

    [Fact]
    public async Task Full_node_tells_further_callers_to_try_again()
    {
        await using var busy = await RunningWebApi.StartAsync(("WebApi:MaxRequests", "1"));
        var (asked, decision) = (new TaskCompletionSource(), new TaskCompletionSource<AccessDecision>());
        busy.Decides(() =>
        {
            asked.SetResult();
            return new ValueTask<AccessDecision>(decision.Task);
        });
        var first = busy.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}", Token());
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var second = await busy.SendAsync("GET", "/v1/roles", Token(new(Guid.NewGuid(), Guid.NewGuid())));
        Assert.Equal((503, "service-unavailable"), (second.Status, second.Slug));
        Assert.Equal("2", second.Headers["Retry-After"]);
        Assert.Equal(200, (await busy.SendAsync("GET", "/health/live")).Status);

        decision.SetResult(new(Ann, WorkspaceId, Standing.Outsider, Permissions.None, 1));
        await first;
        Assert.Equal(200, (await busy.SendAsync("GET", "/v1/roles", Token())).Status);
    }

    [Theory]
    [InlineData("MaxRequests", "0")]
    [InlineData("MaxRequests", "20000")]
    [InlineData("MaxBodies", "0")]
    [InlineData("MaxBodyMemory", "25165823")]
    [InlineData("CallerScans", "0")]
    [InlineData("CallerShare", "0")]
    [InlineData("CallerShare", "0.6")]
    [InlineData("CallerShare", "NaN")]
    [InlineData("TenantShare", "1.1")]
    public async Task Contradictory_limits_prevent_the_start(string name, string value)
    {
        var refused = await Assert.ThrowsAsync<SettingException>(
            () => RunningWebApi.StartAsync(("WebApi:MaxConnections", "20000"), ($"WebApi:{name}", value)));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Server_limits_match_the_sizes_used_for_memory_defaults()
    {
        var options = api.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;

        Assert.Equal(WebApiOptions.ConnectionBufferBytes, options.Limits.MaxRequestBufferSize);
        Assert.Equal(WebApiOptions.ConnectionBufferBytes, options.Limits.MaxResponseBufferSize);
        Assert.Equal(new WebApiOptions().MaxConnections, options.Limits.MaxConcurrentConnections);
        Assert.Equal(240, options.Limits.MinRequestBodyDataRate?.BytesPerSecond);
        Assert.True(options.Limits.MaxRequestBodySize > 8 * 1024 * 1024);
    }

    [Theory]
    [InlineData("80000000")]
    [InlineData("FFFFFFFF")]
    [InlineData("FFFFFFFFFFFF")]
    [InlineData("-1")]
    [InlineData("zz")]
    public async Task Impossible_chunk_size_is_a_bad_request(string size)
    {
        var server = api.Client.BaseAddress!;
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.Host, server.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT /v1/me/current-workspace HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {Token()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{size}\r\n{{}}\r\n"));

        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }
}
