using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace EngageCenter;

/// <summary>
/// Takes the keys of people's grains out of spans: <c>user/{tenant id}/{object id}</c> becomes <c>user</c>, wherever it
/// is said, in an exception's text or a blob's address too. Which workspace a span was about stays.
/// </summary>
internal sealed partial class WithoutPersons : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        List<KeyValuePair<string, object?>>? named = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && PersonsGrain().IsMatch(text))
            {
                (named ??= []).Add(new(tag.Key, PersonsGrain().Replace(text, "user")));
            }
        }

        // Not while they are enumerated.
        foreach (var (key, value) in named ?? [])
        {
            data.SetTag(key, value);
        }

        if (data.StatusDescription is { } description && PersonsGrain().IsMatch(description))
        {
            data.SetStatus(data.Status, PersonsGrain().Replace(description, "user"));
        }
    }

    [GeneratedRegex("user(/|%2F)[0-9a-f-]{36}(/|%2F)[0-9a-f-]{36}", RegexOptions.IgnoreCase)]
    private static partial Regex PersonsGrain();
}
