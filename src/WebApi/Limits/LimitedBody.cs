using System.Buffers;
using System.IO.Pipelines;
using EngageCenter.WebApi.Errors;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Wraps a request's body so that every reader is limited. While the body waits for bytes from the client, the request gives
/// up its slot and holds a place among the bodies in transfer. Received bytes count against the memory for all bodies until
/// the request ends.
/// </summary>
internal sealed class LimitedBody : Stream
{
    /// <summary>Memory in bytes for each byte of a body: as received, joined into one buffer, and doubled as text.</summary>
    public const int BytesPerByte = 4;

    /// <summary>
    /// Memory in bytes for each comma, brace or bracket. A JSON value can be as short as two bytes, but becomes an object
    /// when it is read.
    /// </summary>
    public const int BytesPerValue = 64;

    /// <summary>Reads a value from a whole body. Returns null if it cannot.</summary>
    public delegate T? Reader<T>(ReadOnlySpan<byte> whole);

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
    /// The server's reader. A pending read is ended only by <see cref="PipeReader.CancelPendingRead"/>: after a cancelled
    /// token the server could not read the rest of the body, which it does before it closes the connection, and would log an
    /// error.
    /// </param>
    /// <param name="slot">The request's slot, already taken.</param>
    /// <param name="most">The maximum memory in bytes that the reader of the body uses, however long the body is.</param>
    /// <param name="aborted">Cancelled when the client has disconnected.</param>
    public LimitedBody(
        PipeReader inner, Claimant who, RequestSlot slot, NodeLimits limits, BodyPace pace, TimeProvider time, long most, CancellationToken aborted)
    {
        (this.inner, this.who, this.slot, this.limits) = (inner, who, slot, limits);
        (this.pace, this.time, this.most, this.aborted) = (pace, time, most, aborted);
    }

    /// <summary>Sets the maximum size of the body, in bytes. Without this call the server's limit applies.</summary>
    /// <param name="announced">The length that the client announced, if it did.</param>
    /// <exception cref="OverLimitException">
    /// The announced length is too large. If none was announced, reading beyond the limit throws it.
    /// </exception>
    public void Limit(int max, long? announced)
    {
        maxBytes = max;
        Check(announced ?? 0);
    }

    /// <summary>Frees the memory of everything read so far, because the reader no longer holds it.</summary>
    public void Forget()
    {
        memory.ForEach(m => m.Dispose());
        memory.Clear();
        (weight, units) = (0, 0);
    }

    /// <summary>
    /// Reads the body at once, without a copy, if it has arrived completely and takes no memory that is counted. Otherwise,
    /// and if the reader returns null, returns null and leaves the body unread.
    /// </summary>
    /// <exception cref="OverLimitException">The body is too large.</exception>
    public T? ReadAtOnce<T>(Reader<T> read)
        where T : class
    {
        if (received > 0 || !inner.TryRead(out var result))
        {
            return null;
        }

        var (bytes, consumed) = (result.Buffer, result.Buffer.Start);
        try
        {
            if (!result.IsCompleted || result.IsCanceled || !bytes.IsSingleSegment || Units(Weigh(bytes.FirstSpan)) > 0)
            {
                return null;
            }

            Check(bytes.Length);
            var value = read(bytes.FirstSpan);
            if (value is not null)
            {
                (consumed, received) = (bytes.End, bytes.Length);
            }

            return value;
        }
        finally
        {
            inner.AdvanceTo(consumed);
        }
    }

    /// <summary>Whether a read had to wait for the client.</summary>
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

    /// <exception cref="OverLimitException">
    /// A limit of the caller, its tenant or the node is reached, or the client was too slow.
    /// </exception>
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

            // After this call the server may reuse the memory.
            inner.AdvanceTo(taken.End);
            return !result.IsCanceled ? length
                : isTooSlow ? throw new OverLimitException(Problems.RequestTimeout)
                : throw new OperationCanceledException("The read was cancelled.");
        }
        catch (IOException e) when (e.InnerException is OverflowException)
        {
            // The size of a chunk exceeds what the server can count. It reports every other wrong size as a bad request
            // itself.
            throw new BadHttpRequestException("The size of a chunk is too large.", e);
        }
    }

    private void Check(long length)
    {
        if (length > maxBytes)
        {
            throw new OverLimitException(Problems.ContentTooLarge, $"The body must not be larger than {maxBytes / 1024} KiB.", ("maxBytes", maxBytes));
        }
    }

    // Waits because the client has not sent more bytes yet.
    private async ValueTask<ReadResult> WaitAsync(Task<ReadResult> reading)
    {
        if (place is null)
        {
            var share = limits.Bodies.TryTake(who);
            if (!share.IsTaken)
            {
                inner.CancelPendingRead();
                inner.AdvanceTo((await reading).Buffer.Start);
                throw OverLimitException.Of(share.UsedUp, "bodies in transfer");
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

    // The reader gets the bytes only after this call, so only the end of the request may cancel it.
    private async ValueTask CountAsync(ReadOnlyMemory<byte> bytes)
    {
        // The first unit is not counted, because it is in the buffers that every request has.
        weight += Weigh(bytes.Span);
        var needed = Units(Math.Min(weight, most));
        if (needed <= units)
        {
            return;
        }

        var part = limits.Memory.PartOf(who);
        if (needed > part)
        {
            throw new OverLimitException(Problems.ContentTooLarge, "The body has too many values: reading it takes more memory than one caller may use on this node. Send it in smaller parts.");
        }

        // Takes at least a quarter more than before, so that a long body asks rarely.
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

    // The body has arrived completely, or is no longer read.
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
