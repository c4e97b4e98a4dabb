using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Support;
using EngageCenter.WebApi.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Limits;

/// <summary>Tests, over real connections, clients that do not read the responses they asked for.</summary>
[Collection(MeasuredMemory.Name)]
public sealed class SlowAnswersTests(ITestOutputHelper output)
{
    private const string Cases = $"/v1/workspaces/{WorkspaceId}/support-cases";

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    // More than the operating system's own buffers hold for a connection.
    private static readonly byte[] large = new byte[8 * 1024 * 1024];

    private static readonly ImmutableArray<SupportCase> page = [.. Enumerable.Range(0, PageRequest.MaxSize).Select(n => new SupportCase(
        $"{n}", 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, new('x', SupportCase.MaxTitleLength), CaseStatus.New, CaseSeverity.A, "Azure",
        null, null, null, null, null, null, null))];

    [Theory]
    [InlineData("/bytes")]
    [InlineData("/pipe")]
    public async Task Long_response_that_is_not_read_holds_a_buffer_and_no_copy(string path)
    {
        const int count = 20;
        await using var api = await StartAsync(TimeProvider.System, Large);
        var pace = api.Services.GetRequiredService<AnswerPace>();
        Assert.Equal(large.Length, (await api.Client.GetByteArrayAsync(path)).Length);
        var before = MeasuredMemory.Now();

        using var readers = new Readers();
        await readers.Start(api, count, path);
        await Until.True(() => Task.FromResult(pace.Followed == count), bound, "all clients are waited for");

        await MeasuredMemory.HoldsAtMostAConnection(before, count, output);
    }

    [Fact]
    public async Task Response_that_is_not_read_is_ended_and_frees_its_slot()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var api = await StartAsync(time, Large);
        var (limits, pace) = (api.Services.GetRequiredService<NodeLimits>(), api.Services.GetRequiredService<AnswerPace>());
        using var readers = new Readers();
        await readers.Start(api, 1, "/bytes");
        await Until.True(() => Task.FromResult(pace.Followed == 1), bound, "the client is waited for");
        Assert.Equal(1, limits.Requests.Taken);

        // The bytes that the system's buffers take at first count for the seconds in which they are written.
        await Until.True(() =>
        {
            time.Advance(AnswerPace.Period);
            return Task.FromResult((limits.Requests.Taken, pace.Followed) == (0, 0));
        }, bound, "the answer is ended");
        Assert.InRange(await readers.All[0].Rest(), 0, large.Length - 1);
        Assert.Equal(large.Length, (await api.Client.GetByteArrayAsync("/bytes")).Length);
    }

    [Fact]
    public async Task Export_that_is_not_read_holds_one_page_and_a_caller_has_few_exports()
    {
        await using var api = await StartAsync(("WebApi:MaxExports", "100"));
        var (limits, pace) = (api.Services.GetRequiredService<NodeLimits>(), api.Services.GetRequiredService<AnswerPace>());
        api.Decides(Member(Permissions.ViewSupportInsights));
        api.Grains.On<ISupportGrain>("Cases", _ => Task.FromResult(new Page<SupportCase>(page, "more", 0)));
        Assert.Equal(200, (await api.SendAsync("GET", Cases, Token())).Status);

        // The first export creates what all later ones share.
        using (var first = new Readers())
        {
            await first.Start(api, 1, Cases, "Accept: text/csv\r\n");
            await Until.True(() => Task.FromResult(pace.Followed == 1), bound, "the client is waited for");
        }

        await Until.True(() => Task.FromResult((limits.Exports.Taken, pace.Followed) == (0, 0)), bound, "the first export is ended");
        var before = MeasuredMemory.Now();

        const int count = WebApiOptions.MaxExportsOfCaller;
        using var readers = new Readers();
        await readers.Start(api, count, Cases, "Accept: text/csv\r\n");
        await Until.True(() => Task.FromResult(pace.Followed == count), bound, "all clients are waited for");

        // All exports share the same page.
        await MeasuredMemory.HoldsAtMostAConnection(before, count, output);

        var refused = await api.SendAsync("GET", Cases, Token(), headers: ("Accept", "text/csv"));
        Assert.Equal((429, "too-many-requests", true), (refused.Status, refused.Slug, refused.Headers.ContainsKey("Retry-After")));
        Assert.Equal(200, (await api.SendAsync("GET", Cases, Token())).Status);
        readers.Dispose();
        await Until.True(() => Task.FromResult(limits.Exports.Taken == 0), bound, "the exports of clients that have gone are ended");
    }

    private static void Large(WebApplication app)
    {
        app.MapGet("/bytes", () => TypedResults.Bytes(large)).AllowAnonymous();
        app.MapGet("/pipe", async (HttpContext http) => await http.Response.BodyWriter.WriteAsync(large)).AllowAnonymous();
    }

    private sealed class Readers : IDisposable
    {
        public List<Reader> All { get; } = [];

        public async Task Start(RunningWebApi api, int count, string path, string headers = "")
        {
            for (var n = 0; n < count; n++)
            {
                All.Add(await Reader.Start(api.Client.BaseAddress!, path, headers));
            }
        }

        public void Dispose() => All.ForEach(r => r.Dispose());
    }

    private sealed class Reader : IDisposable
    {
        private readonly TcpClient connection = new() { ReceiveBufferSize = 4 * 1024 };

        public static async Task<Reader> Start(Uri server, string path, string headers)
        {
            var reader = new Reader();
            await reader.connection.ConnectAsync(server.Host, server.Port);
            await reader.connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {Token()}\r\n{headers}\r\n"));
            return reader;
        }

        /// <summary>Returns how many more bytes arrive until the server closes the connection.</summary>
        public async Task<long> Rest()
        {
            using var limit = new CancellationTokenSource(bound);
            var (buffer, total) = (new byte[64 * 1024], 0L);
            try
            {
                for (int read; (read = await connection.GetStream().ReadAsync(buffer, limit.Token)) > 0; total += read)
                {
                }
            }
            catch (IOException)
            {
                // The connection was reset.
            }

            return total;
        }

        public void Dispose() => connection.Dispose();
    }
}
