namespace EngageCenter.Cli.Cases;

/// <summary>One update in a file.</summary>
/// <param name="Number">The number of the line, from 1. In CSV, the number of the row; the header is row 1.</param>
/// <param name="End">The offset in the file, in bytes, at which the next update begins.</param>
/// <param name="Json">The JSON to send; empty if the line cannot be sent.</param>
/// <param name="Fault">Why the line cannot be sent; null if it can.</param>
internal readonly record struct CaseLine(long Number, long End, ReadOnlyMemory<byte> Json, string? Fault = null);
