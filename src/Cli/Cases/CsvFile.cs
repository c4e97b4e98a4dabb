using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace EngageCenter.Cli.Cases;

/// <summary>Reads a CSV file (RFC 4180, UTF-8) from an offset on. Only one row is in memory, and fields have a limit.</summary>
internal static class CsvFile
{
    /// <summary>The most characters of a field. Without a limit, a quote that is never closed would read the rest of the file as one field.</summary>
    private const int MaxField = 64 * 1024;

    private static readonly CsvConfiguration configuration = new(CultureInfo.InvariantCulture)
    {
        CountBytes = true,
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        MaxFieldSize = MaxField,
        IgnoreBlankLines = false,
    };

    /// <param name="from">The offset at which a row begins; 0 for the first row after the header.</param>
    /// <param name="number">The number of the row before it.</param>
    /// <exception cref="EngageException">No column of the header is known, or a field has no end.</exception>
    public static async IAsyncEnumerable<CaseLine> ReadAsync(Stream file, CaseMap map, long from, long number, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var mark = Mark(file);
        file.Position = mark;
        Dictionary<string, int> places;
        using (var header = Parser(file))
        {
            places = await NextAsync(header, 0, cancellation) ? map.Places(header.Record!) : throw EngageException.Wrong("The file is empty: its first row must name the columns.");
            (from, number) = from == 0 ? (mark + header.ByteCount, 1) : (from, number);
        }

        file.Position = from;
        using var rows = Parser(file);
        while (await NextAsync(rows, number, cancellation))
        {
            number++;
            if (rows.Record is { } row && !Array.TrueForAll(row, string.IsNullOrEmpty))
            {
                var json = map.Json(places, row);
                yield return json.Length > NdjsonFile.MaxLine
                    ? new(number, from + rows.ByteCount, default, $"The row has more than {NdjsonFile.MaxLine / 1024} KiB.")
                    : new(number, from + rows.ByteCount, json);
            }
        }
    }

    private static CsvParser Parser(Stream file) => new(new StreamReader(file, configuration.Encoding, detectEncodingFromByteOrderMarks: false, leaveOpen: true), configuration);

    private static async Task<bool> NextAsync(CsvParser rows, long number, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return await rows.ReadAsync();
        }
        catch (MaxFieldSizeException endless)
        {
            throw EngageException.Wrong($"Row {number + 1} has a field of more than {MaxField} characters: perhaps a quote that is not closed.", endless);
        }
        catch (BadDataException malformed)
        {
            throw EngageException.Wrong($"Row {number + 1} is not CSV: a quote within a field must be doubled, and the field be in quotes.", malformed);
        }
    }

    private static long Mark(Stream file)
    {
        Span<byte> first = stackalloc byte[3];
        file.Position = 0;
        return file.ReadAtLeast(first, 3, throwOnEndOfStream: false) == 3 && first.SequenceEqual("\uFEFF"u8) ? 3 : 0;
    }
}
