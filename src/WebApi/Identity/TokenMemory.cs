using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// The callers of tokens that were validated in full, so that the same token need not be validated with every request.
/// Nothing else gets in, and an entry is used only while everything that it was validated by is still in effect: the
/// issuer's keys, the options, and the token's own time. docs/adr/0029-remembered-tokens.md has the reasons.
/// </summary>
/// <remarks>
/// At most <see cref="RememberedTokensOptions.Max"/> tokens, in two halves. New ones go into the younger half. When it is
/// full, it becomes the older one, and what was in the older one and not used meanwhile is forgotten.
/// </remarks>
internal sealed class TokenMemory
{
    public const string MeterName = "EngageCenter.Identity";

    private readonly Lock gate = new();
    private readonly int half;
    private readonly ulong bucketMask;
    private readonly Counter<long> recalled;
    private readonly Counter<long> validated;

    // Replaced, and written to, under the gate only.
    private volatile Halves halves = new(new(), new());
    private (int Younger, int Older) counts;

    public TokenMemory(WebApiOptions options, IMeterFactory meters)
        : this(options.RememberedTokens.Max, ulong.MaxValue, meters)
    {
    }

    /// <param name="max">Tokens at most; at least 2.</param>
    /// <param name="bucketMask">The bits of a token's hash that it is found by. Tests take few, so that tokens collide.</param>
    /// <param name="meters">Makes the meter <see cref="MeterName"/>.</param>
    public TokenMemory(int max, ulong bucketMask, IMeterFactory meters)
    {
        half = max / 2;
        this.bucketMask = bucketMask;
        var meter = meters.Create(MeterName);
        recalled = meter.CreateCounter<long>("engagecenter.tokens.recalled", "{request}", "Requests whose token was remembered, and not validated again.");
        validated = meter.CreateCounter<long>("engagecenter.tokens.validated", "{request}", "Requests whose token was validated in full, and found valid.");
        meter.CreateObservableUpDownCounter("engagecenter.tokens.remembered", () => Count, "{token}", "Tokens that are remembered.");
    }

    /// <summary>How many tokens are remembered.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return counts.Younger + counts.Older;
            }
        }
    }

    /// <summary>The caller of a token, if every rule that it was validated by would still let it in; otherwise null.</summary>
    public Caller? Recall(TokenHash token, TokenRules rules, DateTimeOffset now)
    {
        if (Find(token) is not { } entry || !entry.Rules.AreInEffect(rules) || !entry.IsCurrent(now))
        {
            return null;
        }

        recalled.Add(1);
        return entry.Caller;
    }

    /// <summary>Whether the token was found valid here and has not ended. Says nothing about whether it would be found so again.</summary>
    public bool Knows(TokenHash token, DateTimeOffset now) => Find(token) is { } entry && entry.IsCurrent(now);

    /// <summary>Keeps a token that has just been validated in full.</summary>
    /// <param name="rules">Those in effect before its validation began: of a key set that came meanwhile nobody knows whether it was used.</param>
    public void Keep(TokenHash token, ValidatedToken found, TokenRules rules)
    {
        validated.Add(1);
        Put(new(token, found.Caller, found.NotBefore, found.Expires, rules));
    }

    /// <summary>A full validation has refused the token.</summary>
    public void Forget(TokenHash token)
    {
        if (Find(token) is null)
        {
            return;
        }

        lock (gate)
        {
            counts.Younger -= halves.Younger.TryRemove(BucketOf(token), out _) ? 1 : 0;
            counts.Older -= halves.Older.TryRemove(BucketOf(token), out _) ? 1 : 0;
        }
    }

    private Entry? Find(TokenHash token)
    {
        var (bucket, current) = (BucketOf(token), halves);

        // Another token can have the same bucket, so what counts is that all of the hash is the same.
        if (current.Younger.TryGetValue(bucket, out var entry))
        {
            return entry.Token == token ? entry : null;
        }

        if (current.Older.TryGetValue(bucket, out entry) && entry.Token == token)
        {
            Put(entry);
            return entry;
        }

        return null;
    }

    private void Put(Entry entry)
    {
        var bucket = BucketOf(entry.Token);
        lock (gate)
        {
            if (counts.Younger >= half && !halves.Younger.ContainsKey(bucket))
            {
                halves = new(new(), halves.Younger);
                counts = (0, counts.Younger);
            }

            counts.Younger += halves.Younger.TryAdd(bucket, entry) ? 1 : 0;
            halves.Younger[bucket] = entry;
            counts.Older -= halves.Older.TryRemove(bucket, out _) ? 1 : 0;
        }
    }

    private ulong BucketOf(TokenHash token) => token.First & bucketMask;

    private sealed record Halves(ConcurrentDictionary<ulong, Entry> Younger, ConcurrentDictionary<ulong, Entry> Older);

    private sealed record Entry(TokenHash Token, Caller Caller, DateTimeOffset NotBefore, DateTimeOffset Expires, TokenRules Rules)
    {
        // Without the skew: at the edges of a token's time the full validation decides.
        public bool IsCurrent(DateTimeOffset now) => NotBefore <= now && now < Expires;
    }
}

/// <summary>What a full validation has found out.</summary>
/// <param name="NotBefore">The later one of the token's <c>nbf</c> and <c>iat</c>.</param>
/// <param name="Expires">The token's <c>exp</c>.</param>
internal sealed record ValidatedToken(Caller Caller, DateTimeOffset NotBefore, DateTimeOffset Expires);

/// <summary>By what a token was validated. Both are compared by reference: they are replaced, never changed.</summary>
/// <param name="Options">The options of the validation.</param>
/// <param name="Keys">The issuer's name and keys, <see cref="IssuerKeys.CurrentSet"/>; null where none are known.</param>
internal readonly record struct TokenRules(object Options, object? Keys)
{
    public bool AreInEffect(TokenRules now) => Keys is not null && ReferenceEquals(Keys, now.Keys) && ReferenceEquals(Options, now.Options);
}

/// <summary>The SHA-256 of a bearer token, however much space is around it in its header. The token itself is kept nowhere.</summary>
internal readonly record struct TokenHash(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    private const string Scheme = "Bearer ";

    /// <returns>Null if there is no such header, or one that no valid token looks like.</returns>
    public static TokenHash? Of(HttpContext http) =>
        http.Request.Headers.Authorization is [{ Length: > 0 } header] ? Of(header) : null;

    public static TokenHash? Of(string header)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // As the framework takes it out of the header: one token has one hash, so that nobody fills the memory with one.
        var token = header.AsSpan(Scheme.Length).Trim();
        var bytes = ArrayPool<byte>.Shared.Rent(token.Length);
        try
        {
            if (Ascii.FromUtf16(token, bytes, out var written) != OperationStatus.Done)
            {
                return null;
            }

            Span<ulong> hash = stackalloc ulong[4];
            SHA256.HashData(bytes.AsSpan(0, written), MemoryMarshal.AsBytes(hash));
            return new(hash[0], hash[1], hash[2], hash[3]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
