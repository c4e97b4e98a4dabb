using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EngageCenter.Cli.Audit;

/// <summary>
/// Follows an audit trail from its first event on, and gives each event a hash that depends on all events before it:
/// SHA-256 of the event's canonical JSON (RFC 8785) with the hash of the event before as <c>previousHash</c>. See docs/use/audit.md.
/// </summary>
internal sealed class AuditChain
{
    // A new member would change the hashes of all events, and heads that were kept would not match any more.
    private static readonly HashSet<string> members = ["eventId", "occurredAt", "actor", "action", "target", "before", "after"];

    /// <summary>The id of the newest event; 0 if there is none.</summary>
    public long Last { get; private set; }

    /// <summary>The hash of the newest event, in lower-case hexadecimal digits; null if there is none.</summary>
    public string? Hash { get; private set; }

    /// <summary>What to keep in order to compare a later export with this one.</summary>
    public string Head => $"{Last}:{Hash}";

    /// <summary>Adds the next event.</summary>
    /// <returns>Why it does not continue the trail; null if it does.</returns>
    public string? Add(ReadOnlyMemory<byte> line)
    {
        try
        {
            // An editor may have put a byte order mark first. It is no part of the trail.
            var json = Last == 0 && line.Span.StartsWith(Encoding.UTF8.Preamble) ? line[Encoding.UTF8.Preamble.Length..] : line;
            using var parsed = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
            var recorded = parsed.RootElement;
            if (recorded.ValueKind != JsonValueKind.Object || !members.SetEquals(recorded.EnumerateObject().Select(member => member.Name)))
            {
                return $"The line after event {Last} is not an audit event with exactly the members {string.Join(", ", members)}.";
            }

            if (recorded.GetProperty("eventId").GetString() is not { } text
                || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || id.ToString(CultureInfo.InvariantCulture) != text)
            {
                return $"The line after event {Last} has no event id.";
            }

            if (id != Last + 1)
            {
                return id == Last ? $"Event {id} is there twice."
                    : id <= Last ? $"Event {id} is after event {Last}."
                    : id == Last + 2 ? $"Event {Last + 1} is missing."
                    : $"Events {Last + 1} to {id - 1} are missing.";
            }

            (Hash, Last) = (Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(recorded)))), id);
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return $"The line after event {Last} is not an audit event. Verify the file as it was exported: UTF-8, with the JSON of one event in each line.";
        }
    }

    private string Canonical(JsonElement recorded)
    {
        var written = new StringBuilder();
        Write(written, recorded, [("previousHash", Hash)]);
        return written.ToString();
    }

    private static void Write(StringBuilder to, JsonElement value, (string Name, string? Value)[] added)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var comma = "{";
                var all = value.EnumerateObject().Select(member => (member.Name, Value: (JsonElement?)member.Value, Text: (string?)null))
                    .Concat(added.Select(a => (a.Name, Value: (JsonElement?)null, Text: a.Value)));
                foreach (var member in all.OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    to.Append(comma);
                    Write(to, member.Name);
                    to.Append(':');
                    if (member.Value is { } element)
                    {
                        Write(to, element, []);
                    }
                    else
                    {
                        Write(to, member.Text);
                    }

                    comma = ",";
                }

                to.Append(comma == "{" ? "{}" : "}");
                break;
            case JsonValueKind.Array:
                to.Append('[');
                foreach (var (index, item) in value.EnumerateArray().Index())
                {
                    to.Append(index > 0 ? "," : "");
                    Write(to, item, []);
                }

                to.Append(']');
                break;
            case JsonValueKind.String or JsonValueKind.Null:
                Write(to, value.GetString());
                break;
            default:
                throw new FormatException("An event has only texts, lists, objects and null.");
        }
    }

    private static void Write(StringBuilder to, string? text)
    {
        if (text is null)
        {
            to.Append("null");
            return;
        }

        to.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => to.Append("\\\""),
                '\\' => to.Append("\\\\"),
                '\b' => to.Append("\\b"),
                '\t' => to.Append("\\t"),
                '\n' => to.Append("\\n"),
                '\f' => to.Append("\\f"),
                '\r' => to.Append("\\r"),
                < ' ' => to.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => to.Append(c),
            };
        }

        to.Append('"');
    }
}
