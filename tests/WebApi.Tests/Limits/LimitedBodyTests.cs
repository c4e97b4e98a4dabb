using System.IO.Pipelines;
using EngageCenter.WebApi.Limits;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.WebApi.Tests.Limits;

public sealed class LimitedBodyTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    private static readonly Claimant ann = new("ann", new(1, 0, 0, new byte[8]));
    private static readonly Claimant bob = new("bob", new(2, 0, 0, new byte[8]));

    private readonly FakeTimeProvider time = new();
    private readonly BodyPace pace;
    private readonly NodeLimits limits = new(new(0) { MaxRequests = 4, MaxBodies = 4, MaxBodyMemory = 32 * MiB });

    public LimitedBodyTests() => pace = new(time);

    public void Dispose()
    {
        pace.Dispose();
        limits.Dispose();
    }

    [Fact]
    public async Task Request_has_no_slot_while_it_waits_for_its_client()
    {
        using var body = new Sent(this, ann);
        var reading = body.Read();
        Assert.Equal((0, 1), (limits.Requests.Taken, limits.Bodies.Taken));

        await body.Send("x");
        Assert.Equal(1, await reading);
        Assert.Equal((1, 1), (limits.Requests.Taken, limits.Bodies.Taken));

        await body.End();
        Assert.Equal(0, await body.Read());
        Assert.Equal((1, 0), (limits.Requests.Taken, limits.Bodies.Taken));
        body.Dispose();
        Assert.Equal(0, limits.Requests.Taken);
    }

    [Fact]
    public async Task Arrived_body_takes_no_place()
    {
        using var body = new Sent(this, ann);
        await body.Send(new string(' ', 1_000));
        await body.End();

        Assert.Equal(1_000, await body.Read());
        Assert.Equal(0, await body.Read());
        Assert.Equal((1, 0, 0), (limits.Requests.Taken, limits.Bodies.Taken, limits.Memory.Taken));
    }

    [Fact]
    public async Task Bytes_that_arrive_while_all_slots_are_taken_are_read_once_a_slot_is_free()
    {
        using var body = new Sent(this, ann);
        var reading = body.Read();
        var others = Enumerable.Range(0, 4).Select(n => limits.Requests.TryTake(new($"{n}", new(n + 3, 0, 0, new byte[8])))).ToList();
        Assert.All(others, other => Assert.True(other.IsTaken));

        await body.Send("x");
        Assert.False(reading.IsCompleted);
        others[0].Dispose();
        Assert.Equal(1, await reading);
        Assert.Equal(4, limits.Requests.Taken);
    }

    [Fact]
    public async Task Body_without_a_free_slot_in_time_is_503()
    {
        using var body = new Sent(this, ann);
        var reading = body.Read();
        var others = Enumerable.Range(0, 4).Select(n => limits.Requests.TryTake(new($"{n}", new(n + 3, 0, 0, new byte[8])))).ToList();
        await body.Send("x");

        // Time that passes before the byte arrives counts against the client.
        await Until.True(() => Task.FromResult(limits.Requests.Waiting == 1), TimeSpan.FromSeconds(30), "the body waits for a slot");
        time.Advance(NodeLimits.Patience);

        Assert.Equal(503, (await Assert.ThrowsAsync<OverLimitException>(() => reading)).StatusCode);
        Assert.Equal(4, limits.Requests.Taken);
        Assert.Equal(4, others.Count);
    }

    [Fact]
    public async Task Caller_has_only_its_part_of_the_bodies()
    {
        using var first = new Sent(this, ann);
        var reading = first.Read();
        using (var second = new Sent(this, ann))
        {
            var refused = await Assert.ThrowsAsync<OverLimitException>(second.Read);
            Assert.Equal(429, refused.StatusCode);
        }

        using var others = new Sent(this, bob);
        var other = others.Read();
        await others.Send("x");
        Assert.Equal(1, await other);
        await first.Send("x");
        Assert.Equal(1, await reading);
    }

    [Fact]
    public async Task Memory_grows_with_received_bytes_and_is_freed_with_the_request()
    {
        using var body = new Sent(this, ann);
        await body.Send(new string(' ', 100 * 1024));
        await body.Read(100 * 1024);
        Assert.InRange(limits.Memory.Taken * NodeLimits.Unit, 380 * 1024, 500 * 1024);

        body.Dispose();
        Assert.Equal(0, limits.Memory.Taken);
    }

    [Fact]
    public async Task Body_of_many_small_values_takes_more_memory_than_text()
    {
        using var body = new Sent(this, ann);
        await body.Send(string.Concat(Enumerable.Repeat("{},", 10_000)));
        await body.Read(30_000);
        Assert.InRange(limits.Memory.Taken * NodeLimits.Unit, 20_000 * LimitedBody.BytesPerValue, 2 * MiB);
    }

    [Fact]
    public async Task Body_whose_values_exceed_the_callers_memory_is_413()
    {
        using var body = new Sent(this, ann);
        var sending = body.Send(string.Concat(Enumerable.Repeat("{},", 300_000)));

        var refused = await Assert.ThrowsAsync<OverLimitException>(() => body.Read(900_000));
        Assert.Equal(413, refused.StatusCode);
        body.Dispose();
        Assert.Equal(0, limits.Memory.Taken);
        await body.StopReading();
        await sending;
    }

    [Fact]
    public async Task Streamed_body_takes_at_most_its_maximum_memory()
    {
        using var body = new Sent(this, ann, most: MiB);
        for (var i = 0; i < 10; i++)
        {
            await body.Send(new string(' ', MiB));
            await body.Read(MiB);
        }

        Assert.Equal(MiB, limits.Memory.Taken * NodeLimits.Unit);
    }

    [Fact]
    public async Task Forgotten_bytes_take_no_memory()
    {
        using var body = new Sent(this, ann);
        await body.Send(new string(' ', MiB));
        await body.Read(MiB);
        body.Forget();

        Assert.Equal(0, limits.Memory.Taken);
        await body.Send(new string(' ', MiB));
        await body.Read(MiB);
        Assert.InRange(limits.Memory.Taken * NodeLimits.Unit, 3 * MiB, 6 * MiB);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_waits_for_memory_without_a_slot_and_for_a_limited_time(bool comesFree)
    {
        var rest = Enumerable.Range(0, 2).Select(n => limits.Memory.TryTake(new($"{n}", new(n + 3, 0, 0, new byte[8])), 16 * MiB / NodeLimits.Unit)).ToList();
        Assert.All(rest, share => Assert.True(share.IsTaken));
        using var body = new Sent(this, ann);
        await body.Send(new string(' ', 8 * 1024));
        var reading = body.Read(8 * 1024);
        Assert.Equal((false, 0), (reading.IsCompleted, limits.Requests.Taken));

        if (comesFree)
        {
            rest[0].Dispose();
            await reading;
            Assert.Equal(1, limits.Requests.Taken);
        }
        else
        {
            time.Advance(NodeLimits.Patience);
            Assert.Equal(503, (await Assert.ThrowsAsync<OverLimitException>(() => reading)).StatusCode);
        }
    }

    [Fact]
    public async Task Body_that_arrives_too_slowly_is_408()
    {
        using var body = new Sent(this, ann);
        var reading = body.Read();
        time.Advance(BodyPace.Period);

        Assert.Equal(408, (await Assert.ThrowsAsync<OverLimitException>(() => reading)).StatusCode);
        Assert.Equal(0, limits.Requests.Taken);
    }

    [Fact]
    public async Task Cancelled_read_can_be_repeated()
    {
        using var body = new Sent(this, ann);
        using var cancellation = new CancellationTokenSource();
        var reading = body.Read(1, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        await body.Send("x");
        Assert.Equal(1, await body.Read());
    }

    [Fact]
    public async Task Body_may_exceed_2_GiB_unless_its_reader_sets_a_limit()
    {
        using var slot = new RequestSlot(limits.Requests, ann, time);
        Assert.Null(slot.Enter());
        await using var body = new LimitedBody(PipeReader.Create(new Endless()), ann, slot, limits, pace, time, MiB, CancellationToken.None);
        var buffer = new byte[16 * MiB];
        for (var read = 0L; read <= int.MaxValue; read += buffer.Length)
        {
            await body.ReadExactlyAsync(buffer);
        }

        body.Limit(int.MaxValue, announced: null);
        Assert.Equal(413, (await Assert.ThrowsAsync<OverLimitException>(async () => await body.ReadExactlyAsync(buffer))).StatusCode);
    }

    [Theory]
    [InlineData(10, 10L, false)]
    [InlineData(10, 11L, true)]
    [InlineData(10, null, false)]
    public void Announced_length_over_the_limit_is_refused_before_reading(int max, long? announced, bool isRefused)
    {
        using var slot = new RequestSlot(limits.Requests, ann, time);
        using var body = new LimitedBody(PipeReader.Create(new Endless()), ann, slot, limits, pace, time, MiB, CancellationToken.None);
        Assert.Equal(isRefused, Record.Exception(() => body.Limit(max, announced)) is OverLimitException { StatusCode: 413 });
    }

    [Fact]
    public async Task Small_body_that_has_arrived_is_read_at_once()
    {
        using var body = new Sent(this, ann);
        await body.Send("small");
        await body.End();

        Assert.Equal("small", body.ReadAtOnce());
        Assert.Equal(0, await body.Read());
        Assert.False(body.HasWaited);
        Assert.Equal((1, 0, 0), (limits.Requests.Taken, limits.Bodies.Taken, limits.Memory.Taken));
    }

    [Fact]
    public async Task Body_that_has_not_arrived_is_not_read_at_once()
    {
        using var body = new Sent(this, ann);
        Assert.Null(body.ReadAtOnce());
        await body.Send("in ");
        Assert.Null(body.ReadAtOnce());
        await body.Send("parts");
        await body.End();

        Assert.Equal("in parts", body.ReadAtOnce());
    }

    [Fact]
    public async Task Body_that_cannot_be_read_at_once_is_left_unread()
    {
        using var body = new Sent(this, ann);
        await body.Send("unread");
        await body.End();

        Assert.Null(body.ReadAtOnce(read: _ => null));
        Assert.Throws<InvalidOperationException>(() => body.ReadAtOnce(read: _ => throw new InvalidOperationException()));
        Assert.Equal(6, await body.Read());
        Assert.Null(body.ReadAtOnce());
        Assert.Equal(0, await body.Read());
    }

    [Fact]
    public async Task Body_whose_memory_is_counted_is_not_read_at_once()
    {
        using var body = new Sent(this, ann);
        var values = NodeLimits.Unit / (LimitedBody.BytesPerByte + LimitedBody.BytesPerValue);
        await body.Send(new string(',', values + 1));
        await body.End();

        Assert.Null(body.ReadAtOnce());
        await body.Read(values + 1);
        Assert.Equal(1, limits.Memory.Taken);
    }

    [Fact]
    public async Task Body_over_the_limit_is_refused_when_it_is_read_at_once()
    {
        using var body = new Sent(this, ann);
        body.Limit(5);
        await body.Send("longer");
        await body.End();

        Assert.Equal(413, Assert.Throws<OverLimitException>(() => body.ReadAtOnce()).StatusCode);
    }

    /// <summary>A stream that returns any number of bytes at once.</summary>
    private sealed class Endless : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(buffer.Length);
    }

    /// <summary>A body with its request, and the client that sends it.</summary>
    private sealed class Sent : IDisposable
    {
        private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly RequestSlot slot;
        private readonly LimitedBody body;

        public Sent(LimitedBodyTests test, Claimant who, long most = long.MaxValue)
        {
            slot = new(test.limits.Requests, who, test.time);
            Assert.Null(slot.Enter());
            body = new(pipe.Reader, who, slot, test.limits, test.pace, test.time, most, CancellationToken.None);
        }

        public async Task Send(string text) => await pipe.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));

        public async Task End() => await pipe.Writer.CompleteAsync();

        public async Task StopReading() => await pipe.Reader.CompleteAsync();

        public async Task<int> Read() => await body.ReadAsync(new byte[4 * 1024]);

        /// <summary>Reads exactly this number of bytes.</summary>
        public async Task Read(int bytes, CancellationToken cancellation = default) =>
            await body.ReadExactlyAsync(new byte[bytes], cancellation);

        public string? ReadAtOnce() => ReadAtOnce(System.Text.Encoding.UTF8.GetString);

        public string? ReadAtOnce(LimitedBody.Reader<string> read) => body.ReadAtOnce(read);

        public bool HasWaited => body.HasWaited;

        public void Limit(int max) => body.Limit(max, announced: null);

        public void Forget() => body.Forget();

        public void Dispose()
        {
            body.Dispose();
            slot.Dispose();
        }
    }
}
