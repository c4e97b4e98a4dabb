using CsCheck;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Learning;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.Fuzz.Parsing;

/// <summary>Whatever text comes: no parser throws, and what it takes it takes again when it is written out.</summary>
public class TextParserTests
{
    private static readonly HttpRequest list = new DefaultHttpContext().Request;

    [Fact]
    public void Instants_that_are_taken_come_back_the_same() => Mutations.Texts(
            "2026-07-01T08:00:00Z", "2026-07-01t08:00:00.1234567z", "2026-07-01T10:30:00.5+02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-00:01", "2024-02-29T23:59:59-14:00")
        .Sample(text => !Rfc3339.TryParse(text, out var instant)
            || (instant.Offset == TimeSpan.Zero && Rfc3339.TryParse(Rfc3339.Format(instant), out var again) && again == instant), iter: Mutations.Runs);

    [Fact]
    public void Dates_that_are_taken_come_back_the_same() => Mutations.Texts("2026-07-01", "0001-01-01", "9999-12-31", "2024-02-29", "2026-07-01T23:30:00-05:00")
        .Sample(text => !Rfc3339.TryParseDate(text, out var date)
            || (Rfc3339.TryParseDate(date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), out var again) && again == date), iter: Mutations.Runs);

    [Fact]
    public void Durations_that_are_taken_come_back_the_same() => Mutations.Texts(
            "P7D", "PT12H", "P1DT2H3M4.5S", "P2W", "7.00:00:00", "01:02:03.4", "P999999DT999999H9999999M99999999.9999999S", "999999.23:59:59.9999999")
        .Sample(text => !Durations.TryParse(text, out var duration)
            || (Durations.TryParse(Durations.Format(duration), out var again) && again == duration), iter: Mutations.Runs);

    [Fact]
    public void Language_tags_that_are_taken_stay_as_they_are() => Mutations.Texts(
            "en", "pt-BR", "zh-Hant-TW", "de-1901", "sl-rozaj-biske-1994", "en-a-bbb-x-a", "English", "es-419", "zh-cmn-Hans-CN")
        .Sample(text => !LanguageTag.TryRead(text, out var tag) || (LanguageTag.TryRead(tag, out var again) && again == tag), iter: Mutations.Runs);

    [Fact]
    public void Cursors_that_are_taken_lead_to_the_same_place() => Mutations.Texts(
            new Cursor("groups/c0000000-0000-4000-8000-000000000206").Encode(list), new Cursor("cases/2026-07-01T08:00:00Z/SR-1").Encode(list), new Cursor("😀").Encode(list), "AA", "AA==", "_-8")
        .Sample(text => !Cursor.TryDecode(list, text, out var cursor) || (Cursor.TryDecode(list, cursor.Encode(list), out var again) && again == cursor), iter: Mutations.Runs);

    [Fact]
    public void Shown_text_that_is_taken_is_taken_again_unchanged() => Mutations.Texts("Contoso", " Contoso Überprüfung ", "😀 中文", "a\u0301")
        .Sample(raw => !Text.TryCompose(raw, out var text) || Text.Fault(text, 1, 100) is not null
            || (Text.TryCompose(text, out var again) && again == text && text.EnumerateRunes().Count() is >= 1 and <= 100), iter: Mutations.Runs);

    [Fact]
    public void Identifiers_that_are_taken_need_no_escaping() => Mutations.Texts("contoso-unified_1.~", "c0000000-0000-4000-8000-000000000101", "c0000000-0x00-+000-8000-000000000101", "https://contoso.example/evidence/1?a=b#c")
        .Sample(text =>
            (!Text.IsId(text) || Uri.EscapeDataString(text) == text)
            && (!Text.TryReadGuid(text, out var guid) || string.Equals($"{guid}", text, StringComparison.OrdinalIgnoreCase))
            && (!Text.IsWebAddress(text) || new Uri(text) is { Scheme: "http" or "https", UserInfo: "" }), iter: Mutations.Runs);

    [Fact]
    public void Entity_tags_and_media_types_are_read_without_a_fault() => Gen.Select(
            Mutations.Texts("\"1\"", "*", "W/\"1\"", "\"1\", \"2\"", "\"9223372036854775807\""),
            Mutations.Texts("application/json", "text/csv;q=0.5, */*;q=0.1", "application/merge-patch+json; charset=\"utf-8\""))
        .Sample((tags, types) =>
        {
            var request = new DefaultHttpContext().Request;
            request.Headers.IfMatch = tags;
            request.Headers.Accept = types;
            request.ContentType = types;
            var errors = new RequestErrors();
            new IfMatchHeader(request.Headers).Check(errors);
            var isJson = Bodies.IsJson(request);
            // A condition that cannot be read is refused and never passed over.
            return (errors.Any || EntityTagHeaderValue.TryParseStrictList([tags], out _)) && Enum.IsDefined(Representations.Choose(request)) && (!isJson || types.Contains("json", StringComparison.OrdinalIgnoreCase));
        }, iter: Mutations.Runs);
}
