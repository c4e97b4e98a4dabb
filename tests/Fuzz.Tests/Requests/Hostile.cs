using System.Text;
using CsCheck;

namespace EngageCenter.Fuzz.Requests;

/// <summary>Input that systems have stumbled over.</summary>
internal static class Hostile
{
    /// <summary>Texts that are valid Unicode, with characters that are invisible, turn the direction, compare oddly or end strings elsewhere.</summary>
    public static IReadOnlyList<string> Texts { get; } =
    [
        "", " ", "\t", "\r\n", "\0", "a\0b", "\u200b", "\u202eevil\u202c", "\u2066a\u2069", "\ufeff", "\ufffe\uffff", "\ufffd", "\u0085", "\u2028", "\u00a0",
        "é", "e\u0301", "ﬀ", "İ", "ı", "ß", "Σς", "\U0001F600", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0010FFFF", "\U000E0001", "ᚠ", "中", "ا", "𝒳",
        "null", "undefined", "true", "NaN", "-1", "0", "1e9", "../../etc/passwd", "..", ".", "/", "\\", "%00", "%2e%2e%2f", "{id}", "${x}", "{{7*7}}",
        "' OR 1=1 --", "\"; DROP TABLE OrleansStorage; --", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "+1", "@SUM(1)", "-2+3", "\"", "'", "`",
        "CON", "__proto__", "constructor", "$type", "$ref", "$id", "a@b", "@", "javascript:alert(1)", "http://[::1", "http://a b", "file:///etc/passwd", "https://user@evil.example/",
        "2026-02-30T00:00:00Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.9999999Z", "2026-06-30T23:59:60Z", "2026-07-01", "2026-07-01T08:00:00",
        "P", "PT", "P0D", "P-1D", "P1Y", "P99999999D", "PT99999999999999H", "P1W", "P9999W", "PT1H", "PT0.0000001S", "-PT1H", "00:00:00", "999999.23:59:59",
        "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF",
        "en-", "x-private", "i-klingon", "a-very-long-language-tag-that-no-one-speaks", "٣", "１", "0x10", "1,5", "1_000",
    ];

    /// <summary>JSON values as they stand in a body, some of which are no JSON.</summary>
    public static IReadOnlyList<string> JsonValues { get; } =
    [
        "null", "true", "false", "{}", "[]", "[[]]", "{\"a\":{}}", "\"\"", "\" \"", "0", "-0", "-0.0", "1", "-1", "0.1e1", "1.0", "1E+2", "1e-2", "0.99999999999999999999", "1.00000000000000000001",
        "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "79228162514264337593543950335", "79228162514264337593543950336",
        "1e28", "1e29", "1e308", "1e309", "1e400", "-1e400", "1e-400", "1e999999999", "123456789012345678901234567890123456789012345678901234567890", "0.00001", "1000000.00001", "1000001", "5e-324",
        "NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x10", "1e", "--1", "tru", "nul", "undefined", "'a'", "a", "",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\u0041\"", "\"a\\ud83d\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\u202e\\u2066\"", "\"\\ufeff\"", "\"\\uffff\"", "\"\\u00\"", "\"\\x41\"", "\"\\\"", "\"", "\"a\nb\"", "\"a\tb\"", "\"\u0001\"",
        "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\"}", "{a:1}", "{\"\\ud800\":1}", "{\"\":1}", "/* */ 1", "1 // a", "[1 2]",
        "[null]", "[null,null]", "[{}]", "[\"\"]", "[0]", "[true]", "[[],[]]", "[\"User\",\"User\"]", "[\"user\"]", "[\"None\"]", "[\"User,Administrator\"]", "[3]", "\"3\"", "\"User\"",
    ];

    private static readonly Gen<string> unicode = Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Select(c => new Rune(c).ToString()).Array[1, 20].Select(string.Concat);
    private static readonly Gen<string> ascii = Gen.String[Gen.Char[' ', '~'], 1, 30];

    /// <summary>A valid Unicode text.</summary>
    public static string Text(Draw draw) => draw.Int(0, 9) switch
    {
        < 5 => draw.OneOf(Texts),
        5 => draw.From(unicode),
        6 => draw.From(ascii),
        7 => new string('a', draw.OneOf([50, 64, 65, 100, 101, 128, 200, 201, 256, 257, 320, 500, 501, 1_000, 2_001])),
        8 => string.Concat(Enumerable.Repeat(draw.OneOf(Texts), draw.Int(2, 40))),
        _ => $"{draw.OneOf(Texts)}{draw.From(ascii)}",
    };

    /// <summary>A JSON value, or what claims to be one.</summary>
    public static byte[] Json(Draw draw)
    {
        switch (draw.Int(0, 11))
        {
            case < 6:
                return Encoding.UTF8.GetBytes(draw.OneOf(JsonValues));
            case 6:
                return System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(Text(draw));
            case 7:
                var depth = draw.OneOf([5, 14, 15, 16, 17, 64, 65, 1_000, 20_000]);
                return Encoding.UTF8.GetBytes(draw.Chance(50)
                    ? $"{new string('[', depth)}{new string(']', depth)}"
                    : $"{string.Concat(Enumerable.Repeat("{\"a\":", depth))}1{new string('}', depth)}");
            case 8:
                return Encoding.UTF8.GetBytes($"\"{new string('x', draw.OneOf([1_000, 10_000, 100_000]))}\"");
            case 9:
                return Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(draw.OneOf(["1", "\"a\"", "{}", "null"]), draw.OneOf([11, 51, 101, 501, 1_001, 5_000])))}]");
            case 10:
                // Bytes that are no UTF-8, within a string.
                return [(byte)'"', .. draw.OneOf<byte[]>([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]]), (byte)'"'];
            default:
                return draw.From(Gen.Byte.Array[0, 40]);
        }
    }

    public static IReadOnlyList<string> EntityTags { get; } =
    [
        "*", "\"", "\"\"", "\"0\"", "\"-1\"", "\"1\"", "W/\"1\"", "w/\"1\"", "\"1\", \"2\"", "\"1\",,\"2\"", "1", "\"01\"", "\"99999999999999999999\"", "\"9223372036854775807\"", "*, \"1\"", "\"a\"", "\"\u00e9\"", ",", "\"1\" \"2\"", "\"1",
    ];

    public static IReadOnlyList<string> Accepts { get; } =
    [
        "application/json", "text/csv", "*/*", "text/*", "text/csv;q=0.5, application/json;q=0.1", "application/json;q=0", "*/*;q=0", "text/html", "text/csv;q=nan", ";", "application/*;q=0.9,text/csv;q=0.901", "image/png, text/csv;header=present",
    ];

    public static IReadOnlyList<string?> ContentTypes { get; } =
    [
        null, "", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json;charset=\"utf-8\"", "application/json; charset=utf-8; charset=utf-7",
        "application/problem+json", "application/merge-patch+json", "application/x-ndjson", "application/", "/json", "application/json, text/plain", "APPLICATION/JSON", "application/json;;", "text/json", "application/jsonx",
    ];

    public static IReadOnlyList<string> Authorizations { get; } =
    [
        "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer ..", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "Basic dTpw", "bearer null", "Negotiate x", "Bearer \u00ff", "DPoP a.b.c",
        "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6Ii4uLy4uL2tleSJ9.eyJpc3MiOiJodHRwOi8vZXZpbCJ9.c2ln",
    ];
}
