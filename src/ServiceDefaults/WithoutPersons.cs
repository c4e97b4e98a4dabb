using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace EngageCenter;

/// <summary>
/// Takes the keys of people's grains out of spans: <c>user/{tenant id}/{object id}</c> becomes <c>user</c>, wherever it
/// is said, in an exception's text or a blob's address too. Which workspace a span was about stays.
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

        // Not while they are enumerated.
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

/// <summary>Keys of grains, in text that is written for operators.</summary>
public static partial class GrainKeys
{
    /// <summary>The text with <c>user</c> in place of the key of a person's grain, <c>user/{tenant id}/{object id}</c>.</summary>
    public static string WithoutPersons(string text) => PersonsGrain().Replace(text, "user");

    [GeneratedRegex("user(/|%2F)[0-9a-f-]{36}(/|%2F)[0-9a-f-]{36}", RegexOptions.IgnoreCase)]
    private static partial Regex PersonsGrain();
}
