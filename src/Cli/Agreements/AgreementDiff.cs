using System.Text.Json.Nodes;

namespace EngageCenter.Cli.Agreements;

/// <summary>One value that is another one, is new, or goes. Of a list its entry is named by what makes it that entry.</summary>
/// <param name="Before">Null if there was nothing.</param>
/// <param name="After">Null if there will be nothing.</param>
internal sealed record AgreementChange(string Path, string? Before, string? After);

/// <summary>What an agreement says that another one says differently.</summary>
internal static class AgreementDiff
{
    // What makes an entry of a list the same one; of a list that is not here, all of it.
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
                        // An order or a repetition says nothing.
                        values[$"{path}[{Sorted(entry)}]"] = "";
                    }
                    else
                    {
                        values[$"{path}[{key}]"] = "";
                        Add(values, $"{path}[{key}]", name, entry);
                    }
                }

                break;

            // Nothing, and a contact that is not the first one: as if it were not written.
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
