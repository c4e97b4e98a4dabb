using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace EngageCenter.Cli.Audit;

/// <summary>
/// Follows an exported audit trail from its first event on. Each line carries the SHA-256 hash of the line before as
/// <c>previousHash</c>, so the hash of a line depends on all events up to it. See docs/use/audit.md.
/// </summary>
internal sealed class AuditChain
{
    /// <summary>The id of the newest event; 0 if there is none.</summary>
    public long Last { get; private set; }

    /// <summary>The hash of the newest event's line, in lower-case hexadecimal digits; null if there is none.</summary>
    public string? Hash { get; private set; }

    /// <summary>What to keep in order to compare a later export with this one.</summary>
    public string Head => $"{Last}:{Hash}";

    /// <summary>Adds the next line. A blank line changes nothing.</summary>
    /// <returns>Why the line does not continue the trail; null if it does.</returns>
    public string? Add(ReadOnlyMemory<byte> line)
    {
        // An editor may have put a byte order mark first, and other ends of lines. They are no part of the trail.
        var json = Last == 0 && line.Span.StartsWith(Encoding.UTF8.Preamble) ? line[Encoding.UTF8.Preamble.Length..] : line;
        json = json.TrimEnd("\r"u8);
        if (json.Span.Trim(" \t"u8).IsEmpty)
        {
            return null;
        }

        try
        {
            // The parser checks only the texts that are read.
            if (!Utf8.IsValid(json.Span))
            {
                return NoEvent();
            }

            using var parsed = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
            if (!parsed.RootElement.TryGetProperty("eventId", out var eventId)
                || eventId.GetString() is not { } text
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

            if (!parsed.RootElement.TryGetProperty("previousHash", out var previousHash))
            {
                return $"Event {id} has no previousHash. Export the trail with 'engage audit export', or with GET /v1/workspaces/{{id}}/audit-events and Accept: application/x-ndjson.";
            }

            if (previousHash.GetString() != Hash)
            {
                return Last == 0 ? "Event 1 has the hash of an event before it, and there is none."
                    : $"Event {id} does not have the hash of event {Last}: one of the two was changed.";
            }

            (Hash, Last) = (Convert.ToHexStringLower(SHA256.HashData(json.Span)), id);
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return NoEvent();
        }

        string NoEvent() => $"The line after event {Last} is not an audit event. Verify the file as it was exported: UTF-8, with the JSON of one event in each line.";
    }
}
