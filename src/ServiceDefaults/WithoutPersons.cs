using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace EngageCenter;

/// <summary>
/// Takes the keys of people's grains out of spans: <c>user/{tenant id}/{object id}</c> becomes <c>user</c>, wherever
/// Orleans says it, in an exception's text too. Which workspace a span was about stays.
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
    }

    [GeneratedRegex("user/[0-9a-fA-F-]{36}/[0-9a-fA-F-]{36}")]
    private static partial Regex PersonsGrain();
}
