using System.Buffers;
using System.IO.Pipelines;
using EngageCenter.WebApi.Errors;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// A request's body as its readers see it, whoever they are. While it waits for bytes of the client the request has no
/// slot, but a place among the bodies on their way; and what has come is counted against the memory of all bodies until
/// the request ends.
/// </summary>
internal sealed class LimitedBody : Stream
{
    /// <summary>Bytes of memory for one byte of a body: as it came, put together, and twice as text.</summary>
    public const int BytesPerByte = 4;

    /// <summary>
    /// Bytes of memory for each comma, brace or bracket, since a value of JSON can be as short as two bytes, and is an
    /// object when it has been read.
    /// </summary>
    public const int BytesPerValue = 64;

    private readonly PipeReader inner;
    private readonly Claimant who;
    private readonly RequestSlot slot;
    private readonly NodeLimits limits;
    private readonly BodyPace pace;
    private readonly TimeProvider time;
    private readonly long most;
    private readonly CancellationToken aborted;
    private readonly List<Shares.Share> memory = [];
    private Shares.Share? place;
    private Pace.Transfer? pacing;
    private long maxBytes = long.MaxValue;
    private long received;
    private long weight;
    private int units;
    private volatile bool isTooSlow;

    /// <param name="inner">
    /// The server's. Its pending read is ended by <see cref="PipeReader.CancelPendingRead"/> alone: after a cancelled token it
    /// could not read the rest, which it does before it closes the connection, and would log that as an error.
    /// </param>
    /// <param name="slot">The request's, and taken.</param>
    /// <param name="most">Bytes of memory that the reader takes at most, however long the body is.</param>
    /// <param name="aborted">When the client has gone.</param>
    public LimitedBody(
        PipeReader inner, Claimant who, RequestSlot slot, NodeLimits limits, BodyPace pace, TimeProvider time, long most, CancellationToken aborted)
    {
        (this.inner, this.who, this.slot, this.limits) = (inner, who, slot, limits);
        (this.pace, this.time, this.most, this.aborted) = (pace, time, most, aborted);
    }

    /// <summary>From here on the body may have so many bytes; without this call, as many as the server takes.</summary>
    /// <param name="announced">Its length, if the client said it.</param>
    /// <exception cref="OverLimitException">The announced length is more. What comes beyond the limit is refused when it is read.</exception>
    public void Limit(int max, long? announced)
    {
        maxBytes = max;
        Check(announced ?? 0);
    }

    /// <summary>The memory of what has been read so far is free again, because the reader holds nothing of it any more.</summary>
    public void Forget()
    {
        memory.ForEach(m => m.Dispose());
        memory.Clear();
        (weight, units) = (0, 0);
    }

    /// <summary>Whether some of it had not come yet when it was read.</summary>
    public bool HasWaited => pacing is not null;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OverLimitException">A limit of the caller, its tenant or the node; or the client was too slow.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await ReceiveAsync(buffer, cancellationToken);
        if (read > 0)
        {
            received += read;
            Check(received);
            pacing?.Passes(read);
            await CountAsync(buffer[..read]);
        }
        else if (buffer.Length > 0)
        {
            Arrived();
        }

        await slot.EnterAgainAsync(aborted);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A body is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Arrived();
            Forget();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            var reading = inner.ReadAsync(cancellation);
            var result = reading.IsCompleted ? await reading : await WaitAsync(reading.AsTask());
            var length = (int)Math.Min(result.Buffer.Length, buffer.Length);
            var taken = result.Buffer.Slice(0, length);
            taken.CopyTo(buffer.Span);

            // From here on the server may use the memory again.
            inner.AdvanceTo(taken.End);
            return !result.IsCanceled ? length
                : isTooSlow ? throw new OverLimitException(Problems.RequestTimeout)
                : throw new OperationCanceledException("The read was cancelled.");
        }
        catch (IOException e) when (e.InnerException is OverflowException)
        {
            // The size of a chunk beyond what the server can count. It refuses every other bad size as a bad request by itself.
            throw new BadHttpRequestException("The size of a chunk is too large.", e);
        }
    }

    private void Check(long length)
    {
        if (length > maxBytes)
        {
            throw new OverLimitException(Problems.ContentTooLarge, $"The body may have at most {maxBytes / 1024} KiB.", ("maxBytes", maxBytes));
        }
    }

    // The client has not sent what is asked for yet.
    private async ValueTask<ReadResult> WaitAsync(Task<ReadResult> reading)
    {
        if (place is null)
        {
            var share = limits.Bodies.TryTake(who);
            if (!share.IsTaken)
            {
                inner.CancelPendingRead();
                inner.AdvanceTo((await reading).Buffer.Start);
                throw OverLimitException.Of(share.UsedUp, "bodies on their way");
            }

            place = share;
            pacing = pace.Follow(who, received, () =>
            {
                isTooSlow = true;
                inner.CancelPendingRead();
            });
        }

        slot.Leave();
        pacing!.Waits();
        try
        {
            return await reading;
        }
        finally
        {
            pacing.WaitsNoMore();
        }
    }

    // The bytes are the reader's only after this, so nothing but the end of the request may cancel it.
    private async ValueTask CountAsync(ReadOnlyMemory<byte> bytes)
    {
        // The first unit is not counted: it is in the buffers that every request has.
        weight += Weigh(bytes.Span);
        var needed = Units(Math.Min(weight, most));
        if (needed <= units)
        {
            return;
        }

        var part = limits.Memory.PartOf(who);
        if (needed > part)
        {
            throw new OverLimitException(Problems.ContentTooLarge, "The body has too many values: read, it takes more memory than one caller may have on this node.");
        }

        // A quarter more than before, so that a long body asks seldom.
        var more = Math.Min(Math.Max(needed, units + (units / 4)), Math.Min(part, Units(most))) - units;
        var share = limits.Memory.TryTake(who, more);
        if (!share.IsTaken)
        {
            slot.Leave();
            share = await limits.Memory.TakeWithinAsync(who, more, "bytes of bodies", time, aborted);
        }

        memory.Add(share);
        units += more;
    }

    private static int Units(long bytes) => (int)Math.Min(bytes / NodeLimits.Unit, int.MaxValue);

    private static long Weigh(ReadOnlySpan<byte> bytes) =>
        ((long)BytesPerByte * bytes.Length) + ((long)BytesPerValue * (bytes.Count((byte)',') + bytes.Count((byte)'{') + bytes.Count((byte)'[')));

    // All of it has come, or nobody reads it any more.
    private void Arrived()
    {
        if (place is not null)
        {
            pacing!.Dispose();
            place.Dispose();
            place = null;
        }
    }
}
