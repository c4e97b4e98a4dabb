namespace EngageCenter.Cli.Cases;

/// <summary>One update of a file.</summary>
/// <param name="Number">Its line, the first being 1; of CSV the row, the header being row 1.</param>
/// <param name="End">Bytes of the file up to where the next one begins.</param>
/// <param name="Json">What is sent; empty where the line cannot be.</param>
/// <param name="Fault">Why it cannot be sent.</param>
internal readonly record struct CaseLine(long Number, long End, ReadOnlyMemory<byte> Json, string? Fault = null);
