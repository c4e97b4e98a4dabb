namespace EngageCenter.LoadTests;

/// <summary>What somebody has taken of all cores so far.</summary>
internal readonly record struct ProcessorTime(string Of, TimeSpan Taken);

/// <summary>A silo whose processor time is asked for is gone.</summary>
public sealed class SiloEndedException(int process) : Exception($"The silo's process {process} has ended.");
