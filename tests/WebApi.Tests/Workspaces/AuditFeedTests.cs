using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.Workspaces;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Workspaces;

/// <summary>Tests the stream of audit events over a connection, with stub grains and a clock that the test moves.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xunit ends it, by IAsyncLifetime.")]
public sealed class AuditFeedTests : IAsyncLifetime
{
    private const string Path = $"/v1/workspaces/{WorkspaceId}/audit-events/stream";

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    private readonly SteppedTime time = new();
    private readonly Lock gate = new();
    private ImmutableArray<AuditEvent> trail = [];
    private Func<AccessDecision> decide = null!;
    private Func<long, Page<AuditEvent>?>? answer;
    private TaskCompletionSource<AccessDecision>? silent;
    private int decided;
    private int asked;
    private RunningWebApi api = null!;

    // Does not read the rest of a response that its reader has abandoned.
    private readonly HttpClient client = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero });

    public async Task InitializeAsync()
    {
        api = await StartAsync(time);
        decide = () => Member(Permissions.ManageEntraGroups) with { Proof = (UInt128)(trail.Length + 1) };
        api.Decides(() =>
        {
            Interlocked.Increment(ref decided);
            try
            {
                return silent is null ? new ValueTask<AccessDecision>(decide()) : new ValueTask<AccessDecision>(silent.Task);
            }
            catch (Exception fault)
            {
                return new ValueTask<AccessDecision>(Task.FromException<AccessDecision>(fault));
            }
        });
        api.Grains.On<IWorkspaceGrain>("AuditEventsAfter", arguments =>
        {
            Interlocked.Increment(ref asked);
            try
            {
                var after = (long)arguments[1]!;
                return Task.FromResult(answer is null ? After(after) : answer(after));
            }
            catch (Exception fault)
            {
                return Task.FromException<Page<AuditEvent>?>(fault);
            }
        });
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task Existing_events_come_oldest_first_and_then_new_ones()
    {
        Record(120);
        await using var stream = await Open();
        Assert.Equal(Ids(1, 120), await stream.Read(120));
        Record(3);
        Assert.Equal(Ids(121, 123), await stream.Read(3));
        Record(1);
        Assert.Equal(Ids(124, 124), await stream.Read(1));
    }

    [Fact]
    public async Task Event_is_an_item_of_the_list_with_its_id()
    {
        Record(1);
        await using var stream = await Open();
        var block = await stream.Block();
        Assert.Equal(["event: audit", "id: 1"], block.Where(line => !line.StartsWith("data:", StringComparison.Ordinal)).Order());
        var data = JsonElement.Parse(block.Single(line => line.StartsWith("data:", StringComparison.Ordinal))["data:".Length..]);
        Assert.Equal(("1", "WorkspaceRenamed"), (data.GetProperty("eventId").GetString(), data.GetProperty("action").GetString()));
        Assert.Equal(JsonValueKind.Object, data.GetProperty("actor").ValueKind);
    }

    [Theory]
    [InlineData("Last-Event-ID", 7)]
    [InlineData("after", 7)]
    [InlineData("after", 10)]
    [InlineData("after", 0)]
    public async Task Reader_continues_after_its_last_event(string by, int last)
    {
        Record(10);
        await using var stream = by == "after" ? await Open($"?after={last}") : await Open("?after=3", ("Last-Event-ID", $"{last}"));
        Record(2);
        Assert.Equal(Ids(last + 1, 12), await stream.Read(12 - last));
    }

    [Fact]
    public async Task Every_event_comes_once_across_disconnects()
    {
        Record(30);
        var (read, draw) = (new List<string>(), new Random(7));
        while (read.Count < 200)
        {
            await Until.True(() => Task.FromResult(api.Services.GetRequiredService<NodeLimits>().Streams.Taken == 0), bound, "the stream before is closed");
            await using var stream = await Open("", read.Count == 0 ? [] : [("Last-Event-ID", read[^1])]);
            Record(Math.Min(draw.Next(0, 20), 200 - trail.Length));
            read.AddRange(await stream.Read(Math.Min(draw.Next(1, 25), trail.Length - read.Count)));
        }

        Assert.Equal(Ids(1, 200), read);
    }

    [Fact]
    public async Task Idle_stream_sends_a_comment_within_15_s_and_rarely_asks_the_workspace()
    {
        Record(1);
        await using var stream = await Open();
        await stream.Read(1);
        var (silence, before) = (AuditFeed.Silence + AuditFeed.Interval, asked);
        Assert.InRange(silence, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        for (var n = 0; n < 6; n++)
        {
            for (var passed = TimeSpan.Zero; passed < silence; passed += AuditFeed.Interval)
            {
                await Until.True(() => Task.FromResult(Stepped()), bound, "the stream waits");
            }

            await stream.Comment(moves: false);
        }

        Assert.InRange(asked - before, 0, (6 * silence / AuditFeed.Unasked) + 1);
    }

    [Fact]
    public async Task Stream_ends_within_seconds_after_the_right_is_lost_and_shows_nothing_more()
    {
        Record(2);
        await using var stream = await Open();
        await stream.Read(2);
        var lost = time.GetUtcNow();
        decide = () => Member(Permissions.ViewSupportInsights, epoch: 2);
        Record(1);
        Assert.Equal("access-lost", await stream.End());
        Assert.InRange(time.GetUtcNow() - lost, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(0, api.Services.GetRequiredService<NodeLimits>().Streams.Taken);
    }

    [Fact]
    public async Task Stream_shows_nothing_while_the_right_is_unconfirmed_and_ends_if_that_lasts()
    {
        Record(1);
        await using var stream = await Open();
        await stream.Read(1);
        decide = () => AccessDecision.Unconfirmed(Ann, WorkspaceId);
        Record(1);
        Assert.Equal("access-unconfirmed", await stream.End());
    }

    [Fact]
    public async Task Temporarily_unavailable_workspace_loses_and_repeats_no_event()
    {
        Record(5);
        await using var stream = await Open();
        await stream.Read(5);
        var failures = 0;
        answer = after => ++failures switch
        {
            1 => throw new StorageUnavailableException("A silo was lost."),
            2 => throw new TimeoutException(),

            // The policy has changed since the decision.
            3 or 4 => null,
            _ => After(after),
        };
        Record(5);
        Assert.Equal(Ids(6, 10), await stream.Read(5));
        Assert.Equal(5, failures);
    }

    [Fact]
    public async Task Comments_continue_and_a_stop_is_not_delayed_while_a_silo_does_not_respond()
    {
        Record(1);
        await using var stream = await Open();
        await stream.Read(1);
        silent = new();
        for (var last = time.GetUtcNow(); (time.GetUtcNow() - last).TotalSeconds < 60;)
        {
            var before = time.GetUtcNow();
            await stream.Comment();
            Assert.InRange(time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        }

        api.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Equal("node-stopping", await stream.End(moves: false));
    }

    [Fact]
    public async Task Stream_ends_when_its_token_expires()
    {
        Record(1);
        await using var stream = await OpenWith(Sign(Claims(), lifetime: TimeSpan.FromMinutes(2)));
        await stream.Read(1);
        Assert.Equal("token-expired", await stream.End());
        Assert.InRange(time.GetUtcNow(), TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(2.5));
    }

    [Fact]
    public async Task Stopping_node_ends_streams_at_once_and_opens_no_others()
    {
        Record(1);
        await using var stream = await Open();
        await stream.Read(1);
        api.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Equal("node-stopping", await stream.End(moves: false));
        var refused = await api.SendAsync("GET", Path, Token());
        Assert.Equal((503, true), (refused.Status, refused.Headers.ContainsKey("Retry-After")));
    }

    [Fact]
    public async Task Caller_has_at_most_10_streams_which_use_no_request_slot()
    {
        Record(1);
        var limits = api.Services.GetRequiredService<NodeLimits>();

        // The first caller counts as a stranger.
        var tenants = api.Services.GetRequiredService<AllowedTenants>();
        await Until.True(() => Task.FromResult(!tenants.CountsAsStranger(Tenant)), bound, "the tenant is known");
        var streams = new List<EventStream>();
        for (var n = 0; n < WebApiOptions.MaxStreamsOfCaller; n++)
        {
            streams.Add(await Open());
            await streams[^1].Read(1);
        }

        Assert.Equal((WebApiOptions.MaxStreamsOfCaller, 0), (limits.Streams.Taken, limits.Requests.Taken));
        Assert.Equal("too-many-requests", (await api.SendAsync("GET", Path, Token())).Slug);
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await Until.True(() => Task.FromResult(limits.Streams.Taken == 0), bound, "the streams are closed");
    }

    [Fact]
    public async Task Workspace_has_500_readers_who_all_get_every_event_and_a_further_one_is_refused()
    {
        Record(1);
        var people = Enumerable.Range(0, AuditFeed.MaxOfWorkspace).Select(n => Ann with { UserId = new Guid(n, 1, 1, new byte[8]) }).ToList();
        var tenants = api.Services.GetRequiredService<AllowedTenants>();
        await Until.True(() => Task.FromResult(!tenants.CountsAsStranger(Tenant)), bound, "the tenant is known");
        var streams = await Task.WhenAll(people.Select(person => OpenWith(Token(person))));
        foreach (var stream in streams)
        {
            Assert.Equal(["1"], await stream.Read(1));
        }

        var refused = await api.SendAsync("GET", Path, Token());
        Assert.Equal((503, "service-unavailable"), (refused.Status, refused.Slug));

        Record(3);
        foreach (var stream in streams)
        {
            Assert.Equal(Ids(2, 4), await stream.Read(3));
        }

        // Whoever leaves makes room.
        await streams[0].DisposeAsync();
        await Until.True(async () => (await api.SendAsync("HEAD", Path, Token())).Status == 200, bound, "there is room");
        await Task.WhenAll(streams.Select(async stream => await stream.DisposeAsync()));
    }

    [Fact]
    public async Task Slow_reader_is_told_the_reason_and_can_continue_later()
    {
        // More than the buffers of a connection hold.
        Record(300, name: new string('x', 100_000));
        await using var stream = await Open();
        var first = await stream.Block();
        Assert.Contains("id: 1", first);

        // The node waits for the reader to read what it has written.
        var pace = api.Services.GetRequiredService<AnswerPace>();
        await Until.True(() => Task.FromResult(pace.Followed == 1), bound, "the reader is waited for");
        time.Advance(AuditFeed.Slow + TimeSpan.FromSeconds(1));
        var (last, reason) = await stream.ReadToEnd();
        Assert.Equal("slow-reader", reason);
        await using var next = await Open("", ("Last-Event-ID", last));
        Assert.Equal([$"{int.Parse(last, System.Globalization.CultureInfo.InvariantCulture) + 1}"], await next.Read(1));
    }

    [Fact]
    public async Task Stream_with_live_false_ends_after_the_newest_event()
    {
        Record(60);
        await using var stream = await Open("?live=false");
        Assert.Equal(Ids(1, 60), await stream.Read(60));
        Assert.Equal("complete", await stream.End(moves: false));
    }

    [Fact]
    public async Task Export_has_every_event_up_to_the_newest_at_its_start()
    {
        Record(1_200);
        answer = after =>
        {
            // Changes continue during the export.
            var page = After(after);
            Record(1);
            return page;
        };
        foreach (var path in (string[])[Path, Path[..^"/stream".Length]])
        {
            var newest = trail.Length;
            var export = await api.SendAsync("GET", path, Token(), headers: ("Accept", "application/x-ndjson"));
            Assert.Equal((200, "application/x-ndjson"), (export.Status, export.ContentType));
            var lines = export.Body.Split('\n');
            Assert.Equal("", lines[^1]);
            Assert.Equal(Ids(1, newest), lines[..^1].Select(line => JsonElement.Parse(line).GetProperty("eventId").GetString()!));
        }
    }

    [Fact]
    public async Task Exported_event_keeps_its_bytes()
    {
        // The hashes that readers kept match only while an event is exported with the same bytes.
        var actor = new Actor(ActorKind.Application, Guid.Parse("11111111-1111-1111-1111-111111111111"), "a7", "Zoë <b>", "Agreements.ReadWrite.All");
        trail =
        [
            new(1, new(2026, 7, 1, 8, 0, 0, TimeSpan.Zero), actor, AuditAction.ContractChanged, new(AuditTargetKind.Agreement, "esa-1", null), null,
                ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("contacts", ["Ann"]).Add("endDate", ["2027-01-01"])),
            new(2, new DateTimeOffset(2026, 7, 1, 8, 0, 0, TimeSpan.Zero).AddTicks(1), actor with { AppRole = null, DisplayName = null }, AuditAction.GroupRevoked, new(AuditTargetKind.Group, "g", "Team 名"),
                ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("roles", ["Reader", "User"]), null),
        ];
        var export = await api.SendAsync("GET", Path[..^"/stream".Length], Token(), headers: ("Accept", "application/x-ndjson"));
        Assert.Equal(
            """
            {"eventId":"1","occurredAt":"2026-07-01T08:00:00Z","actor":{"kind":"Application","tenantId":"11111111-1111-1111-1111-111111111111","id":"a7","displayName":"Zo\u00EB \u003Cb\u003E"},"action":"ContractChanged","target":{"kind":"Agreement","id":"esa-1","displayName":null},"before":null,"after":{"contacts":["Ann"],"endDate":"2027-01-01"},"previousHash":null}
            {"eventId":"2","occurredAt":"2026-07-01T08:00:00.0000001Z","actor":{"kind":"Application","tenantId":"11111111-1111-1111-1111-111111111111","id":"a7","displayName":null},"action":"GroupRevoked","target":{"kind":"Group","id":"g","displayName":"Team \u540D"},"before":{"roles":["Reader","User"]},"after":null,"previousHash":"6ff7dbe822b076f341aedc53d273fcac865bb13b3036185c3a4cd1e55cfbbec5"}

            """,
            export.Body);
    }

    [Fact]
    public async Task Export_that_cannot_continue_breaks_off()
    {
        Record(1_200);
        answer = after => after == 0 ? After(0) : throw new StorageUnavailableException("Not now.");
        await Assert.ThrowsAnyAsync<Exception>(() => api.SendAsync("GET", Path, Token(), headers: ("Accept", "application/x-ndjson")));
    }

    [Theory]
    [InlineData("?after=x", null, "after")]
    [InlineData("?after=-1", null, "after")]
    [InlineData("?after=11", null, "after")]
    [InlineData("?live=maybe", null, "live")]
    [InlineData("", "x", "Last-Event-ID")]
    [InlineData("", "-1", "Last-Event-ID")]
    [InlineData("", "11", "Last-Event-ID")]
    [InlineData("", "99999999999999999999", "Last-Event-ID")]
    public async Task Stream_must_start_after_an_event_of_the_workspace(string query, string? last, string field)
    {
        Record(10);
        answer = after => after > trail.Length ? throw new InvalidCursorException() : After(after);
        var refused = await api.SendAsync("GET", Path + query, Token(), headers: last is null ? [] : [("Last-Event-ID", last)]);
        Assert.Equal((400, field), (refused.Status, Assert.Single(refused.ErrorFields)));
    }

    [Fact]
    public async Task HEAD_ends_and_an_unsupported_type_is_406()
    {
        Record(1);
        Assert.Equal((200, "text/event-stream"), ((await api.SendAsync("HEAD", Path, Token())).Status, (await api.SendAsync("HEAD", Path, Token())).ContentType));
        Assert.Equal("not-acceptable", (await api.SendAsync("GET", Path, Token(), headers: ("Accept", "text/csv"))).Slug);
        Assert.Equal("not-acceptable", (await api.SendAsync("GET", Path[..^"/stream".Length], Token(), headers: ("Accept", "text/csv"))).Slug);
    }

    // Advances the clock by the interval if the stream waits for it.
    private bool Stepped()
    {
        if (Interlocked.Exchange(ref time.Waits, 0) == 0)
        {
            return false;
        }

        time.Advance(AuditFeed.Interval);
        return true;
    }

    private static IEnumerable<string> Ids(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => $"{n}");

    private void Record(int count, string? name = null)
    {
        lock (gate)
        {
            var who = new Actor(ActorKind.User, Tenant, "ann", name ?? "Ann");
            trail = [.. trail, .. Enumerable.Range(trail.Length + 1, count).Select(n => new AuditEvent(
                n, DateTimeOffset.UnixEpoch, who, AuditAction.WorkspaceRenamed, new(AuditTargetKind.Workspace, WorkspaceId, null), null, null))];
        }
    }

    private Page<AuditEvent> After(long after)
    {
        lock (gate)
        {
            return new([.. trail.Skip((int)after).Take(AuditFeed.PageSize)], null, trail.Length);
        }
    }

    private Task<EventStream> Open(string query = "", params (string Name, string Value)[] headers) => OpenWith(Token(), query, headers);

    private async Task<EventStream> OpenWith(string token, string query = "", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api.Client.BaseAddress!, Path + query));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return new(response, new(await response.Content.ReadAsStreamAsync()), this);
    }

    private sealed class EventStream(HttpResponseMessage response, StreamReader reader, AuditFeedTests test) : IAsyncDisposable
    {
        public async Task<List<string>> Read(int count)
        {
            var ids = new List<string>();
            while (ids.Count < count)
            {
                ids.Add((await Block()).Single(line => line.StartsWith("id: ", StringComparison.Ordinal))["id: ".Length..]);
            }

            return ids;
        }

        /// <summary>Returns the lines of the next event.</summary>
        public async Task<List<string>> Block(bool moves = true)
        {
            while (true)
            {
                var lines = await Lines(moves);
                if (lines is not [":"])
                {
                    return lines;
                }
            }
        }

        public async Task Comment(bool moves = true) => Assert.Equal([":"], await Lines(moves));

        /// <summary>Returns why the stream ends; there must be no events before.</summary>
        public async Task<string> End(bool moves = true)
        {
            var lines = await Block(moves);
            Assert.Contains("event: end", lines);
            Assert.Null(await reader.ReadLineAsync());
            return ReasonOf(lines);
        }

        public async Task<(string Last, string Reason)> ReadToEnd()
        {
            for (var last = "1"; ;)
            {
                var lines = await Block(moves: false);
                if (lines.Contains("event: end"))
                {
                    return (last, ReasonOf(lines));
                }

                last = lines.Single(line => line.StartsWith("id: ", StringComparison.Ordinal))["id: ".Length..];
            }
        }

        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            response.Dispose();
            return ValueTask.CompletedTask;
        }

        private static string ReasonOf(List<string> lines) =>
            JsonElement.Parse(lines.Single(line => line.StartsWith("data:", StringComparison.Ordinal))["data:".Length..]).GetProperty("reason").GetString()!;

        private async Task<List<string>> Lines(bool moves)
        {
            var lines = new List<string>();
            while (true)
            {
                var line = reader.ReadLineAsync();
                if (moves && !line.IsCompleted)
                {
                    await Moved(line);
                }

                if (await line.WaitAsync(bound) is not { Length: > 0 } text)
                {
                    return lines;
                }

                lines.Add(text);
            }
        }

        private Task Moved(Task<string?> line) => Until.True(
            () =>
            {
                if (!line.IsCompleted)
                {
                    test.Stepped();
                }

                return Task.FromResult(line.IsCompleted);
            },
            bound, "the stream goes on");
    }

    /// <summary>Counts how often a stream started to wait.</summary>
    private sealed class SteppedTime() : FakeTimeProvider(System.GetUtcNow())
    {
        public int Waits;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == AuditFeed.Interval)
            {
                Interlocked.Increment(ref Waits);
            }

            return timer;
        }
    }
}
