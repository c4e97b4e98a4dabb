using System.Text;
using EngageCenter.Fuzz.Contract;

namespace EngageCenter.Fuzz.Requests;

/// <param name="Operation">Null if the address is no operation's.</param>
/// <param name="Target">Path and query as they go over the wire.</param>
/// <param name="Authorization">The header's value; null without one.</param>
internal sealed record FuzzRequest(
    ApiOperation? Operation,
    string Method,
    string Target,
    string Caller,
    string? Authorization,
    IReadOnlyList<(string Name, string Value)> Headers,
    string? ContentType,
    byte[]? Body,
    bool IsChunked,
    string Input)
{
    private const int Shown = 4_000;

    /// <summary>Routing takes a method in any case.</summary>
    public bool IsRead => Operation?.IsRead == true || Method.ToUpperInvariant() is "GET" or "HEAD" or "OPTIONS";

    public HttpRequestMessage ToMessage(Uri service)
    {
        var request = new HttpRequestMessage(
            new(Method), new Uri($"{service.GetLeftPart(UriPartial.Authority)}{Target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (Authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", Authorization);
        }

        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (Body is not null)
        {
            request.Content = IsChunked ? new StreamContent(new Unseekable(Body)) : new ByteArrayContent(Body);
            if (ContentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
            }
        }

        return request;
    }

    /// <summary>As it goes over the wire, but for the token; a long body is cut.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Method} {Target}\n");
        text.Append("Caller: ").Append(Caller).Append(" (input: ").Append(Input).Append(")\n");
        foreach (var (name, value) in Headers)
        {
            text.Append(name).Append(": ").Append(value).Append('\n');
        }

        if (Body is not null)
        {
            text.Append("Content-Type: ").Append(ContentType).Append(IsChunked ? "\nTransfer-Encoding: chunked\n\n" : "\n\n");
            text.Append(System.Text.Unicode.Utf8.IsValid(Body)
                ? Encoding.UTF8.GetString(Body) is { Length: > Shown } body ? $"{body[..Shown]}… ({Body.Length} bytes)" : Encoding.UTF8.GetString(Body)
                : $"base64 {Convert.ToBase64String(Body, 0, Math.Min(Body.Length, Shown))}");
        }

        return text.ToString();
    }

    // A body whose length nobody announces.
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
