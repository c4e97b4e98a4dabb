namespace EngageCenter.Access.Simulation;

/// <summary>The only source of randomness in a run (SplitMix64). It is our own, so that a seed gives the same run on every machine and runtime.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong state = seed * 0xD1342543DE82EF95;

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1ul << 53)) < probability;

    public TimeSpan Seconds(double from, double to) =>
        TimeSpan.FromMilliseconds(Math.Round(1_000 * (from + (((Next() >> 11) * (1.0 / (1ul << 53))) * (to - from)))));

    public T Pick<T>(IReadOnlyList<T> some) => some[Below(some.Count)];

    private ulong Next()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
