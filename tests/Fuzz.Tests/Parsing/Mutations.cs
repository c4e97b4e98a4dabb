using System.Globalization;
using System.Text;
using CsCheck;
using EngageCenter.Fuzz.Requests;

namespace EngageCenter.Fuzz.Parsing;

/// <summary>Bytes and texts near to those that a parser takes, and far from them.</summary>
internal static class Mutations
{
    /// <summary>How often each parser is tried (RUNS).</summary>
    public static int Runs { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("RUNS"), CultureInfo.InvariantCulture, out var runs) ? runs : 20_000;

    private static readonly byte[][] tokens = [.. Hostile.Texts.Concat(Hostile.JsonValues).Select(Encoding.UTF8.GetBytes)];

    private delegate byte[] Edit(byte[] bytes);

    /// <summary>One of the seeds with up to four edits; now and then bytes of no seed at all.</summary>
    public static Gen<byte[]> Bytes(params string[] seeds) => Gen.Frequency(
        (9, Gen.Select(Gen.OneOf(seeds), Edits, (seed, edits) => edits.Aggregate(Encoding.UTF8.GetBytes(seed), (bytes, edit) => edit(bytes)))),
        (1, Gen.Byte.Array[0, 100]));

    /// <summary>The same as text, which may have halves of surrogate pairs.</summary>
    public static Gen<string> Texts(params string[] seeds) => Gen.Frequency(
        (8, Bytes(seeds).Select(Encoding.UTF8.GetString)),
        (1, Gen.OneOf([.. Hostile.Texts])),
        (1, Gen.Char.Array[0, 40].Select(c => new string(c))));

    private static readonly Gen<Edit> Change = Gen.Select(Gen.Int[0, 7], Gen.Int[0, 1 << 20], Gen.Int[0, 1 << 20], Gen.Byte, (kind, first, second, value) => new Edit(bytes =>
    {
        var at = bytes.Length == 0 ? 0 : first % bytes.Length;
        var end = bytes.Length == 0 ? 0 : Math.Max(at, second % (bytes.Length + 1));
        return kind switch
        {
            _ when bytes.Length == 0 => [value],
            0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << (value % 8))), .. bytes[(at + 1)..]],
            2 => [.. bytes[..at], .. bytes[end..]],
            3 => [.. bytes[..end], .. bytes[at..]],
            4 => [.. bytes[..at], .. tokens[second % tokens.Length], .. bytes[at..]],
            5 => [.. bytes[..at], .. tokens[second % tokens.Length], .. bytes[end..]],
            6 => [.. bytes[..at], .. Enumerable.Repeat(bytes[at], second % 300), .. bytes[at..]],
            _ => bytes[..at],
        };
    }));

    private static Gen<Edit[]> Edits => Change.Array[0, 4];
}
