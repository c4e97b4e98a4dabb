using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>
/// An issuer that responds when a test tells it to. Each read of its configuration waits in <see cref="Next"/> until the
/// test answers it. It replaces the network, or the component that fetches documents.
/// </summary>
internal sealed class StandInIssuer : HttpMessageHandler, IDocumentRetriever
{
    private readonly Channel<Read> reads = Channel.CreateUnbounded<Read>();
    private int count;

    /// <summary>The keys that the issuer publishes.</summary>
    public IReadOnlyList<RsaSecurityKey> Keys { get; set; } = [];

    /// <summary>The issuer's name.</summary>
    public string Name { get; set; } = $"{RunningWebApi.Issuer}/{{tenantid}}/v2.0";

    /// <summary>The number of requests for its configuration.</summary>
    public int Reads => Volatile.Read(ref count);

    public static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    /// <summary>Returns the next read that is not answered yet.</summary>
    public async Task<Read> Next()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await reads.Reader.ReadAsync(bound.Token);
    }

    /// <summary>Behaves like the library's retriever, which does not pass its cancellation token on.</summary>
    public Task<string> GetDocumentAsync(string address, CancellationToken cancel) => Document(address, CancellationToken.None);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return new(HttpStatusCode.OK) { Content = new StringContent(await Document(request.RequestUri!.ToString(), cancellationToken)) };
        }
        catch (IOException)
        {
            return new(HttpStatusCode.InternalServerError) { Content = new StringContent("{}") };
        }
    }

    private async Task<string> Document(string address, CancellationToken cancel)
    {
        if (address.EndsWith("/keys", StringComparison.Ordinal))
        {
            return JsonSerializer.Serialize(new { keys = Keys.Select(Published) });
        }

        Interlocked.Increment(ref count);
        var read = new Read();
        await reads.Writer.WriteAsync(read, cancel);
        await read.Answered.WaitAsync(cancel);
        return $$"""{"issuer":"{{Name}}","jwks_uri":"{{RunningWebApi.Issuer}}/keys"}""";
    }

    private static object Published(RsaSecurityKey key)
    {
        var published = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(key.Rsa.ExportParameters(includePrivateParameters: false)) { KeyId = key.KeyId });
        return new { kty = published.Kty, use = "sig", kid = published.Kid, n = published.N, e = published.E };
    }

    /// <summary>A read of the configuration that waits for its response.</summary>
    internal sealed class Read
    {
        private readonly TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Answered => answer.Task;

        public void Succeeds() => answer.SetResult();

        /// <summary>Answers with status 500.</summary>
        public void Fails() => answer.SetException(new IOException("The issuer answers 500."));
    }
}
