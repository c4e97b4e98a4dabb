using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.RateLimiting;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Limits;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.IdentityModel.JsonWebTokens;

namespace EngageCenter.WebApi.Workspaces;

/// <summary>
/// Streams a workspace's audit trail as Server-Sent Events: what there is, oldest first, and then what comes. It reads on by
/// the sequence of the last event, which has no gaps, so nothing is missed and nothing comes twice.
/// </summary>
/// <remarks>
/// The reader's right is decided anew each second, from memory where nothing has changed. Every change of a workspace gives
/// decisions another proof (<see cref="AccessDecision.Proof"/>), so an unchanged decision means that there
/// is no new event. The workspace is asked when the decision has changed, and every 10 s. An event that is streamed is stored.
/// </remarks>
internal sealed class AuditFeed(NodeLimits limits, IHostApplicationLifetime lifetime, TimeProvider time) : IDisposable
{
    /// <summary>Streams of one workspace on a node; more are refused with 503.</summary>
    public const int MaxOfWorkspace = 500;

    /// <summary>Events that are read at once, and held until the reader has taken them.</summary>
    public const int PageSize = 50;

    /// <summary>How often the reader's right is decided, and how long an event may take to be seen.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long nothing is written before a comment is, so that nobody in between takes the connection for dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>How long the workspace is not asked while decisions stay the same. A silo of an earlier release proves nothing.</summary>
    public static readonly TimeSpan Unasked = TimeSpan.FromSeconds(10);

    /// <summary>How long the right may be unconfirmed, or the workspace unavailable, before the stream ends. Nothing is sent meanwhile.</summary>
    public static readonly TimeSpan Unconfirmed = TimeSpan.FromSeconds(10);

    /// <summary>How long one event may wait for the reader to take those before.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);

    // When a client comes back, by default.
    private static readonly TimeSpan reconnect = TimeSpan.FromSeconds(2);

    // A policy that changes with every page is not one that a reader waits for.
    private const int Attempts = 5;

    private readonly IHostApplicationLifetime lifetime = lifetime;
    private readonly TimeProvider time = time;

    private readonly PartitionedRateLimiter<string> ofWorkspace = PartitionedRateLimiter.Create<string, string>(id =>
        RateLimitPartition.GetConcurrencyLimiter(id, _ => new() { PermitLimit = MaxOfWorkspace, QueueLimit = 0 }));

    public void Dispose() => ofWorkspace.Dispose();

    /// <summary>A stream that goes on behind an event.</summary>
    /// <param name="visit">The reader's, let in.</param>
    /// <param name="first">What follows the event.</param>
    /// <param name="isLive">Whether to go on with what comes; else it ends behind the newest event.</param>
    public IResult Open(WorkspaceVisit visit, HttpContext http, long after, Page<AuditEvent> first, bool isLive)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Problems.ServiceUnavailable.Answer("This node is stopping.");
        }

        var share = limits.Streams.TryTake(http.Features.GetRequiredFeature<Claimant>());
        http.Response.RegisterForDispose(share);
        if (!share.IsTaken)
        {
            return OverLimitException.Of(share.UsedUp, "streams").Answer();
        }

        var place = ofWorkspace.AttemptAcquire(visit.WorkspaceId);
        http.Response.RegisterForDispose(place);
        if (!place.IsAcquired)
        {
            return Problems.ServiceUnavailable.Answer($"The workspace has {MaxOfWorkspace} streams on this node.");
        }

        // A stream has places of its own. It works for a moment now and then, and would hold a request's slot all the time.
        http.Features.Get<RequestSlot>()?.Leave();
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        return TypedResults.ServerSentEvents(Events(new(visit, http, ExpiryOf(http), this), after, first, isLive, http.RequestAborted));
    }

    private static async IAsyncEnumerable<SseItem<string>> Events(
        Reader reader, long after, Page<AuditEvent> page, bool isLive, [EnumeratorCancellation] CancellationToken aborted)
    {
        // The headers go out with it, also where there is no event yet.
        await reader.Comment(aborted);
        string? end = null;
        while (end is null)
        {
            foreach (var recorded in page.Items)
            {
                var started = reader.Now;
                yield return new(JsonSerializer.Serialize(AuditEventResponse.Of(recorded), WireJson.Options), "audit")
                {
                    EventId = FormattableString.Invariant($"{recorded.Sequence}"),
                };
                after = recorded.Sequence;
                if (reader.Wrote(started) > Slow)
                {
                    end = "slow-reader";
                    break;
                }
            }

            if (end is null && after >= page.TotalCount && !isLive)
            {
                end = "complete";
            }

            if (end is null)
            {
                (page, end) = await reader.Next(after, hasMore: after < page.TotalCount, aborted);
            }
        }

        yield return new($$"""{"reason":"{{end}}"}""", "end") { ReconnectionInterval = reconnect };
    }

    // The token was validated with this request. A stream must not outlive it.
    private DateTimeOffset ExpiryOf(HttpContext http)
    {
        var token = http.Request.Headers.Authorization.ToString()["Bearer ".Length..].Trim();
        var expires = new DateTimeOffset(new JsonWebToken(token).ValidTo, TimeSpan.Zero);
        // Within the clocks' difference it was taken after its end.
        return expires > time.GetUtcNow() ? expires : time.GetUtcNow() + Interval;
    }

    /// <summary>One reader's stream.</summary>
    private sealed class Reader(WorkspaceVisit visit, HttpContext http, DateTimeOffset expires, AuditFeed feed)
    {
        private static readonly Page<AuditEvent> none = new([], null, 0);

        private readonly TimeProvider time = feed.time;
        private long written = feed.time.GetTimestamp();
        private long asked = feed.time.GetTimestamp();
        private long confirmed = feed.time.GetTimestamp();

        // Whether the workspace has to be asked: until it has answered.
        private bool mayHaveMore;

        public long Now => time.GetTimestamp();

        /// <returns>How long the reader took to take it.</returns>
        public TimeSpan Wrote(long started)
        {
            written = Now;
            return time.GetElapsedTime(started, written);
        }

        public async Task Comment(CancellationToken cancellation)
        {
            await http.Response.WriteAsync(":\n\n", cancellation);
            await http.Response.Body.FlushAsync(cancellation);
            written = Now;
        }

        /// <summary>The events that follow; waits until there are some, unless it is known that there are. Or why the stream ends.</summary>
        public async Task<(Page<AuditEvent> Page, string? End)> Next(long after, bool hasMore, CancellationToken aborted)
        {
            for (mayHaveMore |= hasMore; ; hasMore = false)
            {
                if (!hasMore)
                {
                    await Wait(null, aborted);
                }

                // A silo that is lost may answer late or never, and the reader is not to be silent meanwhile.
                var asking = Ask(after);
                while (!asking.IsCompleted && !feed.lifetime.ApplicationStopping.IsCancellationRequested)
                {
                    await Wait(asking, aborted);
                }

                if (!asking.IsCompleted)
                {
                    return (none, "node-stopping");
                }

                if (await asking is var (page, end) && (end is not null || !page.Items.IsEmpty))
                {
                    return (page, end);
                }
            }
        }

        /// <summary>Waits for the interval, or less if it is for something that comes before, and breaks a long silence.</summary>
        private async Task Wait(Task? what, CancellationToken aborted)
        {
            // The interval is how often the right is decided, and no signal tells of a loss: the clock is waited for.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, feed.lifetime.ApplicationStopping);
            await (what?.WaitAsync(Interval, time, either.Token) ?? Task.Delay(Interval, time, either.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            aborted.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(written) >= Silence)
            {
                await Comment(aborted);
            }
        }

        private async Task<(Page<AuditEvent> Page, string? End)> Ask(long after)
        {
            if (feed.lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return (none, "node-stopping");
            }

            if (time.GetUtcNow() >= expires)
            {
                return (none, "token-expired");
            }

            try
            {
                var before = visit.Decision;
                await visit.Decide();
                mayHaveMore |= before != visit.Decision || time.GetElapsedTime(asked) >= Unasked;
                for (var attempt = 0; mayHaveMore && visit.Refusal is null && attempt < Attempts; attempt++)
                {
                    if (await visit.Workspace.AuditEventsAfter(visit.Decision, after, PageSize) is { } page)
                    {
                        (asked, confirmed, mayHaveMore) = (Now, Now, false);
                        return (page, null);
                    }

                    await visit.Decide(anew: true);
                }
            }
            catch (InvalidCursorException)
            {
                // The store was restored to a time before the event.
                return (none, "trail-replaced");
            }
            catch (Exception fault) when (Faults.IsUnavailable(fault))
            {
                return (none, IsUnconfirmedForLong ? "access-unconfirmed" : null);
            }

            if (visit.Refusal is null && !mayHaveMore)
            {
                confirmed = Now;
            }

            return (none, visit.Refusal is not null && visit.Decision.Standing != Standing.Unconfirmed ? "access-lost"
                : IsUnconfirmedForLong ? "access-unconfirmed"
                : null);
        }

        private bool IsUnconfirmedForLong => time.GetElapsedTime(confirmed) >= Unconfirmed;
    }
}
