using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>
/// An issuer that answers when a test says so, and what it says. Each read of its configuration waits in
/// <see cref="Next"/> until the test answers it. It stands in for the network, or for what fetches documents from it.
/// </summary>
internal sealed class StandInIssuer : HttpMessageHandler, IDocumentRetriever
{
    private readonly Channel<Read> reads = Channel.CreateUnbounded<Read>();
    private int count;

    /// <summary>The keys that it publishes.</summary>
    public IReadOnlyList<RsaSecurityKey> Keys { get; set; } = [];

    /// <summary>What it calls itself.</summary>
    public string Name { get; set; } = $"{RunningWebApi.Issuer}/{{tenantid}}/v2.0";

    /// <summary>How often its configuration was asked for.</summary>
    public int Reads => Volatile.Read(ref count);

    public static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    /// <summary>The next read that nobody has answered yet.</summary>
    public async Task<Read> Next()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await reads.Reader.ReadAsync(bound.Token);
    }

    /// <summary>As the library's retriever, which does not hand its token on.</summary>
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

    /// <summary>A read of the configuration that waits for its answer.</summary>
    internal sealed class Read
    {
        private readonly TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Answered => answer.Task;

        public void Succeeds() => answer.SetResult();

        /// <summary>The issuer answers 500.</summary>
        public void Fails() => answer.SetException(new IOException("The issuer answers 500."));
    }
}
