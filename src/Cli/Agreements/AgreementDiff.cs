using System.Text.Json.Nodes;

namespace EngageCenter.Cli.Agreements;

/// <summary>A value that changes, is added, or is removed. The path names an entry of a list by its key.</summary>
/// <param name="Before">Null if the value is new.</param>
/// <param name="After">Null if the value is removed.</param>
internal sealed record AgreementChange(string Path, string? Before, string? After);

/// <summary>Lists the differences between two agreements.</summary>
internal static class AgreementDiff
{
    // The members that identify an entry of a list. In other lists the whole entry is the key.
    private static readonly Dictionary<string, string[]> keys = new()
    {
        ["contacts"] = ["role", "tenantId", "userId"],
        ["packages"] = ["packageId"],
    };

    public static List<AgreementChange> Of(JsonObject? before, JsonObject after)
    {
        var (was, will) = (Values(before), Values(after));
        return [.. was.Keys.Union(will.Keys).Order(StringComparer.Ordinal)
            .Select(path => new AgreementChange(path, was.GetValueOrDefault(path), will.GetValueOrDefault(path)))
            .Where(change => change.Before != change.After)];
    }

    private static Dictionary<string, string> Values(JsonObject? agreement)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (var (name, value) in agreement ?? [])
        {
            Add(values, name, name, value);
        }

        return values;
    }

    private static void Add(Dictionary<string, string> values, string path, string name, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject members:
                foreach (var (member, inner) in members)
                {
                    Add(values, $"{path}.{member}", member, inner);
                }

                break;
            case JsonArray entries:
                foreach (var entry in entries)
                {
                    var key = entry is JsonObject of && keys.TryGetValue(name, out var by) ? string.Join(' ', by.Select(k => $"{of[k]}".ToLowerInvariant())) : null;
                    if (key is null)
                    {
                        // Order and repetition make no difference.
                        values[$"{path}[{Sorted(entry)}]"] = "";
                    }
                    else
                    {
                        values[$"{path}[{key}]"] = "";
                        Add(values, $"{path}[{key}]", name, entry);
                    }
                }

                break;

            // A null or a false means the same as a missing member.
            case null:
            case JsonValue flag when flag.TryGetValue<bool>(out var isSet) && !isSet:
                break;
            default:
                values[path] = Guid.TryParse($"{value}", out var id) ? $"{id}" : $"{value}";
                break;
        }
    }

    private static string Sorted(JsonNode? entry) => entry is JsonObject members
        ? string.Join(", ", members.Where(m => m.Value is not null).OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key} {m.Value}".ToLowerInvariant()))
        : $"{entry}";
}
