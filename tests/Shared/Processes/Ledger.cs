namespace EngageCenter;

/// <summary>
/// What clients were told is stored, and what they asked for without being told. Each key has one writer at a time, so
/// that the last acknowledged value is known.
/// </summary>
internal sealed class Ledger
{
    private readonly Dictionary<string, Register> registers = new(StringComparer.Ordinal);
    private int acknowledged;

    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>Writes that were asked for and never answered.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Called with the count, after each acknowledgement.</summary>
    public Action<int> OnAcknowledged { get; set; } = _ => { };

    /// <summary>One write of some values at once.</summary>
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

    /// <summary>Takes what was read for the truth from now on: what has been seen has to stay as well.</summary>
    public void Adopt(IReadOnlyDictionary<string, string> read)
    {
        registers.Clear();
        foreach (var (key, value) in read)
        {
            registers.Add(key, new() { Acknowledged = value });
        }
    }

    /// <summary>What is lost, made up, or there in a value that it cannot have.</summary>
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

    /// <summary>The last acknowledged value, null for none, or one that was attempted after it.</summary>
    private sealed class Register
    {
        public string? Acknowledged { get; init; }

        public List<string> Attempted { get; } = [];

        public bool Allows(string? value) => value == Acknowledged || (value is not null && Attempted.Contains(value));

        public override string ToString() => $"'{Acknowledged}'{string.Concat(Attempted.Select(a => $" or '{a}'"))}";
    }
}
