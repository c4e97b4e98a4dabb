using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Wraps a request's response body so that it is written in small pieces. Each piece is written when the client has read
/// enough of those before, so a connection holds <see cref="PieceBytes"/> more than its buffer, however long the response
/// is. The server alone would keep a copy of everything that is written at once.
/// </summary>
/// <param name="end">Ends the connection; must not block.</param>
internal sealed class PacedAnswer(IHttpResponseBodyFeature inner, Claimant who, AnswerPace pace, Action end) : IHttpResponseBodyFeature, IDisposable
{
    public const int PieceBytes = 16 * 1024;

    private Pace.Transfer? pacing;
    private long taken;

    public Stream Stream => field ??= new PieceStream(this, inner.Stream);

    public PipeWriter Writer => field ??= new PieceWriter(this, inner.Writer);

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();

    public void Dispose() => pacing?.Dispose();

    // Waits for the client only if it has not read the pieces before.
    private ValueTask<FlushResult> Taken(ValueTask<FlushResult> flush, long bytes)
    {
        if (!flush.IsCompletedSuccessfully)
        {
            return Wait(flush, bytes);
        }

        Count(bytes);
        return flush;
    }

    private async ValueTask<FlushResult> Wait(ValueTask<FlushResult> flush, long bytes)
    {
        pacing ??= pace.Follow(who, taken, end);
        pacing.Waits();
        try
        {
            var result = await flush;
            Count(bytes);
            return result;
        }
        finally
        {
            pacing.WaitsNoMore();
        }
    }

    private void Count(long bytes)
    {
        taken += bytes;
        pacing?.Passes((int)bytes);
    }

    private sealed class PieceWriter(PacedAnswer answer, PipeWriter inner) : PipeWriter
    {
        private long unflushed;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            unflushed += bytes;
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            var bytes = unflushed;
            unflushed = 0;
            return answer.Taken(inner.FlushAsync(cancellationToken), bytes);
        }

        public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            while (source.Length > PieceBytes)
            {
                var ended = await Write(source[..PieceBytes], cancellationToken);
                if (ended.IsCompleted || ended.IsCanceled)
                {
                    return ended;
                }

                source = source[PieceBytes..];
            }

            return await Write(source, cancellationToken);
        }

        private ValueTask<FlushResult> Write(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
        {
            var bytes = unflushed + piece.Length;
            unflushed = 0;
            return answer.Taken(inner.WriteAsync(piece, cancellation), bytes);
        }
    }

    private sealed class PieceStream(PacedAnswer answer, Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            do
            {
                var piece = buffer[..Math.Min(buffer.Length, PieceBytes)];
                await answer.Taken(Flushed(inner.WriteAsync(piece, cancellationToken)), piece.Length);
                buffer = buffer[piece.Length..];
            }
            while (!buffer.IsEmpty);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) =>
            answer.Taken(Flushed(new(inner.FlushAsync(cancellationToken))), 0).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A response must be written asynchronously.");

        public override void Flush() => throw new NotSupportedException("A response must be written asynchronously.");

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private static ValueTask<FlushResult> Flushed(ValueTask writing)
        {
            return writing.IsCompletedSuccessfully ? default : Wait(writing);

            static async ValueTask<FlushResult> Wait(ValueTask writing)
            {
                await writing;
                return default;
            }
        }
    }
}
