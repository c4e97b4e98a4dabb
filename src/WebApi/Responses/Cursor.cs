using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EngageCenter.Paging;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// A place in a list, opaque to clients. It belongs to one list with its filters; another list refuses it instead of
/// continuing at a wrong place.
/// </summary>
internal readonly record struct Cursor(string After)
{
    public const string Message = "Must be a cursor from 'nextLink' of this list with the same filters.";

    // Bytes of the list's hash in a cursor. The hash catches mistakes; a forged cursor gains nothing.
    private const int ListBytes = 6;

    private static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Encode(HttpRequest list) => Base64Url.EncodeToString([.. ListOf(list), .. strict.GetBytes(After)]);

    public static bool TryDecode(HttpRequest list, string encoded, out Cursor cursor)
    {
        cursor = default;
        if (encoded.Length > (PageRequest.MaxAfterLength + ListBytes) * 4)
        {
            return false;
        }

        try
        {
            var bytes = Base64Url.DecodeFromChars(encoded).AsSpan();
            if (!bytes.StartsWith(ListOf(list)))
            {
                return false;
            }

            cursor = new(strict.GetString(bytes[ListBytes..]));
        }
        catch (Exception malformed) when (malformed is FormatException or ArgumentException)
        {
            return false;
        }

        return cursor.After.Length is > 0 and <= PageRequest.MaxAfterLength;
    }

    private static ReadOnlySpan<byte> ListOf(HttpRequest request)
    {
        var filters = request.Query.Select(q => (Name: q.Key.ToUpperInvariant(), q.Value)).Where(q => q.Name is not ("PAGESIZE" or "CURSOR"));
        var list = string.Join('\n', filters.OrderBy(q => q.Name, StringComparer.Ordinal).Select(q => $"{q.Name}={q.Value}").Prepend(request.Path.Value));
        return SHA256.HashData(strict.GetBytes(list)).AsSpan(0, ListBytes);
    }
}
