using System.Net;

namespace EngageCenter.Cli.Tests;

/// <summary>The body of an answer whose connection ends before it.</summary>
internal sealed class Cut : MemoryStream
{
    private Cut()
        : base("{"u8.ToArray())
    {
    }

    public static HttpResponseMessage Answer(string mediaType) =>
        new(HttpStatusCode.OK) { Content = new StreamContent(new Cut()) { Headers = { ContentType = new(mediaType) } } };

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new HttpIOException(HttpRequestError.ResponseEnded);

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
        throw new HttpIOException(HttpRequestError.ResponseEnded);
}
