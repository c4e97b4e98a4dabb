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
/// Streams a workspace's audit trail as Server-Sent Events: first the existing events, oldest first, and then new ones. It
/// continues by the sequence number of the last event. Sequence numbers have no gaps, so no event is missed or repeated.
/// </summary>
/// <remarks>
/// The reader's right is decided again every second, from memory if nothing has changed. Every change of a workspace gives
/// its decisions a new proof (<see cref="AccessDecision.Proof"/>), so an unchanged decision means that there is no new
/// event. The workspace is asked when the decision has changed, and every 10 s. Only stored events are streamed.
/// </remarks>
internal sealed class AuditFeed(NodeLimits limits, IHostApplicationLifetime lifetime, TimeProvider time) : IDisposable
{
    /// <summary>The maximum number of streams of one workspace on a node; more are refused with 503.</summary>
    public const int MaxOfWorkspace = 500;

    /// <summary>The number of events that are read at once, and held until the reader has received them.</summary>
    public const int PageSize = 50;

    /// <summary>How often the reader's right is decided, and how late a new event may be noticed.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After this time without an event, a comment is written, so that nothing on the way takes the connection for dead.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The workspace is asked at least this often, even if decisions stay the same: a silo of an earlier release gives no
    /// proof.
    /// </summary>
    public static readonly TimeSpan Unasked = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the right may be unconfirmed, or the workspace unavailable, before the stream ends. Nothing is sent during
    /// that time.
    /// </summary>
    public static readonly TimeSpan Unconfirmed = TimeSpan.FromSeconds(10);

    /// <summary>How long the reader may take to receive one event.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);

    // How long a client waits before it reconnects, by default.
    private static readonly TimeSpan reconnect = TimeSpan.FromSeconds(2);

    // If the policy changes at every attempt to read a page, the reader should not wait any longer.
    private const int Attempts = 5;

    private readonly IHostApplicationLifetime lifetime = lifetime;
    private readonly TimeProvider time = time;

    private readonly PartitionedRateLimiter<string> ofWorkspace = PartitionedRateLimiter.Create<string, string>(id =>
        RateLimitPartition.GetConcurrencyLimiter(id, _ => new() { PermitLimit = MaxOfWorkspace, QueueLimit = 0 }));

    public void Dispose() => ofWorkspace.Dispose();

    /// <summary>Opens a stream that continues after an event.</summary>
    /// <param name="visit">The reader's visit, with access allowed.</param>
    /// <param name="first">The first events after that event.</param>
    /// <param name="isLive">Whether to continue with new events; otherwise the stream ends after the newest event.</param>
    public IResult Open(WorkspaceVisit visit, HttpContext http, long after, Page<AuditEvent> first, bool isLive)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Problems.ServiceUnavailable.Answer("This node is stopping. Another node can serve the stream.");
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
            return Problems.ServiceUnavailable.Answer($"The workspace already has the maximum of {MaxOfWorkspace} streams on this node.");
        }

        // A stream works only for moments but lasts long, so it has a place among the streams instead of a request's slot.
        http.Features.Get<RequestSlot>()?.Leave();
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        return TypedResults.ServerSentEvents(Events(new(visit, http, ExpiryOf(http), this), after, first, isLive, http.RequestAborted));
    }

    private static async IAsyncEnumerable<SseItem<string>> Events(
        Reader reader, long after, Page<AuditEvent> page, bool isLive, [EnumeratorCancellation] CancellationToken aborted)
    {
        // Sends the headers at once, even if there is no event yet.
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

    // The token was validated with this request, and the stream must not outlive it.
    private DateTimeOffset ExpiryOf(HttpContext http)
    {
        var token = http.Request.Headers.Authorization.ToString()["Bearer ".Length..].Trim();
        var expires = new DateTimeOffset(new JsonWebToken(token).ValidTo, TimeSpan.Zero);
        // Because of the clock skew, the token may have been accepted after it expired.
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

        // Whether the workspace must be asked for events. Stays true until the workspace has answered.
        private bool mayHaveMore;

        public long Now => time.GetTimestamp();

        /// <returns>How long the reader took to receive it.</returns>
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

        /// <summary>
        /// Returns the next events, or the reason why the stream ends. Waits for new events unless it is known that there
        /// are more.
        /// </summary>
        public async Task<(Page<AuditEvent> Page, string? End)> Next(long after, bool hasMore, CancellationToken aborted)
        {
            for (mayHaveMore |= hasMore; ; hasMore = false)
            {
                if (!hasMore)
                {
                    await Wait(null, aborted);
                }

                // A lost silo may answer late or never. Comments are still written during that time.
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

        /// <summary>
        /// Waits for the interval, or until an earlier task completes. Writes a comment after a long silence.
        /// </summary>
        private async Task Wait(Task? what, CancellationToken aborted)
        {
            // Waits for the clock, because the interval says how often the right is decided, and no signal announces that it
            // was lost.
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
                // The store was restored to a time before the event was recorded.
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
