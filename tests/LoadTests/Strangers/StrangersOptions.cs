namespace EngageCenter.LoadTests;

/// <summary>How many strangers come, how fast, and with which other load.</summary>
/// <param name="Strangers">How many strangers come over all rounds, each from a new tenant and with one request.</param>
/// <param name="PerSecond">How many strangers come per second.</param>
/// <param name="Groups">Groups in each token; Entra includes at most 200.</param>
/// <param name="SlowBodies">How many connections send a body of 1 MiB at one byte per second, each of another stranger.</param>
/// <param name="MembersPerSecond">Requests of members per second.</param>
/// <param name="Rounds">How many rounds there are, each with members alone and then members beside strangers.</param>
/// <param name="EnoughRatio">The first round with at most this ratio is the last one. 0: all rounds are run.</param>
internal sealed record StrangersOptions(
    int Strangers, int PerSecond, int Groups, int SlowBodies, int MembersPerSecond, int Rounds, int Seed, double EnoughRatio = 0)
{
    /// <summary>The time before a measurement. It is in no percentile.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>How long strangers come in each round.</summary>
    public TimeSpan Round => TimeSpan.FromSeconds((double)Strangers / PerSecond / Rounds);
}
