namespace EngageCenter.LoadTests;

/// <summary>How many strangers come, how fast, and beside what.</summary>
/// <param name="Strangers">Each a new person of a new tenant, with one request. Divided among the rounds.</param>
/// <param name="PerSecond">How many come each second.</param>
/// <param name="Groups">In each token; Entra puts at most 200 there.</param>
/// <param name="SlowBodies">Connections, each of a stranger of its own, on which a body of 1 MiB comes a byte a second.</param>
/// <param name="MembersPerSecond">Requests of members each second.</param>
/// <param name="Rounds">Each is members alone, and then members beside strangers.</param>
/// <param name="EnoughRatio">The first round whose ratio is at most this is the last one. 0: all rounds are run.</param>
internal sealed record StrangersOptions(
    int Strangers, int PerSecond, int Groups, int SlowBodies, int MembersPerSecond, int Rounds, int Seed, double EnoughRatio = 0)
{
    /// <summary>What comes before a measurement and is in no percentile.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>How long strangers come in each round.</summary>
    public TimeSpan Round => TimeSpan.FromSeconds((double)Strangers / PerSecond / Rounds);
}
