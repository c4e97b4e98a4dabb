using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace EngageCenter;

/// <summary>
/// Removes the keys of people's grains from spans: <c>user/{tenant id}/{object id}</c> becomes <c>user</c>, also in
/// exception texts and in the addresses of blobs. The workspace of a span stays visible.
/// </summary>
internal sealed class WithoutPersons : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        List<KeyValuePair<string, object?>>? named = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && GrainKeys.WithoutPersons(text) is var without && without != text)
            {
                (named ??= []).Add(new(tag.Key, without));
            }
        }

        // After the enumeration, because tags must not change during it.
        foreach (var (key, value) in named ?? [])
        {
            data.SetTag(key, value);
        }

        if (data.StatusDescription is { } description)
        {
            data.SetStatus(data.Status, GrainKeys.WithoutPersons(description));
        }
    }
}

/// <summary>Handles keys of grains in text for operators.</summary>
public static partial class GrainKeys
{
    /// <summary>Replaces the key of a person's grain, <c>user/{tenant id}/{object id}</c>, by <c>user</c>.</summary>
    public static string WithoutPersons(string text) => PersonsGrain().Replace(text, "user");

    [GeneratedRegex("user(/|%2F)[0-9a-f-]{36}(/|%2F)[0-9a-f-]{36}", RegexOptions.IgnoreCase)]
    private static partial Regex PersonsGrain();
}
