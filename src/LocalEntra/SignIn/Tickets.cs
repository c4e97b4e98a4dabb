using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>
/// Values that are handed out as tickets: texts of 256 random bits, unless <paramref name="make"/> makes others. A ticket is good for <paramref name="lifetime"/>;
/// if more than <paramref name="limit"/> were issued within that time, the oldest ends early. In memory, and safe for many threads.
/// </summary>
internal sealed class Tickets<T>(TimeProvider time, TimeSpan lifetime, int limit, Func<string>? make = null) where T : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Queue<(string Ticket, DateTimeOffset Until)> issued = [];

    public TimeSpan Lifetime => lifetime;

    public string Issue(T value)
    {
        string ticket;
        lock (gate)
        {
            var now = time.GetUtcNow();
            while (issued.TryPeek(out var oldest) && (issued.Count >= limit || oldest.Until <= now))
            {
                entries.Remove(issued.Dequeue().Ticket);
            }

            do
            {
                ticket = make?.Invoke() ?? Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
            }
            while (!entries.TryAdd(ticket, new Entry(value, now + lifetime)));
            issued.Enqueue((ticket, now + lifetime));
        }

        return ticket;
    }

    /// <returns>The value, even if the ticket was used; null if the ticket is unknown or has expired.</returns>
    public T? Find(string ticket)
    {
        lock (gate)
        {
            return entries.TryGetValue(ticket, out var entry) && time.GetUtcNow() < entry.Until ? entry.Value : null;
        }
    }

    /// <returns>True for the first use of a ticket; false for further uses, and if it is unknown or has expired.</returns>
    public bool Use(string ticket)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(ticket, out var entry) || time.GetUtcNow() >= entry.Until || entry.IsUsed)
            {
                return false;
            }

            entry.IsUsed = true;
            return true;
        }
    }

    public void Remove(string ticket)
    {
        lock (gate)
        {
            entries.Remove(ticket);
        }
    }

    private sealed class Entry(T value, DateTimeOffset until)
    {
        public T Value { get; } = value;

        public DateTimeOffset Until { get; } = until;

        public bool IsUsed { get; set; }
    }
}
