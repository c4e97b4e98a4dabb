namespace EngageCenter;

/// <summary>
/// Records which writes were acknowledged and which were not answered. Each key has one writer at a time, so the last
/// acknowledged value is known.
/// </summary>
internal sealed class Ledger
{
    private readonly Dictionary<string, Register> registers = new(StringComparer.Ordinal);
    private int acknowledged;

    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>How many writes were never answered.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Called after each acknowledgement with their number.</summary>
    public Action<int> OnAcknowledged { get; set; } = _ => { };

    /// <summary>Records one write of several values.</summary>
    /// <param name="write">Returns whether it was acknowledged.</param>
    public async Task<bool> Write(IReadOnlyCollection<KeyValuePair<string, string>> values, Func<Task<bool>> write)
    {
        lock (registers)
        {
            foreach (var (key, value) in values)
            {
                Of(key).Attempted.Add(value);
            }
        }

        if (!await write())
        {
            lock (registers)
            {
                Unanswered++;
            }

            return false;
        }

        lock (registers)
        {
            foreach (var (key, value) in values)
            {
                registers[key] = new() { Acknowledged = value };
            }
        }

        OnAcknowledged(Interlocked.Increment(ref acknowledged));
        return true;
    }

    /// <summary>Takes what was read as the known state: a value that was seen must not disappear either.</summary>
    public void Adopt(IReadOnlyDictionary<string, string> read)
    {
        registers.Clear();
        foreach (var (key, value) in read)
        {
            registers.Add(key, new() { Acknowledged = value });
        }
    }

    /// <summary>Returns values that are lost, were never written, or are not among the possible ones.</summary>
    public List<string> Violations(IReadOnlyDictionary<string, string> read) =>
    [
        .. registers.Where(r => !r.Value.Allows(read.GetValueOrDefault(r.Key)))
            .Select(r => $"{r.Key} is '{read.GetValueOrDefault(r.Key)}', not {r.Value}"),
        .. read.Keys.Where(key => !registers.ContainsKey(key)).Select(key => $"{key} is there, and nobody wrote it"),
    ];

    private Register Of(string key)
    {
        if (!registers.TryGetValue(key, out var register))
        {
            registers.Add(key, register = new());
        }

        return register;
    }

    /// <summary>The last acknowledged value (null for none), and the values that were attempted after it.</summary>
    private sealed class Register
    {
        public string? Acknowledged { get; init; }

        public List<string> Attempted { get; } = [];

        public bool Allows(string? value) => value == Acknowledged || (value is not null && Attempted.Contains(value));

        public override string ToString() => $"'{Acknowledged}'{string.Concat(Attempted.Select(a => $" or '{a}'"))}";
    }
}
