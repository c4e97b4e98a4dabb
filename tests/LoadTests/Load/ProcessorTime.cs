namespace EngageCenter.LoadTests;

/// <summary>Processor time so far, over all cores.</summary>
internal readonly record struct ProcessorTime(string Of, TimeSpan Taken);

/// <summary>A silo whose processor time was asked for has ended.</summary>
public sealed class SiloEndedException(int process) : Exception($"The silo's process {process} has ended.");
