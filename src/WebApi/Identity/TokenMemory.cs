using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Remembers the callers of tokens that were validated in full, so that the same token is not validated with every request.
/// Only validated tokens are stored, and an entry is used only while everything that validated it is still in effect: the
/// issuer's keys, the options, and the token's own lifetime. docs/adr/0029-remembered-tokens.md gives the reasons.
/// </summary>
/// <remarks>
/// Holds at most <see cref="RememberedTokensOptions.Max"/> tokens, in two halves. New tokens go into the younger half. When
/// it is full, it becomes the older half, and the tokens of the former older half that were not used since are forgotten.
/// </remarks>
internal sealed class TokenMemory
{
    public const string MeterName = "EngageCenter.Identity";

    private readonly Lock gate = new();
    private readonly int half;
    private readonly ulong bucketMask;
    private readonly Counter<long> recalled;
    private readonly Counter<long> validated;

    // Replaced and written only while the gate is held.
    private volatile Halves halves = new(new(), new());
    private (int Younger, int Older) counts;

    public TokenMemory(WebApiOptions options, IMeterFactory meters)
        : this(options.RememberedTokens.Max, ulong.MaxValue, meters)
    {
    }

    /// <param name="max">The maximum number of tokens; at least 2.</param>
    /// <param name="bucketMask">
    /// The bits of a token's hash by which it is found. Tests use few bits, so that tokens collide.
    /// </param>
    /// <param name="meters">Creates the meter <see cref="MeterName"/>.</param>
    public TokenMemory(int max, ulong bucketMask, IMeterFactory meters)
    {
        half = max / 2;
        this.bucketMask = bucketMask;
        var meter = meters.Create(MeterName);
        recalled = meter.CreateCounter<long>("engagecenter.tokens.recalled", "{request}", "Requests whose token was remembered, and not validated again.");
        validated = meter.CreateCounter<long>("engagecenter.tokens.validated", "{request}", "Requests whose token was validated in full, and found valid.");
        meter.CreateObservableUpDownCounter("engagecenter.tokens.remembered", () => Count, "{token}", "Tokens that are remembered.");
        recalled.Add(0);
        validated.Add(0);
    }

    /// <summary>The number of remembered tokens.</summary>
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

    /// <summary>Returns the caller of a token if everything that validated it is still in effect; otherwise null.</summary>
    public Caller? Find(TokenHash token, TokenRules rules, DateTimeOffset now)
    {
        if (FindEntry(token) is not { } entry || !entry.Rules.AreInEffect(rules) || !entry.IsCurrent(now))
        {
            return null;
        }

        recalled.Add(1);
        return entry.Caller;
    }

    /// <summary>
    /// Returns whether the token was found valid here and has not expired. A new validation may still refuse it.
    /// </summary>
    public bool Knows(TokenHash token, DateTimeOffset now) => FindEntry(token) is { } entry && entry.IsCurrent(now);

    /// <summary>Remembers a token that was just validated in full.</summary>
    /// <param name="rules">
    /// The rules in effect before the validation started. If the keys changed during the validation, it is unknown which of
    /// them it used.
    /// </param>
    public void Keep(TokenHash token, ValidatedToken found, TokenRules rules)
    {
        validated.Add(1);
        Put(new(token, found.Caller, found.NotBefore, found.Expires, rules));
    }

    /// <summary>Forgets a token that a full validation has refused.</summary>
    public void Forget(TokenHash token)
    {
        if (FindEntry(token) is null)
        {
            return;
        }

        lock (gate)
        {
            counts.Younger -= halves.Younger.TryRemove(BucketOf(token), out _) ? 1 : 0;
            counts.Older -= halves.Older.TryRemove(BucketOf(token), out _) ? 1 : 0;
        }
    }

    private Entry? FindEntry(TokenHash token)
    {
        var (bucket, current) = (BucketOf(token), halves);

        // Another token can have the same bucket, so the whole hash is compared.
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
        // Without clock skew: near the start and end of a token's lifetime the full validation decides.
        public bool IsCurrent(DateTimeOffset now) => NotBefore <= now && now < Expires;
    }
}

/// <summary>The result of a full validation.</summary>
/// <param name="NotBefore">The later of the token's <c>nbf</c> and <c>iat</c>.</param>
/// <param name="Expires">The token's <c>exp</c>.</param>
internal sealed record ValidatedToken(Caller Caller, DateTimeOffset NotBefore, DateTimeOffset Expires);

/// <summary>
/// The rules by which a token was validated. Both are compared by reference: they are replaced, never changed.
/// </summary>
/// <param name="Options">The options of the validation.</param>
/// <param name="Keys">The issuer's name and keys, <see cref="IssuerKeys.CurrentSet"/>; null if none are known.</param>
internal readonly record struct TokenRules(object Options, object? Keys)
{
    public bool AreInEffect(TokenRules now) => Keys is not null && ReferenceEquals(Keys, now.Keys) && ReferenceEquals(Options, now.Options);
}

/// <summary>
/// The SHA-256 of a bearer token without the spaces around it in the header. The token itself is not kept.
/// </summary>
internal readonly record struct TokenHash(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    private const string Scheme = "Bearer ";

    /// <returns>Null if the header is absent, or cannot hold a valid token.</returns>
    public static TokenHash? Of(HttpContext http) =>
        http.Request.Headers.Authorization is [{ Length: > 0 } header] ? Of(header) : null;

    public static TokenHash? Of(string header)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // Trims like the framework does. One token then has one hash, so that nobody can fill the memory with one token.
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
